from . import scrm_service_ticket_move
