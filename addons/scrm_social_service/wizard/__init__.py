from . import conversation_ticket
