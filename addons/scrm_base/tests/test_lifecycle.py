from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .segment_case import SegmentCase


class LifecycleCase(SegmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Stage = cls.env["scrm.lifecycle.stage"]
        cls.potential, cls.bought, cls.loyal, cls.member, cls.fan = (
            Stage._get_by_code(code) for code in ("potential", "customer", "loyal", "member", "fan")
        )
        # The rules that every company begins with are not the subject here.
        cls.defaults = cls.env["scrm.lifecycle.rule"].search([("company_id", "=", cls.company.id)])
        cls.defaults.active = False
        cls.enter = cls._orders("Three orders", 3)
        cls.keep = cls._orders("Two orders", 2)
        cls.rule = cls.env["scrm.lifecycle.rule"].create(
            {
                "name": "Comes again",
                "stage_id": cls.loyal.id,
                "enter_segment_id": cls.enter.id,
                "keep_segment_id": cls.keep.id,
            }
        )

    @classmethod
    def _orders(cls, name, count):
        return cls._make_segment(name, [{"metric": "order_count_year", "value": count}])

    def _live(self, customer, orders):
        """Give a customer orders, and do what the refresh of whoever was touched does."""
        self._set_figures(customer, order_count_year=orders)
        self.env["scrm.customer"]._refresh_groups(self.company, customer.ids)
        return customer.stage_id.code

    def _count_moves(self):
        return self.env["scrm.lifecycle.history"].search_count([("rule_id", "=", self.rule.id)])

    def _backdate(self, table, column, customer, days):
        """Let time pass, which no user can."""
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE {table} SET {column} = {column} - make_interval(days => %s)"
            f" WHERE customer_id = %s AND {column} IS NOT NULL",
            [days, customer.id],
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestLifecycle(LifecycleCase):
    # === AXES === #

    def test_axes_do_not_hide_one_another(self):
        self.chen._set_stage("fan", "Answers everything")
        self.assertEqual("fan", self.chen.stage_id.code)
        self.assertEqual(self.potential | self.fan, self.chen.axis_stage_ids)
        self.chen._set_stage("member", "Joined")
        self.chen._set_stage("customer", "Bought")
        self.assertEqual(self.bought | self.member | self.fan, self.chen.axis_stage_ids)
        self.chen._leave_axis("engagement", "Silent for a year")
        self.assertEqual("member", self.chen.stage_id.code)
        self.assertEqual(self.bought | self.member, self.chen.axis_stage_ids)
        last = self.chen.stage_history_ids.sorted("id")[-1:]
        self.assertEqual(("engagement", self.fan), (last.axis, last.from_stage_id))
        self.assertFalse(last.stage_id)

    def test_stages_are_found_as_they_are_shown(self):
        self.chen._set_stage("fan", "Answers everything")
        self.chen._set_stage("customer", "Bought")
        self.li._set_stage("fan", "Answers everything")
        self.li._leave_axis("engagement", "Silent")
        Customer = self.env["scrm.customer"]
        ours = ("id", "in", self.everybody.ids)
        for stage in self.env["scrm.lifecycle.stage"].search([]):
            self.assertEqual(
                self.everybody.filtered(lambda c, s=stage: c.stage_id == s),
                Customer.search([ours, ("stage_id", "=", stage.id)]),
                stage.code,
            )
            self.assertEqual(
                self.everybody.filtered(lambda c, s=stage: s in c.axis_stage_ids),
                Customer.search([ours, ("axis_stage_ids", "in", stage.ids)]),
                stage.code,
            )

    def test_business_moves_on_along_its_axis(self):
        self.chen._set_stage("fan", "Answers everything")
        identity = self.chen.identity_ids
        self.chen._advance_stage("potential", "customer", {identity: "First order"})
        self.assertEqual(self.bought | self.fan, self.chen.axis_stage_ids)
        self.chen._advance_stage("potential", "member", {identity: "Joined"})
        self.assertNotIn(self.member, self.chen.axis_stage_ids)
        self.chen._advance_stage("customer", "member", {identity: "Joined"})
        self.assertEqual(self.bought | self.member | self.fan, self.chen.axis_stage_ids)

    # === RULES === #

    def test_each_company_begins_with_rules_of_its_own(self):
        Rule = self.env["scrm.lifecycle.rule"]
        self.assertEqual(self.loyal | self.fan, self.defaults.stage_id)
        segments = self.defaults.enter_segment_id | self.defaults.keep_segment_id
        self.assertEqual(4, len(segments))
        self.assertEqual(self.company, segments.company_id)
        self.rule.active = False
        self.env.flush_all()
        self.defaults.active = True
        self.assertEqual("loyal", self._live(self.chen, 3))
        self.assertEqual(
            "loyal", self.chen.stage_history_ids[:1].rule_id.stage_id.code, "by the copied rule"
        )
        Rule._create_defaults(self.env["res.company"].search([]))
        self.assertEqual(
            2 * self.env["res.company"].search_count([]),
            Rule.with_context(active_test=False).search_count(
                [("id", "not in", self.rule.ids), ("stage_id", "in", self.defaults.stage_id.ids)]
            ),
            "once for each company",
        )

    def test_what_the_main_company_adds_is_not_copied(self):
        rule = self.env.ref("scrm_base.lifecycle_rule_loyal")
        other = self.env["scrm.segment"].create(
            {"name": "Only of the main company", "company_id": rule.company_id.id}
        )
        rule.enter_segment_id.write({"exclude_ids": other.ids, "domain": "[('name', '=', 'Li')]"})
        rule.enter_segment_id.condition_ids.value = 7
        company = self.env["res.company"].create({"name": "New"})
        copied = self.env["scrm.lifecycle.rule"].search(
            [("company_id", "=", company.id), ("stage_id", "=", self.loyal.id)]
        )
        self.assertEqual(7, copied.enter_segment_id.condition_ids.value)
        self.assertEqual("[]", copied.enter_segment_id.domain)
        self.assertFalse(copied.enter_segment_id.exclude_ids)

    def test_whoever_makes_a_company_need_not_see_customers(self):
        settings = self._make_user(
            "settings", "base.group_erp_manager", "base.group_partner_manager"
        )
        company = self.env["res.company"].with_user(settings).create({"name": "New"})
        rules = self.env["scrm.lifecycle.rule"].search([("company_id", "=", company.id)])
        self.assertEqual(2, len(rules))

    def test_one_enters_narrow_and_leaves_wide(self):
        """Three orders bring, two keep, one loses; on the way up two are not enough."""
        for orders, code in ((2, "potential"), (3, "loyal"), (2, "loyal"), (1, "customer")):
            self.assertEqual(code, self._live(self.chen, orders), orders)
        self.assertEqual("customer", self._live(self.chen, 2))
        self.assertEqual("loyal", self._live(self.chen, 5))
        moves = self.chen.stage_history_ids.sorted("id")
        self.assertEqual(
            [
                ("loyal", "Comes again: is in Three orders"),
                ("customer", "Comes again: is not in Two orders any more"),
                ("loyal", "Comes again: is in Three orders"),
            ],
            [(move.stage_id.code, move.reason) for move in moves],
        )
        self.assertEqual(self.rule, moves.rule_id)

    def test_a_reason_to_leave_lasts_for_the_days_of_grace(self):
        self.rule.grace_days = 30
        self._live(self.chen, 3)
        self._backdate("scrm_lifecycle_standing", "since", self.chen, 100)
        self.assertEqual("loyal", self._live(self.chen, 1))
        self._backdate("scrm_segment_member", "left_at", self.chen, 29)
        self.assertEqual("loyal", self._live(self.chen, 1))
        self._backdate("scrm_segment_member", "left_at", self.chen, 1)
        self.assertEqual("customer", self._live(self.chen, 1))

    def test_one_leaves_by_a_segment_too(self):
        silent = self._make_segment(
            "Silent", [{"metric": "interaction_count_quarter", "operator": "<", "value": 6}]
        )
        active = self._make_segment(
            "Active", [{"metric": "interaction_count_quarter", "value": 12}]
        )
        self.env["scrm.lifecycle.rule"].create(
            {
                "name": "Takes part",
                "stage_id": self.fan.id,
                "enter_segment_id": active.id,
                "leave_segment_id": silent.id,
            }
        )
        for count, code in ((11, "potential"), (12, "fan"), (6, "fan"), (5, "potential")):
            self._set_figures(self.chen, interaction_count_quarter=count)
            self.assertEqual(code, self._live(self.chen, 0), count)
        self.assertFalse(self.chen.stage_history_ids.sorted("id")[-1:].stage_id)

    def test_without_a_way_out_one_stays(self):
        self.rule.keep_segment_id = False
        self._live(self.chen, 3)
        self.assertEqual("loyal", self._live(self.chen, 0))

    def test_a_step_back_reaches_who_was_recognised(self):
        self._live(self.chen, 3)
        self._live(self.li, 3)
        link = self.li.identity_ids._attach(self.chen.identity_ids, rule="manual")
        self.assertEqual("customer", self._live(self.chen, 1))
        link.action_undo()
        self.assertEqual(["customer"], list(set((self.chen | self.li).mapped("stage_id.code"))))

    def test_a_full_refresh_moves_as_a_small_one(self):
        for customer, orders in zip(self.everybody, (1, 3, 4), strict=True):
            self._set_figures(customer, order_count_year=orders)
        self.env["scrm.customer"]._refresh_groups(self.company)
        self.assertEqual(["potential", "loyal", "loyal"], [c.stage_id.code for c in self.everybody])
        self.env["scrm.customer"]._refresh_groups(self.company)
        self.assertEqual(
            2, len(self.env["scrm.lifecycle.history"].search([("rule_id", "=", self.rule.id)]))
        )

    def test_segments_of_stages_follow_at_once(self):
        loyal = self._make_segment("Loyal ones", domain="[('stage_id.code', '=', 'loyal')]")
        self._live(self.chen, 3)
        self.assertEqual(self.chen, self._get_members(loyal))

    def test_the_number_of_customers_costs_no_queries(self):
        self._live(self.chen, 3)
        self._set_figures(self.li, order_count_year=3)
        self.env["scrm.segment"]._refresh_company(self.company)
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.rule._apply()
        queries = self.env.cr.sql_log_count - before
        for index in range(20):
            customer = self._make_customer(f"客户{index}", f"138260020{index:02}")
            self._set_figures(customer, order_count_year=3)
        self.env["scrm.segment"]._refresh_company(self.company)
        self.env.invalidate_all()
        with self.assertQueryCount(queries):
            self.rule._apply()
        self.assertEqual(
            22, self.env["scrm.lifecycle.history"].search_count([("rule_id", "=", self.rule.id)])
        )

    @mute_logger("odoo.sql_db")
    def test_rules_that_cannot_be(self):
        with self.assertRaisesRegex(ValidationError, "begins"):
            self.rule.stage_id = self.potential
        with self.assertRaises(psycopg2.Error), self.env.cr.savepoint():
            self.rule.copy()

    # === BY HAND === #

    def _set_by_hand(self, user, stage, axis="relation"):
        wizard = Form(
            self.env["scrm.lifecycle.set.stage"]
            .with_user(user)
            .with_context(active_model="scrm.customer", active_ids=self.chen.ids)
        )
        wizard.axis = axis
        wizard.stage_id = stage
        wizard.reason = "Said so at the fair"
        return wizard.save().action_set()

    def test_a_decision_by_hand_stays_until_it_is_released(self):
        operator = self._make_user("stage.operator", "scrm_base.group_scrm_base_operator")
        self._set_by_hand(operator, self.loyal)
        move = self.chen.stage_history_ids
        self.assertEqual(
            ("Said so at the fair", operator, True), (move.reason, move.user_id, move.is_manual)
        )
        self.assertEqual("Relation", self.chen.held_axes)
        self.assertEqual("loyal", self._live(self.chen, 0))
        self._set_by_hand(operator, self.bought)
        self.assertEqual("customer", self._live(self.chen, 9))
        self.chen.with_user(operator).action_release_stages()
        self.assertFalse(self.chen.held_axes)
        self.assertEqual("loyal", self._live(self.chen, 9))

    def test_by_hand_one_leaves_an_axis_but_not_the_relation(self):
        operator = self._make_user("stage.operator", "scrm_base.group_scrm_base_operator")
        nothing = self.env["scrm.lifecycle.stage"]
        self._set_by_hand(operator, self.fan, "engagement")
        self.assertEqual("fan", self.chen.stage_id.code)
        self._set_by_hand(operator, nothing, "engagement")
        self.assertEqual("potential", self.chen.stage_id.code)
        with self.assertRaisesRegex(UserError, "somewhere"):
            self._set_by_hand(operator, nothing)

    def test_viewers_do_not_decide(self):
        viewer = self._make_user("stage.viewer", "scrm_base.group_scrm_base_viewer")
        with self.assertRaises(AccessError):
            self._set_by_hand(viewer, self.fan, "engagement")
        with self.assertRaises(AccessError):
            self.chen.with_user(viewer).action_release_stages()
        with self.assertRaises(AccessError):
            self.rule.with_user(viewer).action_apply()

    def test_another_company_does_not_see_rules(self):
        foreigner = self._make_user(
            "stage.foreigner", "scrm_base.group_scrm_base_manager", company=self.company_other
        )
        with self.assertRaises(AccessError):
            self.rule.with_user(foreigner).read(["name"])
        with self.assertRaises(AccessError):
            self.rule.with_user(foreigner).action_apply()
        self.assertEqual("potential", self.chen.with_company(self.company_other).stage_id.code)

    # === FUNNEL === #

    def test_the_funnel_counts_what_it_opens(self):
        self._live(self.chen, 3)
        self.li._set_stage("customer", "Bought")
        self.chen._set_stage("member", "Joined")
        for customer in self.everybody:
            self.env.cr.execute(
                "UPDATE scrm_customer SET create_date = now() at time zone 'UTC' WHERE id = %s",
                [customer.id],
            )
        old = self._make_customer("老客户", "13826001777")
        old._set_stage("customer", "Bought long ago")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE scrm_customer SET create_date = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=400), old.id],
        )
        self.env.invalidate_all()
        viewer = self._make_user("stage.viewer", "scrm_base.group_scrm_base_viewer")
        Funnel = self.env["scrm.lifecycle.funnel"].with_user(viewer)
        funnel = Funnel.browse(Funnel.action_open()["res_id"])
        rows = {
            line.stage_id.code: (
                line.here_count,
                line.reached_count,
                line.base_count,
                line.converted_count,
                round(line.conversion, 4),
            )
            for line in funnel.line_ids
        }
        self.assertEqual(
            {
                "potential": (1, 3, 0, 0, 0),
                "customer": (2, 2, 3, 2, 0.6667),
                "loyal": (1, 1, 2, 0, 0),
                "member": (1, 1, 3, 1, 0.3333),
                "fan": (0, 0, 3, 0, 0),
            },
            rows,
        )
        Customer = self.env["scrm.customer"].with_user(viewer)
        for line in funnel.line_ids:
            for action, count in (
                (line.action_view_here(), line.here_count),
                (line.action_view_reached(), line.reached_count),
            ):
                self.assertEqual(count, Customer.search_count(action["domain"]))
            if line.base_count:
                action = line.action_view_converted()
                self.assertEqual(line.converted_count, Customer.search_count(action["domain"]))
        funnel.date_to = funnel.date_from
        funnel.action_compute()
        self.assertEqual([0], list(set(funnel.line_ids.mapped("reached_count"))))

    def test_the_funnel_of_another_person_is_closed(self):
        viewers = [
            self._make_user(f"stage.viewer{n}", "scrm_base.group_scrm_base_viewer") for n in (1, 2)
        ]
        Funnel = self.env["scrm.lifecycle.funnel"].with_user(viewers[0])
        funnel = Funnel.browse(Funnel.action_open()["res_id"])
        with self.assertRaises(AccessError):
            funnel.with_user(viewers[1]).read()
