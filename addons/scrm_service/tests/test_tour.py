"""A dispatcher opens a ticket and sends it out, in a real browser."""

from odoo.tests import HttpCase, tagged

from .common import ServiceCase


@tagged("post_install", "-at_install")
class TestTour(ServiceCase, HttpCase):
    def test_a_dispatcher_sends_a_ticket_out(self):
        self.dispatcher.password = "t_dispatcher"
        self.start_tour(
            "/odoo/action-scrm_service.scrm_service_ticket_action",
            "scrm_service_dispatch",
            login="t_dispatcher",
            timeout=180,
        )
        ticket = self.env["scrm.service.ticket"].search(
            [("company_id", "=", self.company.id)], order="id desc", limit=1
        )
        self.assertEqual("Tour: no water", ticket.name)
        self.assertEqual("dispatch", ticket.node_id.code)
        self.assertEqual(self.technician, ticket.user_id)
        self.assertEqual(2, len(ticket.node_log_ids))
