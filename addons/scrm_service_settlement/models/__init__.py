from . import scrm_service_ticket
from . import scrm_settlement_line
from . import scrm_settlement_line_claim
