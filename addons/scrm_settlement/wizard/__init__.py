from . import base_partner_merge
from . import scrm_library_import
from . import scrm_settlement_generate
from . import scrm_settlement_return
from . import scrm_settlement_price_tester
