from odoo.tests import HttpCase, tagged

from .credit_case import CREDIT_MANAGER, CreditCase


@tagged("post_install", "-at_install")
class TestCreditTour(HttpCase, CreditCase):
    def test_a_credit_manager_releases_a_held_order(self):
        self.dealer.name = "Tour dealer"
        self._open_account()
        order = self._make_order(150000)
        order.with_user(self.salesman).action_confirm()
        self.assertEqual("held", order.scrm_credit_state)
        manager = self._make_user("tour.credit", CREDIT_MANAGER)
        manager.lang = "en_US"
        self.start_tour("/odoo", "scrm_settlement_credit", login=manager.login)
        self.assertEqual(manager, order.scrm_credit_hold_id.approver_id)
        self.assertEqual("released", order.scrm_credit_state)
        self.assertTrue(order.picking_ids)
