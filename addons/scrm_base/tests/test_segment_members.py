import random
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .segment_case import SegmentCase


@tagged("post_install", "-at_install")
class TestSegmentMembers(SegmentCase):
    """Who came and went, and how the members are found again."""

    def test_who_came_and_went_is_on_record(self):
        segment = self._make_segment("Five", [{"metric": "order_count", "value": 5}])
        Stay = self.env["scrm.segment.member"]
        for count, open_stays, stays in ((5, 1, 1), (6, 1, 1), (4, 0, 1), (5, 1, 2)):
            self._set_figures(self.chen, order_count=count)
            self._refresh(self.chen)
            found = Stay.search([("segment_id", "=", segment.id)])
            self.assertEqual(stays, len(found))
            self.assertEqual(open_stays, len(found.filtered(lambda stay: not stay.left_at)))
            self.assertEqual(open_stays, segment.member_count)
        self.assertEqual(
            [(1, 2, 1)],
            [(s.size, s.entered_count, s.left_count) for s in segment.snapshot_ids],
        )

    @mute_logger("odoo.sql_db")
    def test_the_database_keeps_one_open_stay(self):
        segment = self._make_segment()
        with self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO scrm_segment_member (segment_id, company_id, customer_id, entered_at)"
                " SELECT segment_id, company_id, customer_id, entered_at"
                "   FROM scrm_segment_member WHERE segment_id = %s",
                [segment.id],
            )

    def test_whoever_was_recognised_leaves(self):
        segment = self._make_segment()
        link = self.chen.identity_ids._attach(self.li.identity_ids, rule="manual")
        self.env["scrm.customer.touch"]._refresh()
        self.assertEqual(self.chen | self.zhou, self._get_members(segment))
        link.action_undo()
        self.env["scrm.customer.touch"]._refresh()
        self.assertEqual(self.everybody, self._get_members(segment))

    def test_a_refresh_under_way_puts_a_new_definition_off(self):
        Touch = self.env.registry["scrm.customer.touch"]
        with patch.object(Touch, "_try_lock", lambda self: False):
            segment = self._make_segment()
            self.assertTrue(segment.is_stale)
            with self.assertRaisesRegex(UserError, "under way"):
                segment.action_refresh()
        with self.enter_registry_test_mode():
            self.env.ref("scrm_base.ir_cron_refresh_customers").method_direct_trigger()
        self.assertEqual(self.everybody, self._get_members(segment))
        self.assertFalse(segment.is_stale)

    def test_random_changes_equal_the_query_and_a_full_refresh(self):
        """After any changes, a refresh of whoever changed equals one of everybody."""
        rng = random.Random(7)
        customers = self.everybody
        for index in range(12):
            customers |= self._make_customer(f"客户{index}", f"138260020{index:02}")
        few = self._make_segment("B", [{"metric": "order_count", "operator": "<", "value": 3}])
        old = self._make_segment(
            "A", [{"metric": "last_ordered_on", "date_operator": "older", "days": 30}]
        )
        mixed = self._make_segment(
            "C",
            [{"metric": "amount_year", "operator": "<=", "value": 500}],
            include_ids=[Command.set((few | old).ids)],
        )
        rest = self._make_segment("0", exclude_ids=[Command.set(mixed.ids)])
        segments = few | old | mixed | rest
        for _round in range(12):
            changed = customers.browse(rng.sample(customers.ids, 5))
            for customer in changed:
                self._set_figures(
                    customer,
                    order_count=rng.randrange(6),
                    amount_year=rng.choice([0, 400, 900]),
                    last_ordered_on=rng.choice(
                        [False, self.today, self.today - timedelta(days=60)]
                    ),
                )
            self._refresh(changed)
            incremental = [self._get_members(segment).sorted("id").ids for segment in segments]
            queried = [
                sorted(
                    row[0]
                    for row in self.env.execute_query(segment._search_customers(self.env).select())
                )
                for segment in segments
            ]
            self.assertEqual(queried, incremental)
            self.assertEqual([len(ids) for ids in queried], segments.mapped("member_count"))
            self._refresh()
            self.assertEqual(
                incremental, [self._get_members(segment).sorted("id").ids for segment in segments]
            )

    def test_the_size_of_the_company_costs_no_queries(self):
        segments = self._make_segment("A", [{"metric": "order_count", "value": 1}])
        segments |= self._make_segment("B", exclude_ids=[Command.set(segments.ids)])
        self._make_customer("新客", "13826001999")
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._refresh()
        self.env.flush_all()
        queries = self.env.cr.sql_log_count - before
        for index in range(40):
            self._make_customer(f"客户{index}", f"138260020{index:02}")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(queries):
            self._refresh()
        self.assertEqual(44, segments[1].member_count)
        refreshed = self.Segment.search_count([("company_id", "=", self.company.id)])
        self.assertLessEqual(queries, 10 * refreshed)
