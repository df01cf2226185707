from . import credit
from . import brackets
from . import price_rows
from . import pricing
from . import resolution
