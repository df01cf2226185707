from . import base_partner_merge
from . import scrm_notice_preview
