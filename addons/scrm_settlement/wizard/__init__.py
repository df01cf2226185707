from . import scrm_settlement_import_resolve
from . import scrm_settlement_import_waive
from . import scrm_settlement_generate
from . import scrm_settlement_return
from . import scrm_settlement_price_tester
