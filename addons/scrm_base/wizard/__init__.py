from . import base_partner_merge
from . import lifecycle_funnel
from . import lifecycle_set_stage
