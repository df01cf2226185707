from . import portal_credit
