from . import claim_cells
from . import claim_match
from . import claim_rows
from . import pricing
from . import resolution
