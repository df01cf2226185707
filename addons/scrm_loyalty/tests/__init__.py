from . import test_access
from . import test_erasure
from . import test_metric
from . import test_points_ledger
from . import test_portal
from . import test_tier
from . import test_tools_points
from . import test_tools_tiers
