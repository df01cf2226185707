from odoo.tests import tagged

from .common import ServiceCase


@tagged("post_install", "-at_install")
class TestErasure(ServiceCase):
    def test_a_ticket_keeps_its_row_and_loses_its_words(self):
        partner = self._make_partner(name="Sun Lihua", phone="137 6655 4433")
        ticket = self._make_ticket(
            partner_id=partner.id, name="Sun Lihua has no water", description="call 13766554433"
        )
        ticket.message_post(body="Sun Lihua called")
        customer = ticket.customer_id
        traces = ("Sun Lihua", "13766554433")
        self.assertTrue(self._find_traces(*traces))
        self.env["scrm.privacy"]._erase(customer)
        self.assertEqual([], self._find_traces(*traces))
        self.assertFalse(ticket.message_ids)
        self.assertTrue(ticket.exists().number)
        self.assertEqual("***", partner.name)
