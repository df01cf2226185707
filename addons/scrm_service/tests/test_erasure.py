from odoo.exceptions import UserError
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

    def test_a_ticket_that_is_worked_on_bars_the_erasure(self):
        ticket = self._make_ticket()
        officer = self._make_user("t_officer", "scrm_base.group_scrm_base_privacy")
        request = self.env["scrm.privacy.request"].with_user(officer)
        request = request.create({"kind": "erasure", "customer_id": ticket.customer_id.id})
        request.action_start()
        with self.assertRaisesRegex(UserError, f"worked on: .*{ticket.number}"):
            request._erase()
        self.assertFalse(ticket.customer_id.erased_at)
        ticket._move_along("cancel", note="Not needed any more")
        request._erase()
        self.assertTrue(ticket.customer_id.erased_at)

    def test_what_is_erased_was_handed_out_or_has_a_reason(self):
        partner = self._make_partner(name="Sun Lihua", phone="137 6655 4433")
        ticket = self._make_ticket(partner_id=partner.id, name="No water", description="Leaks")
        ticket.message_post(body="Came in vain")
        self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id(ticket._name),
                "res_id": ticket.id,
                "rating": 1,
                "feedback": "Nobody came",
                "consumed": True,
            }
        )
        customer = ticket.customer_id
        data = self.env["scrm.privacy"].with_company(self.company)._get_personal_data(customer)
        self.assertIn("Came in vain", {row["Contents"] for row in data["Message"]})
        self.assertEqual(["Nobody came"], [row["Comment"] for row in data["Rating"]])
        self._check_handed_out(customer)
