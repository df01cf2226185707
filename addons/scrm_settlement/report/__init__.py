from . import scrm_settlement_report
from . import scrm_settlement_dispute_report
from . import scrm_allocation_report
from . import scrm_credit_report
