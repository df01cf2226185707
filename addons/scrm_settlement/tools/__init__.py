from . import pricing
from . import resolution
