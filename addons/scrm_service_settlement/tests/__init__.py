from . import test_ticket_settlement
