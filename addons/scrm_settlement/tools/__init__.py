from . import credit
from . import pricing
from . import resolution
