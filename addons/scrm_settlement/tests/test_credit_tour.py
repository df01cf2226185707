from odoo.tests import HttpCase, tagged

from .credit_case import CREDIT_MANAGER, CreditCase


@tagged("post_install", "-at_install")
class TestCreditTour(HttpCase, CreditCase):
    def test_an_order_is_held_by_its_salesman_and_released_by_a_credit_manager(self):
        self.dealer.name = "Tour dealer"
        self._open_account()
        order = self._make_order(150000)
        self.salesman.lang = "en_US"
        self.start_tour(
            f"/odoo/action-sale.action_quotations_with_onboarding/{order.id}",
            "scrm_settlement_credit_hold",
            login=self.salesman.login,
        )
        self.assertEqual(
            ("sale", "held", self.salesman),
            (order.state, order.scrm_credit_state, order.scrm_credit_hold_id.requester_id),
        )
        self.assertFalse(order.picking_ids)
        manager = self._make_user("tour.credit", CREDIT_MANAGER)
        manager.lang = "en_US"
        self.start_tour("/odoo", "scrm_settlement_credit", login=manager.login)
        self.assertEqual(manager, order.scrm_credit_hold_id.approver_id)
        self.assertEqual("released", order.scrm_credit_state)
        self.assertTrue(order.picking_ids)
