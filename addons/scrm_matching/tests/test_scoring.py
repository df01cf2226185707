from odoo.tests import tagged

from . import people
from .common import MatchingCase

QINGLAN = {"name": "欧阳清兰", "city": "佛山"}


@tagged("post_install", "-at_install")
class TestScoring(MatchingCase):
    def _make_two(self, **other):
        first = self._make_card(**QINGLAN, phone="13826001001", email="qinglan@qq.com")
        other = {**QINGLAN, "phone": "13826001007", "email": "qinglan@163.com", **other}
        return first, self._make_card(**other)

    def test_two_cards_of_one_person_are_proposed(self):
        first, second = self._make_two()
        self.assertNotEqual(first, second)
        self._compare()
        candidate = self._get_candidates(first, second)
        self.assertRecordValues(candidate, [{"state": "new", "pool_id": self.pool.id}])
        self.assertGreater(candidate.weight, 0.99)
        fields = {entry["field"]: entry for entry in candidate.field_weights}
        self.assertEqual({"name", "phone", "email", "city"}, set(fields))
        self.assertTrue(fields["name"]["agrees"])
        self.assertEqual("佛山", fields["city"]["left"])
        self.assertNotEqual(first, second, "nothing becomes one customer by itself")
        self.assertEqual(1, self.model.candidate_count)
        action = self.model.action_open_candidates()
        self.assertEqual(candidate, self.env["scrm.match.candidate"].search(action["domain"]))

    def test_comparing_twice_changes_nothing(self):
        pair = self._make_two()
        self._compare()
        candidate = self._get_candidates(*pair)
        self.env["scrm.matching.row"]._set_due(pool=self.pool, forget=True)
        self._compare()
        self.assertEqual(candidate, self._get_candidates(*pair))

    def test_a_new_customer_meets_the_old_ones(self):
        first = self._make_card(**QINGLAN, phone="13826001001", email="qinglan@qq.com")
        self._compare()
        self.assertFalse(self._get_candidates())
        second = self._make_card(**QINGLAN, phone="13826001007", email="qinglan@163.com")
        self._compare()
        self.assertTrue(self._get_candidates(first, second))

    def test_a_changed_contact_is_compared_again(self):
        first, second = self._make_two(name="诸葛子涵", email="zihan@163.com", city="广州")
        self._compare()
        self.assertFalse(self._get_candidates())
        second.main_partner_id.write(
            {"name": QINGLAN["name"], "email": "qinglan@163.com", "city": "佛山"}
        )
        self._compare()
        self.assertTrue(self._get_candidates(first, second))

    def test_a_touched_customer_is_due(self):
        first, second = self._make_two()
        self.env["scrm.customer.touch"]._refresh()
        self._compare()
        self.env["scrm.customer.touch"]._touch(second)
        self.env["scrm.customer.touch"]._refresh()
        due = self.env["scrm.matching.row"].search([("is_due", "=", True)])
        self.assertEqual(second, due.customer_id & (first | second))

    def test_an_unchanged_customer_is_not_scored_again(self):
        first, second = self._make_two()
        self._compare()
        self._get_candidates(first, second).sudo().unlink()
        self.env["scrm.customer.touch"]._touch(second)
        self.env["scrm.customer.touch"]._refresh()
        self._compare()
        self.assertFalse(self._get_candidates())

    def test_recognised_customers_are_forgotten_and_come_back(self):
        first, second = self._make_two()
        self._compare()
        link = first.identity_ids[0]._attach(second.identity_ids[0], rule="manual")
        self.env["scrm.customer.touch"]._refresh()
        self._compare()
        rows = self.env["scrm.matching.row"].search([("pool_id", "=", self.pool.id)])
        self.assertEqual(first, rows.customer_id)
        keys = self.env["scrm.matching.key"].search([("pool_id", "=", self.pool.id)])
        self.assertEqual(first, keys.customer_id)
        link.action_undo()
        self.env["scrm.customer.touch"]._refresh()
        self._compare()
        rows = self.env["scrm.matching.row"].search([("pool_id", "=", self.pool.id)])
        self.assertEqual(first | second, rows.customer_id)

    def test_pools_do_not_meet(self):
        self._make_model(self.pool_other)
        mine = self._make_card(**QINGLAN, phone="13826001001", email="qinglan@qq.com")
        theirs = self._make_card(
            **QINGLAN, phone="13826001007", email="qinglan@163.com", company=self.company_other
        )
        self.assertEqual(self.pool_other, theirs.pool_id)
        for model in self.env["scrm.matching.model"].search(
            [("pool_id", "in", (self.pool | self.pool_other).ids)]
        ):
            self._compare(model)
        self.assertFalse(self._get_candidates(mine, theirs))

    def test_a_person_and_a_firm_are_not_proposed(self):
        pair = self._make_two(is_company=True)
        self._compare()
        self.assertFalse(self._get_candidates(*pair))

    def test_the_floor_is_the_models(self):
        self.model.review_threshold = 0.9999
        self.model.automatic_threshold = 1
        pair = self._make_two(phone="13711112345", email="other@163.com")
        self._compare()
        self.assertFalse(self._get_candidates(*pair))

    def test_batches_find_what_one_pass_finds(self):
        self._make_people(people.make(400, seed=3, twice=0.4))
        self._compare()
        together = set(self._get_candidates().mapped(lambda c: (c.left_id.id, c.right_id.id)))
        self.assertGreater(len(together), 5)
        self._get_candidates().sudo().unlink()
        self.env["scrm.matching.row"].search([("pool_id", "=", self.pool.id)]).sudo().unlink()
        self.env["scrm.matching.key"].search([("pool_id", "=", self.pool.id)]).sudo().unlink()
        self.env["scrm.matching.row"]._add_missing(self.pool)
        while self.model._take_due(1):
            self.model._score_due(limit=90)
        apart = set(self._get_candidates().mapped(lambda c: (c.left_id.id, c.right_id.id)))
        self.assertEqual(together, apart)

    def test_a_model_that_is_off_compares_nothing(self):
        self.model.action_stop()
        pair = self._make_two()
        self.env["scrm.matching.model"]._cron_score()
        self.env["scrm.matching.row"]._add_missing(self.pool)
        self.model._score_due()
        self.assertFalse(self._get_candidates(*pair))

    def test_the_night_enqueues_a_job_for_a_pool(self):
        self._make_two()
        before = self.env["queue.job"].search_count([("method_name", "=", "_score_due")])
        self.env["scrm.matching.model"]._cron_score()
        after = self.env["queue.job"].search_count([("method_name", "=", "_score_due")])
        models = self.env["scrm.matching.model"].search_count([("state", "!=", "draft")])
        self.assertEqual(models, after - before)
        self.assertEqual(2, self.model.waiting_count)

    def test_queries_do_not_grow_with_customers(self):
        counts = []
        for seed in (11, 12):
            self._make_people(people.make(40 if seed == 11 else 160, seed=seed))
            self.env["scrm.matching.row"]._add_missing(self.pool)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.model._score_due()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(abs(counts[1] - counts[0]), 2, counts)
