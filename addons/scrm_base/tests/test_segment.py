from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.metric_scope import YEAR_DAYS
from .segment_case import SegmentCase


@tagged("post_install", "-at_install")
class TestSegment(SegmentCase):
    """Who belongs by a definition, and which definitions do not hold."""

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

    @mute_logger("odoo.sql_db")
    def test_days_are_of_a_hundred_years(self):
        """Counted back further they would leave the calendar, and the refresh would stop."""
        segment = self._make_segment(conditions=[{"metric": "last_ordered_on", "days": 36500}])
        for days in (36501, 2_000_000, -1):
            with (
                self.subTest(days=days),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                segment.condition_ids.days = days
                self.env.flush_all()

    def test_days_beyond_the_calendar_stop_nothing_else(self):
        broken = self._make_segment("A", conditions=[{"metric": "last_ordered_on"}])
        whole = self._make_segment("Whole", domain="[('name', '=', '新客')]")
        self.env.cr.execute(
            "ALTER TABLE scrm_segment_condition"
            " DROP CONSTRAINT IF EXISTS scrm_segment_condition_days_check"
        )
        self.env.cr.execute(
            "UPDATE scrm_segment_condition SET days = 2000000 WHERE segment_id = %s", [broken.id]
        )
        self.env.invalidate_all()
        new = self._make_customer("新客", "13826001009")
        self._refresh(new)
        self._refresh()
        self.assertEqual(new, self._get_members(whole))
        self.assertTrue(broken.refresh_error)
        self.assertTrue(broken.preview_error)

    def test_a_condition_is_checked_when_written_alone(self):
        segment = self._make_segment(conditions=[{"metric": "last_ordered_on"}])
        self.env.cr.execute(
            "UPDATE scrm_segment SET domain = %s WHERE id = %s",
            ["[('gone_field', '=', 1)]", segment.id],
        )
        segment.invalidate_recordset()
        with self.assertRaisesRegex(ValidationError, "cannot be understood"):
            segment.condition_ids.days = 30

    def test_a_domain_does_not_ask_for_members(self):
        """Whoever is in would flip at each refresh; segments are named by their own fields."""
        one = self._make_segment("One")
        for domain in (
            [("segment_ids", "not in", one.ids)],
            ["|", ("name", "=", "Li"), "!", ("segment_ids.name", "=", "One")],
            [("segment_member_ids", "any", [("segment_id", "in", one.ids)])],
            [("identity_ids", "any", [("partner_id.scrm_segment_ids", "in", one.ids)])],
            [("identity_ids.partner_id.scrm_segment_ids", "=", False)],
        ):
            with (
                self.subTest(domain=domain),
                self.assertRaisesRegex(ValidationError, "Must be in"),
            ):
                one.domain = str(domain)
        self.assertEqual(self.everybody, self._get_members(one))

    def test_one_in_use_stays(self):
        one = self._make_segment("One")
        self._make_segment("Two", include_ids=[Command.set(one.ids)])
        with self.assertRaisesRegex(ValidationError, "Two"):
            one.action_archive()
        with self.assertRaisesRegex(UserError, "Two"):
            one.unlink()

    def test_one_in_force_does_not_read_an_archived_one(self):
        """It would find everybody: nobody is in an archived segment, and nobody refreshes it."""
        vip = self._make_segment("VIP", domain="[('name', '=', '周女士')]")
        for field in ("include_ids", "exclude_ids"):
            with self.subTest(field=field):
                mail = self._make_segment("Mail", **{field: [Command.set(vip.ids)]})
                members = self._get_members(mail)
                (mail | vip).action_archive()
                with (
                    self.assertRaisesRegex(ValidationError, "VIP, which is archived"),
                    self.env.cr.savepoint(),
                ):
                    mail.action_unarchive()
                with (
                    self.assertRaisesRegex(ValidationError, "VIP, which is archived"),
                    self.env.cr.savepoint(),
                ):
                    self._make_segment("New", **{field: [Command.set(vip.ids)]})
                with self.assertRaisesRegex(UserError, "Mail"), self.env.cr.savepoint():
                    vip.unlink()
                (mail | vip).action_unarchive()
                self.assertEqual(vip, mail[field])
                self.assertEqual(members, self._get_members(mail))
                mail.unlink()

    def test_one_that_reads_an_archived_one_all_the_same_stays_as_it_is(self):
        vip = self._make_segment("VIP", domain="[('name', '=', '周女士')]")
        mail = self._make_segment("Mail", include_ids=[Command.set(vip.ids)])
        self.env.cr.execute("UPDATE scrm_segment SET active = FALSE WHERE id = %s", [vip.id])
        self.env.invalidate_all()
        self._refresh()
        self.assertEqual(self.zhou, self._get_members(mail))
        self.assertIn("VIP, which is archived", mail.refresh_error)

    def test_an_archived_one_is_empty(self):
        segment = self._make_segment()
        segment.action_archive()
        self.assertFalse(self._get_members(segment))
        segment.action_unarchive()
        self.assertEqual(self.everybody, self._get_members(segment))

    def test_what_waits_for_the_commit_waits_on(self):
        """Odoo's tracking would tell of changes twice, were it run as a segment is made."""
        ran = []
        self.env.cr.precommit.add(lambda: ran.append(True))
        self.env["scrm.segment"].create({"name": "Waits", "company_id": self.company.id})
        self.assertFalse(ran)
