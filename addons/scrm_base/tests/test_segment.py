import random
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..tools.metric_scope import YEAR_DAYS
from .common import ScrmCase


class SegmentCase(ScrmCase):
    """Customers with figures of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Segment = cls.env["scrm.segment"]
        cls.today = cls.company._scrm_get_today()
        cls.chen = cls._make_customer("陈女士", "13826001001")
        cls.li = cls._make_customer("李先生", "13826001002")
        cls.zhou = cls._make_customer("周女士", "13826001003")
        cls.everybody = cls.chen | cls.li | cls.zhou

    @classmethod
    def _set_figures(cls, customer, company=None, **figures):
        """Write a customer's row of figures."""
        company = company or cls.company
        Metric = cls.env["scrm.metric"]
        row = Metric.search([("customer_id", "=", customer.id), ("company_id", "=", company.id)])
        if row:
            row.write(figures)
        else:
            Metric.create(
                {
                    "customer_id": customer.id,
                    "company_id": company.id,
                    "refreshed_at": fields.Datetime.now(),
                    **figures,
                }
            )
        cls.env.flush_all()

    @classmethod
    def _make_segment(cls, name="Segment", conditions=(), **vals):
        """Return a segment of the test company; conditions are dicts."""
        lines = [Command.create(condition) for condition in conditions]
        return cls.Segment.create({"name": name, "condition_ids": lines, **vals})

    @classmethod
    def _get_members(cls, segment):
        return segment.member_ids.customer_id

    def _refresh(self, customers=None):
        self.Segment._refresh_company(self.company, customers and customers.ids)


