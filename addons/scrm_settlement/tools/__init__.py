from . import brackets
from . import pricing
from . import resolution
