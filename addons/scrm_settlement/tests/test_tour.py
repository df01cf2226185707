from odoo.tests import HttpCase, tagged

from .common import CHANNEL_MANAGER, REVIEWER, SettlementCase


@tagged("post_install", "-at_install")
class TestTour(HttpCase, SettlementCase):
    def test_finance_reviews_on_the_bill_and_posts(self):
        self._make_rule("B", value=8)
        self.dealer.name = "Tour dealer"
        preparer = self._make_user("tour.preparer", CHANNEL_MANAGER)
        finance = self._make_user("tour.finance", REVIEWER)
        finance.lang = "en_US"
        self._record({"quantity": 7})
        statement = self._generate(preparer)
        statement.action_submit()
        self.start_tour("/odoo", "scrm_settlement_review", login=finance.login)
        self.assertEqual("invoiced", statement.state)
        self.assertEqual(finance, statement.reviewer_id)
        self.assertEqual("posted", statement.sudo().move_id.state)
