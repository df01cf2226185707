from . import content
from . import cycles
from . import pricing
from . import resolution
