"""A person in service works on a customer's page, in a real browser."""

from odoo import Command
from odoo.tests import HttpCase, tagged

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestCustomerTour(ScrmCase, HttpCase):
    def test_the_customer_page(self):
        steward = self._make_user("t_steward", "scrm_base.group_scrm_base_steward")
        steward.password = "t_steward"
        partner = self._make_partner(name="Tour contact", phone="13826001001")
        identity = partner._scrm_ensure_identity()
        self.env["scrm.tag"].create({"name": "Tour tag"})
        row = {"identity_id": identity.id, "company_id": self.company.id}
        self.env["scrm.interaction"]._record(
            [
                {
                    **row,
                    "kind": "note",
                    "summary": f"Note {i}",
                    "dedupe_key": f"tour:{i}",
                    "occurred_at": f"2026-01-{28 - i // 2:02} 08:00:0{1 - i % 2}",
                }
                for i in range(40)
            ]
            + [
                {
                    **row,
                    "kind": "message_in",
                    "summary": "<b>Filter</b>?",
                    "dedupe_key": "tour:message",
                    "record": partner,
                }
            ]
        )
        customer = identity.customer_id
        self.start_tour(
            f"/odoo/action-scrm_base.scrm_customer_action/{customer.id}",
            "scrm_customer_page",
            login="t_steward",
            timeout=180,
        )
        self.assertEqual("Tour tag", customer.tag_ids.name)
        self.assertEqual("Is at home at weekends", customer.interaction_ids[:1].summary)
        self.assertTrue(all(customer.link_ids.mapped("valid_to")))

    def test_from_one_member_of_a_circle_to_another(self):
        seller = self._make_user(
            "t_seller", "scrm_base.group_scrm_base_operator", "sales_team.group_sale_manager"
        )
        seller.password = "t_seller"
        neighbour = self._make_partner(name="Tour neighbour")
        other = neighbour._scrm_ensure_identity().customer_id
        self.env["sale.order"].create({"partner_id": neighbour.id}).action_confirm()
        customer = self._make_customer("Tour customer", "13826001001")
        self.env["scrm.circle"].create(
            {
                "name": "Tour circle",
                "company_id": self.company.id,
                "member_ids": [
                    Command.create({"customer_id": member.id}) for member in customer | other
                ],
            }
        )
        self.start_tour(
            f"/odoo/action-scrm_base.scrm_customer_action/{customer.id}",
            "scrm_customer_circle",
            login="t_seller",
            timeout=180,
        )
