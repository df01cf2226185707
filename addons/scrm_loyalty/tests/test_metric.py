"""Points in a customer's figures and in the KPI of members."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import LoyaltyCase


@tagged("post_install", "-at_install")
class TestMetric(LoyaltyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls._make_card(points=150)
        cls.order = cls._make_order(200, confirm=False)
        cls.order._update_programs_and_rewards()
        cls.order._apply_program_reward(cls.program.reward_ids, cls.card)
        cls.order.action_confirm()

    def _refresh(self):
        while self.env["scrm.customer.touch"]._refresh():
            pass

    def _get_points(self):
        self._refresh()
        metric = self.partner.scrm_customer_id.metric_id
        return metric.points_issued_year, metric.points_redeemed_year, metric.points_balance

    def _get_kpi(self):
        kpi = self.env.ref("scrm_base.kpi_redemption").with_company(self.company)
        kpi.invalidate_recordset()
        return kpi

    def test_issued_and_redeemed_and_what_is_left(self):
        # 150 handed out by hand were not earned
        self.assertEqual((200, 100, 250), self._get_points())
        kpi = self._get_kpi()
        self.assertTrue(kpi.has_source)
        self.assertEqual(0.5, kpi.value)
        for name, entry_kind in (("numerator", "spend"), ("denominator", "earn")):
            action = getattr(kpi, f"action_view_{name}")()
            entries = self.env[action["res_model"]].search(action["domain"])
            self.assertEqual([entry_kind], entries.mapped("kind"))

    def test_a_reversal_takes_both_back(self):
        self._refresh()
        self.order._action_cancel()
        self.assertEqual((0, 0, 150), self._get_points())
        self.assertEqual("–", self._get_kpi().value_text)

    def test_points_of_last_year_are_balance_only(self):
        self.env["scrm.point.entry"]._post(
            [
                {
                    "card_id": self.card.id,
                    "company_id": self.company.id,
                    "currency": "redeemable",
                    "kind": "earn",
                    "delta": 1050,
                    "reason": "Long ago",
                    "effective_at": fields.Datetime.now() - timedelta(days=366),
                }
            ]
        )
        self.assertEqual((200, 100, 260.5), self._get_points())

    def test_the_touched_equal_everybody(self):
        points = self._get_points()
        self.env["scrm.metric"].search([]).sudo().unlink()
        self.env["scrm.metric"]._refresh(self.company)
        self.assertEqual(points, self._get_points())
