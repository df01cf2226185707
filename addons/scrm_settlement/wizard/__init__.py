from . import base_partner_merge_statement
from . import scrm_settlement_generate
from . import scrm_settlement_return
from . import scrm_settlement_price_tester