@tagged("post_install", "-at_install")
class TestSegment(SegmentCase):
    # === WHO BELONGS === #

    def test_without_a_condition_everybody_in_force(self):
        self.li.identity_ids._attach(self.chen.identity_ids, rule="manual")
        segment = self._make_segment()
        self.assertEqual(self.chen | self.zhou, self._get_members(segment))
        self.assertEqual(2, segment.member_count)

    def test_a_domain_on_the_customer(self):
        segment = self._make_segment(domain="[('name', '=like', '%女士')]")
        self.assertEqual(self.chen | self.zhou, self._get_members(segment))

    def test_figures_compare_and_a_missing_row_is_zero(self):
        self._set_figures(self.chen, order_count=5, amount_year=12000)
        self._set_figures(self.li, order_count=1, amount_year=300)
        for sign, value, expected in (
            (">=", 5, self.chen),
            (">", 0, self.chen | self.li),
            ("<", 2, self.li | self.zhou),
            ("=", 0, self.zhou),
            ("!=", 1, self.chen | self.zhou),
            ("<=", 1, self.li | self.zhou),
        ):
            with self.subTest(sign=sign, value=value):
                condition = {"metric": "order_count", "operator": sign, "value": value}
                self.assertEqual(expected, self._get_members(self._make_segment("s", [condition])))
        both = self._make_segment(
            "Both",
            [
                {"metric": "order_count", "operator": ">=", "value": 1},
                {"metric": "amount_year", "operator": "<", "value": 1000.50},
            ],
        )
        self.assertEqual(self.li, self._get_members(both))

    def test_dates_count_back_from_today(self):
        self._set_figures(self.chen, last_ordered_on=self.today - timedelta(days=200))
        self._set_figures(self.li, last_ordered_on=self.today - timedelta(days=3))
        for sign, days, expected in (
            ("within", 90, self.li),
            # Today is the first of the days, as in the figures' windows: three days ago the fourth.
            ("within", 4, self.li),
            ("within", 3, self.env["scrm.customer"]),
            ("not_within", 3, self.everybody),
            ("not_within", 4, self.chen | self.zhou),
            ("older", 2, self.chen | self.li),
            ("older", 3, self.chen),
            ("older", 180, self.chen),
            ("older", 201, self.env["scrm.customer"]),
            ("not_within", 90, self.chen | self.zhou),
            ("ever", 0, self.chen | self.li),
            ("never", 0, self.zhou),
        ):
            with self.subTest(sign=sign, days=days):
                condition = {"metric": "last_ordered_on", "date_operator": sign, "days": days}
                self.assertEqual(expected, self._get_members(self._make_segment("s", [condition])))

    def test_a_day_begins_at_midnight_of_the_company(self):
        self.company.partner_id.tz = "Asia/Shanghai"
        condition = self.env["scrm.segment.condition"].new(
            {"metric": "last_interaction_at", "date_operator": "since", "date": "2026-03-01"}
        )
        condition.segment_id = self._make_segment()
        name, sign, moment = condition._get_test().leaf
        self.assertEqual(("last_interaction_at", ">="), (name, sign))
        self.assertEqual("2026-02-28 16:00:00", fields.Datetime.to_string(moment))

    def test_the_last_days_are_those_of_the_figures(self):
        """Whoever ordered in the last 365 days has a count of the year, to the moment."""
        self.company.partner_id.tz = "Asia/Shanghai"
        customers = self.chen | self.li
        first = self.company._scrm_get_today() - timedelta(days=YEAR_DAYS - 1)
        moment = self.company._scrm_get_day_start(first)
        for customer, at in zip(customers, (moment, moment - timedelta(seconds=1)), strict=True):
            order = self.env["sale.order"].create({"partner_id": customer._ensure_partner().id})
            order.action_confirm()
            order.date_order = at
        self.env["scrm.metric"]._refresh(self.company, self.everybody.ids)
        for condition in (
            {"metric": "order_count_year", "value": 1},
            {"metric": "last_ordered_on", "date_operator": "within", "days": YEAR_DAYS},
        ):
            with self.subTest(condition["metric"]):
                self.assertEqual(self.chen, self._get_members(self._make_segment("s", [condition])))

    def test_another_companys_figures_do_not_count(self):
        sister = self.env["res.company"].create({"name": "Sister", "scrm_pool_id": self.pool.id})
        self._set_figures(self.chen, company=sister, order_count=9)
        condition = {"metric": "order_count", "value": 1}
        self.assertFalse(self._get_members(self._make_segment("Ours", [condition])))
        theirs = self._make_segment("Theirs", [condition], company_id=sister.id)
        self.assertEqual(self.chen, self._get_members(theirs))
        self.assertEqual(sister, theirs.member_ids.company_id)

    def test_segments_of_segments(self):
        self._set_figures(self.chen, order_count=5)
        self._set_figures(self.li, order_count=2)
        five = self._make_segment("Five", [{"metric": "order_count", "value": 5}])
        two = self._make_segment("Two", [{"metric": "order_count", "value": 2}])
        women = self._make_segment("Women", domain="[('name', '=like', '%女士')]")
        for vals, expected in (
            ({"include_ids": five | women}, self.chen | self.zhou),
            ({"include_ids": two | women, "include_mode": "all"}, self.chen),
            ({"include_ids": two, "exclude_ids": five}, self.li),
            ({"exclude_ids": women}, self.li),
        ):
            vals = {k: v if isinstance(v, str) else [Command.set(v.ids)] for k, v in vals.items()}
            with self.subTest(vals=vals):
                self.assertEqual(expected, self._get_members(self._make_segment("s", **vals)))

    def test_readers_follow_what_they_read(self):
        five = self._make_segment("Five", [{"metric": "order_count", "value": 5}])
        rest = self._make_segment("A rest", exclude_ids=[Command.set(five.ids)])
        self.assertEqual(self.everybody, self._get_members(rest))
        self._set_figures(self.chen, order_count=5)
        self._refresh(self.chen)
        self.assertEqual(self.chen, self._get_members(five))
        self.assertEqual(self.li | self.zhou, self._get_members(rest))
        five.condition_ids.value = 50
        five.condition_ids.segment_id._refresh_redefined()
        self.assertEqual(self.everybody, self._get_members(rest))

    # === DEFINITIONS THAT DO NOT HOLD === #

    def test_rings_are_refused_with_a_sentence(self):
        one = self._make_segment("One")
        two = self._make_segment("Two", include_ids=[Command.set(one.ids)])
        with self.assertRaisesRegex(ValidationError, "One → Two → One"):
            one.exclude_ids = two
        with self.assertRaises(ValidationError):
            two.include_ids = one | two

    def test_what_cannot_be_understood_is_refused(self):
        for domain in ("[(", "[('nothing', '=', 1)]", "__import__('os')", "[('name',)]"):
            with self.subTest(domain=domain), self.assertRaises(ValidationError):
                self._make_segment(domain=domain)

    def test_one_that_broke_does_not_stop_the_others(self):
        broken = self._make_segment("A broken one")
        whole = self._make_segment("Whole", domain="[('name', '=', '新客')]")
        self.env.cr.execute(
            "UPDATE scrm_segment SET domain = %s WHERE id = %s",
            ["[('gone_field', '=', 1)]", broken.id],
        )
        broken.invalidate_recordset()
        new = self._make_customer("新客", "13826001009")
        self._refresh()
        self.assertEqual(new, self._get_members(whole))
        self.assertIn("gone_field", broken.refresh_error)
        self.assertEqual(self.everybody, self._get_members(broken))

    def test_one_in_use_stays(self):
        one = self._make_segment("One")
        self._make_segment("Two", include_ids=[Command.set(one.ids)])
        with self.assertRaisesRegex(ValidationError, "Two"):
            one.action_archive()
        with self.assertRaisesRegex(UserError, "Two"):
            one.unlink()

    def test_an_archived_one_is_empty(self):
        segment = self._make_segment()
        segment.action_archive()
        self.assertFalse(self._get_members(segment))
        segment.action_unarchive()
        self.assertEqual(self.everybody, self._get_members(segment))

    # === STAYS === #

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

    # === ASKING FOR IT === #

    def test_segments_in_any_domain(self):
        partner = self._make_partner(name="陈晓雨")
        partner._scrm_ensure_identity()
        customer = partner.scrm_customer_id
        segment = self._make_segment("Named rain", domain="[('name', 'like', '晓雨')]")
        other = self._make_segment("Named 李", domain="[('name', 'like', '李')]")
        Customer, Partner = self.env["scrm.customer"], self.env["res.partner"]
        ours = Domain("id", "in", (self.everybody | customer).ids)
        for leaf, expected in (
            (("segment_ids", "in", segment.ids), customer),
            (("segment_ids", "=", segment.id), customer),
            (("segment_ids", "not in", segment.ids), self.everybody),
            (("segment_ids", "in", (segment | other).ids), customer | self.li),
            (("segment_ids", "ilike", "rain"), customer),
            (("segment_ids.name", "=", "Named 李"), self.li),
            (("segment_ids", "=", False), self.chen | self.zhou),
            (("segment_ids", "!=", False), customer | self.li),
            (("segment_ids", "any", [("id", "=", segment.id)]), customer),
        ):
            with self.subTest(leaf=leaf):
                self.assertEqual(expected, Customer.search(ours & Domain(*leaf)))
        stranger = self._make_partner(name="Stranger")
        ours = Domain("id", "in", (partner | stranger).ids)
        for leaf, expected in (
            (("scrm_segment_ids", "in", segment.ids), partner),
            (("scrm_segment_ids", "not in", segment.ids), stranger),
            (("scrm_segment_ids", "ilike", "rain"), partner),
            (("scrm_segment_ids", "=", False), stranger),
            (("scrm_segment_ids", "!=", False), partner),
        ):
            with self.subTest(leaf=leaf):
                self.assertEqual(expected, Partner.search(ours & Domain(*leaf)))
        self.assertEqual(segment, partner.scrm_segment_ids)
        self.assertEqual(segment, customer.segment_ids)
        self.assertFalse(customer.with_company(self.company_other).segment_ids)

    # === THE BUILDER === #

    def test_the_form_counts_what_is_not_saved(self):
        self._set_figures(self.chen, order_count=5)
        women = self._make_segment("Women", domain="[('name', '=like', '%女士')]")
        with Form(self.Segment) as form:
            form.name = "Unsaved"
            self.assertEqual(3, form.preview_count)
            form.domain = "[('name', '=like', '%女士')]"
            self.assertEqual(2, form.preview_count)
            with form.condition_ids.new() as line:
                line.metric = "order_count"
                line.value = 5
            self.assertEqual(1, form.preview_count)
            form.exclude_ids.add(women)
            self.assertEqual(0, form.preview_count)
            form.exclude_ids.clear()
            form.domain = "[('no_such', '=', 1)]"
            self.assertIn("no_such", form.preview_error)
            form.domain = "[]"
            form.compare_id = women
            self.assertEqual(1, form.overlap_count)
        segment = form.record
        self.assertEqual(self.chen, self._get_members(segment))
        self.assertIn("陈女士", segment.sample)

    def test_each_number_opens_its_customers(self):
        women = self._make_segment("Women", domain="[('name', '=like', '%女士')]")
        segment = self._make_segment(domain="[('name', 'like', '陈')]", compare_id=women.id)
        Customer = self.env["scrm.customer"]
        for action, count in (
            (segment.action_view_members(), segment.member_count),
            (segment.action_view_preview(), segment.preview_count),
            (segment.action_view_overlap(), segment.overlap_count),
        ):
            self.assertEqual(1, count)
            self.assertEqual(self.chen, Customer.search(action["domain"]))

    def test_why_somebody_is_in(self):
        self._set_figures(self.chen, order_count=5)
        women = self._make_segment("Women", domain="[('name', '=like', '%女士')]")
        segment = self._make_segment(
            "Best",
            [
                {"metric": "order_count", "operator": ">=", "value": 3},
                {"metric": "last_ordered_on", "date_operator": "never"},
            ],
            domain="[('name', 'like', '陈'), ('kind', '=', 'person')]",
            include_ids=[Command.set(women.ids)],
        )
        rows = segment._explain(self.chen)
        self.assertEqual(
            [
                ("Orders at least 3.00", "5.00", True),
                ("Last Order never", "never", True),
                ("In Women", "is in it", True),
            ],
            [tuple(row.values()) for row in rows[2:]],
        )
        self.assertEqual(["陈女士", "person"], [row["actual"] for row in rows[:2]])
        self._set_figures(self.chen, order_count=1)
        self.assertEqual([False], [row["holds"] for row in segment._explain(self.chen)[2:3]])
        self.assertIn("陈女士", segment.member_ids.reasons)
        self.assertEqual("new", segment.member_ids.action_explain()["target"])
        segment.include_ids |= self._make_segment("Li", domain="[('name', 'like', '李')]")
        self.assertEqual(
            [("In one of Li, Women", "Women", True)],
            [tuple(row.values()) for row in segment._explain(self.chen)[4:]],
        )
