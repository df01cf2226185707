from . import conversation, service_ticket
