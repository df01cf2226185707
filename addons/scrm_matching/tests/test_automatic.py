from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.scrm_base.tools.handles import Handle

from ..tools.calibration import NEEDED
from .common import MatchingCase


@tagged("post_install", "-at_install")
class TestAutomatic(MatchingCase):
    def _review(self, accepted, rejected=0, weight=1.0):
        """Write pairs that people have reviewed; their handles belong to nobody else."""
        self.review_number = getattr(self, "review_number", 0)
        count = accepted + rejected
        start = self.review_number
        self.review_number += 2 * count
        scope = self.pool._get_scope()
        handles = self.env["scrm.identity"]._resolve_many(
            [Handle("visitor", scope, f"reviewed-{start + i}") for i in range(2 * count)],
            pool=self.pool,
        )
        candidates = self.env["scrm.match.candidate"]._propose(
            [
                {
                    "left_id": handles[2 * i].id,
                    "right_id": handles[2 * i + 1].id,
                    "rule": "splink",
                    "weight": weight,
                }
                for i in range(count)
            ]
        )
        candidates[:accepted]._close("accepted")
        candidates[accepted:]._close("rejected")
        return candidates

    def _make_two(self):
        card = {"name": "欧阳清兰", "city": "佛山"}
        return (
            self._make_card(**card, phone="13826001001", email="qinglan@qq.com"),
            self._make_card(**card, phone="13826001007", email="qinglan@163.com"),
        )

    def test_too_few_reviews(self):
        self._review(NEEDED - 1)
        with self.assertRaisesRegex(UserError, "199 were reviewed and 0 of them refused"):
            self.model.action_automate()
        self.assertEqual("active", self.model.state)

    def test_reviews_below_the_threshold_do_not_count(self):
        self._review(NEEDED, weight=0.9)
        with self.assertRaisesRegex(UserError, "0 were reviewed"):
            self.model.action_automate()

    def test_one_refusal_is_too_many(self):
        self._review(NEEDED + 50, rejected=1)
        with self.assertRaisesRegex(UserError, "251 were reviewed and 1 of them refused"):
            self.model.action_automate()

    def test_the_surest_are_accepted_and_can_be_undone(self):
        self._review(NEEDED)
        self.model.action_automate()
        first, second = self._make_two()
        self._compare()
        link = self.env["scrm.identity.link"].search([("rule", "=", "splink")])
        self.assertEqual(first, second.merged_into_id)
        self.assertEqual("Name and handles resemble", link.rule_label)
        self.assertEqual("auto", self._get_candidates(first).state)
        link.action_undo()
        self.assertFalse(second.merged_into_id)
        # What was undone counts as refused: the next batch is put before people again.
        self._make_card("诸葛子涵", "13711112345")
        self._compare()
        self.assertEqual("active", self.model.state)
        self.assertFalse(second.merged_into_id)
        with self.assertRaisesRegex(UserError, "1 of them refused or undone"):
            self.model.action_automate()

    def test_a_refusal_while_it_is_automatic_ends_it(self):
        self._review(NEEDED)
        self.model.action_automate()
        self._review(0, rejected=1)
        first, second = self._make_two()
        self._compare()
        self.assertEqual("active", self.model.state)
        self.assertEqual("new", self._get_candidates(first, second).state)

    def test_training_again_goes_back_to_review(self):
        self._review(NEEDED)
        self.model.action_automate()
        self.model._write_trained(self.model.parameters)
        self.assertEqual("active", self.model.state)

    def test_the_threshold_stays_while_it_is_automatic(self):
        self._review(NEEDED)
        self.model.action_automate()
        with self.assertRaisesRegex(UserError, "Go back to review first"):
            self.model.automatic_threshold = 0.8

    def test_calibration_counts_what_people_said(self):
        self._review(8, rejected=2, weight=0.92)
        refused = self._review(4, rejected=1, weight=0.75)
        self._review(3, weight=1.0)
        self.model.invalidate_recordset()
        rows = {row.threshold: row for row in self.model.calibration_ids}
        self.assertEqual((18, 3), (rows[0.7].reviewed_count, rows[0.7].refused_count))
        self.assertEqual((13, 2), (rows[0.9].reviewed_count, rows[0.9].refused_count))
        self.assertEqual((3, 0), (rows[0.95].reviewed_count, rows[0.95].refused_count))
        self.assertAlmostEqual(83.3, rows[0.7].precision, 1)
        self.assertAlmostEqual(100.0, rows[0.99].precision, 1)
        self.assertLess(rows[0.99].lowest_precision, 50)
        opened = self.env["scrm.match.candidate"].search(rows[0.7].action_open_reviewed()["domain"])
        self.assertEqual(18, len(opened))
        self.assertLessEqual(refused, opened)
        waiting = rows[0.5].action_open_waiting()["domain"]
        self.assertFalse(self.env["scrm.match.candidate"].search(waiting))
