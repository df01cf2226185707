from . import matching_calibration
