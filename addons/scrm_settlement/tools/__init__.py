from . import content
from . import cycles
from . import portal_input
from . import pricing
from . import resolution
from . import statement_book
