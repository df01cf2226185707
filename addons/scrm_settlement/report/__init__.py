from . import scrm_allocation_report
