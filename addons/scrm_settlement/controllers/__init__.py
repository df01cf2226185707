from . import portal_reconciliation
