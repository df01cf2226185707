from . import test_ticket_from_conversation
