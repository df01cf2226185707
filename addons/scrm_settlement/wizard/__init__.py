from . import scrm_settlement_generate
from . import scrm_settlement_return
from . import scrm_settlement_price_tester
from . import base_partner_merge_credit
from . import scrm_credit_decision
from . import scrm_credit_item
from . import scrm_credit_limit_change
from . import scrm_credit_request
