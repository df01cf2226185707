from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .test_metric import NOW, MetricCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestRfm(MetricCase):
    """Scores against frozen cut points: worked numbers, ties, months and who may change them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Cut = cls.env["scrm.rfm.cut"]
        cls.buyers = []
        # Buyer n ordered n times, n * 100 in all, the last time 60 - 10 n days ago.
        for number in range(1, 6):
            partner, customer = cls._make_buyer(f"Buyer {number}")
            for _order in range(number):
                cls._order(partner, 100, at=NOW - timedelta(days=60 - 10 * number))
            cls.buyers.append((partner, customer))

    def _get_cells(self):
        return [self._get(customer).rfm_cell for _partner, customer in self.buyers]

    def _refresh_all(self):
        self.env["scrm.customer"]._refresh_all(self.company)

    def _get_cut(self, state):
        return self.Cut.search([("company_id", "=", self.company.id), ("state", "=", state)])

    def test_the_first_refresh_takes_cut_points(self):
        self._refresh_all()
        cut = self._get_cut("in_force")
        self.assertEqual(5, cut.sample_size)
        self.assertEqual([10, 20, 30, 40], [cut[f"recency_{n}"] for n in range(1, 5)])
        self.assertEqual([1, 2, 3, 4], [cut[f"frequency_{n}"] for n in range(1, 5)])
        self.assertEqual([100, 200, 300, 400], [cut[f"monetary_{n}"] for n in range(1, 5)])
        self.assertEqual(["111", "222", "333", "444", "555"], self._get_cells())
        self.assertIn("5 up to 10 days", cut.recency_text)

    def test_ties_score_alike_and_who_never_ordered_not_at_all(self):
        twin, customer = self._make_buyer("Twin")
        for _order in range(3):
            self._order(twin, 100, at=NOW - timedelta(days=30))
        idle = self._make_customer("Idle", "13826001009")
        self._refresh_all()
        self.assertEqual(self._get(self.buyers[2][1]).rfm_cell, self._get(customer).rfm_cell)
        self.assertEqual((0, False), (self._get(idle).recency_score, self._get(idle).rfm_cell))

    def test_another_s_business_changes_no_score(self):
        self._refresh_all()
        partner, customer = self.buyers[0]
        for _order in range(9):
            self._order(partner, 1000)
        self._refresh()
        self.assertEqual("555", self._get(customer).rfm_cell)
        self.assertEqual(["222", "333", "444", "555"], self._get_cells()[1:])

    def test_a_draft_each_night_and_new_ones_each_month(self):
        self._refresh_all()
        first = self._get_cut("in_force")
        self._order(self.buyers[0][0], 5000)
        self._refresh()
        self._refresh_all()
        draft = self._get_cut("draft")
        self.assertEqual(first, self._get_cut("in_force"))
        self.assertEqual(500, draft.monetary_4)
        self._refresh_all()
        self.assertEqual(draft, self._get_cut("draft"))
        # 00:30 on 1 July in Shanghai is still June in UTC
        first.taken_at = NOW
        with freeze_time("2026-06-30 15:30:00"):
            self._refresh_all()
            self.assertEqual(first, self._get_cut("in_force"))
        with freeze_time("2026-06-30 16:30:00"):
            self._refresh_all()
            self.assertEqual(draft, self._get_cut("in_force"))
            self.assertEqual("past", first.state)

    def test_a_manager_takes_the_draft(self):
        self._refresh_all()
        self._order(self.buyers[0][0], 5000)
        self._refresh()
        self._refresh_all()
        draft, first = self._get_cut("draft"), self._get_cut("in_force")
        steward = self._make_user("test.steward", "scrm_base.group_scrm_base_steward")
        manager = self._make_user("test.manager", "scrm_base.group_scrm_base_manager")
        foreigner = self._make_user(
            "test.foreigner", "scrm_base.group_scrm_base_manager", company=self.company_other
        )
        for user in (steward, foreigner):
            with self.assertRaises(AccessError):
                draft.with_user(user).action_take()
        draft.with_user(manager).action_take()
        self.assertEqual(["in_force", "past"], [draft.state, first.state])
        with self.assertRaises(UserError):
            first.with_user(manager).action_take()
        with self.assertRaises(AccessError):
            draft.with_user(manager).write({"monetary_1": 0})

    def test_who_ordered_long_ago_scores_lowest(self):
        partner, customer = self._make_buyer("Old friend")
        self._order(partner, 9999, at=NOW - timedelta(days=500))
        self._refresh_all()
        self.assertEqual("111", self._get(customer).rfm_cell)
        self.assertEqual(5, self._get_cut("in_force").sample_size)

    def test_nobody_ordered_no_cut_points(self):
        self.env["scrm.customer"]._refresh_all(self.company_other)
        self.assertFalse(self.Cut.search([("company_id", "=", self.company_other.id)]))
