from . import base_partner_merge
from . import scrm_notice_preview
from . import consent_record
from . import erasure_confirm
from . import privacy_lookup
from . import unmask
from . import lifecycle_funnel
from . import lifecycle_set_stage
