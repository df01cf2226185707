from . import res_company
from . import res_config_settings
from . import scrm_privacy
from . import scrm_service_claim
from . import scrm_service_ticket
from . import scrm_settlement_line
from . import scrm_settlement_line_claim
