from . import test_access
from . import test_ticket_from_conversation
