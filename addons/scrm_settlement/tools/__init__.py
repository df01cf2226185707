from . import brackets
from . import price_rows
from . import content
from . import cycles
from . import pricing
from . import resolution
