from . import portal
from . import portal_dispute
from . import scrm_settlement
from . import portal_reconciliation
from . import portal_credit
from . import portal_shipment
