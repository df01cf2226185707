from . import allocation
from . import pricing
from . import resolution
