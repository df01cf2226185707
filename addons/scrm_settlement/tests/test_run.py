from datetime import date, datetime
from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..models import scrm_settlement_run
from .common import CHANNEL_MANAGER, REVIEWER, SettlementCase

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))


@tagged("post_install", "-at_install")
class TestRun(SettlementCase):
    """Generation for many dealers, and by the clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule("B", method="fixed", value=100)
        cls.preparer = cls._make_user("run.preparer", CHANNEL_MANAGER)
        cls.company.scrm_settlement_grace_days = 5

    def _make_dealers(self, count):
        return self.env["res.partner"].create(
            [{"name": f"Dealer {number}", "is_company": True} for number in range(count)]
        )

    def _record_for(self, dealers, **vals):
        return self._record(*({"partner_id": dealer.id, **vals} for dealer in dealers))

    def _wizard(self, **vals):
        return (
            self.env["scrm.settlement.generate"]
            .with_user(self.preparer)
            .create({"date_from": NOVEMBER[0], "date_to": NOVEMBER[1], **vals})
        )

    def _drain(self, run):
        for _batch in range(10):
            if run.state == "done":
                return
            run._run_batch()

    # === MANY DEALERS === #

    def test_a_run_ends_when_dealers_are_archived_or_merged(self):
        dealers = self._make_dealers(3)
        self._record_for(dealers)
        run = self.env["scrm.settlement.run"]._start(self.company, *NOVEMBER, dealers)
        dealers[1].active = False
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (dealers[0] | dealers[2]).ids, dealers[0]
        )
        self.env.invalidate_all()
        self._drain(run)
        self.assertEqual("done", run.state)
        self.assertEqual(dealers[0] | dealers[1], run.statement_ids.partner_id)

    def test_a_merge_behind_or_before_the_run_leaves_nobody_out(self):
        dealers = self._make_dealers(5)
        self._record_for(dealers)
        merge = self.env["base.partner.merge.automatic.wizard"]._merge
        with patch.object(scrm_settlement_run, "BATCH", 2):
            run = self.env["scrm.settlement.run"]._start(self.company, *NOVEMBER, dealers)
            run._run_batch()
            merge(dealers[:2].ids, dealers[1])
            merge(dealers[3:].ids, dealers[3])
            self.env.invalidate_all()
            self._drain(run)
        self.assertEqual(dealers[1:4], run.statement_ids.partner_id)
        self.assertRecordValues(run, [{"done_count": 4, "total_count": 4, "progress": 100}])

    @freeze_time("2026-12-10 04:00:00")
    def test_who_became_part_of_a_company_gets_what_he_earned_before(self):
        holding, dealer = self._make_dealers(2)
        for found_by in ("clock", "name", "company"):
            dealer.write({"parent_id": False, "is_company": True})
            line = self._record_for(dealer)
            dealer.write({"parent_id": holding.id, "is_company": False})
            with self.subTest(found_by=found_by):
                if found_by == "clock":
                    self._start_due()
                else:
                    named = dealer if found_by == "name" else holding
                    wizard = self._wizard(partner_ids=[Command.set(named.ids)])
                    self.assertEqual(1, wizard.pending_count)
                    wizard.action_generate()
                self.assertEqual(dealer, line.statement_id.partner_id)

    def test_an_archived_dealer_is_not_everybody(self):
        dealers = self._make_dealers(2)
        self._record_for(dealers)
        dealers[0].active = False
        wizard = self._wizard(partner_ids=[Command.set(dealers[0].ids)])
        self.assertEqual(1, wizard.pending_count)
        action = wizard.action_generate()
        statement = self.env["scrm.settlement.statement"].browse(action["res_id"])
        self.assertEqual(dealers[0], statement.partner_id)

    def test_a_period_without_lines_is_answered_by_a_sentence(self):
        with self.assertRaises(UserError) as caught:
            self._wizard().action_generate()
        # A browser takes what is derived of it for a crash
        self.assertIs(UserError, type(caught.exception))

    def test_a_period_ends_after_it_begins(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self._wizard(date_from=NOVEMBER[1], date_to=NOVEMBER[0])

    def test_many_dealers_are_done_in_batches(self):
        dealers = self._make_dealers(5)
        self._record_for(dealers)
        with (
            patch.object(scrm_settlement_run, "BATCH", 2),
            patch("odoo.addons.scrm_settlement.wizard.scrm_settlement_generate.BATCH", 2),
        ):
            action = self._wizard().action_generate()
            self.assertEqual("scrm.settlement.run", action["res_model"])
            run = self.env["scrm.settlement.run"].browse(action["res_id"])
            run = run.with_user(self.preparer)
            self.assertEqual((5, 0, 0), (run.total_count, run.done_count, run.progress))
            run._run_batch()
            self.assertEqual((2, 2, 40), (run.done_count, run.statement_count, run.progress))
            self._drain(run)
        self.assertRecordValues(run, [{"state": "done", "done_count": 5, "statement_count": 5}])
        self.assertEqual(dealers, run.statement_ids.partner_id)
        found = self.env["scrm.settlement.statement"].search(run.action_open_statements()["domain"])
        self.assertEqual(run.statement_ids, found)
        run._run_batch()  # a job that is run once more does nothing
        self.assertEqual(5, run.statement_count)

    def test_few_dealers_are_done_at_once(self):
        self._record_for(self.dealer | self.dealer_2)
        action = self._wizard().action_generate()
        statements = self.env["scrm.settlement.statement"].search(action["domain"])
        self.assertEqual(self.dealer | self.dealer_2, statements.partner_id)

    def test_what_is_left_out_is_told(self):
        self._record_for(self.dealer)
        self.rule.active = False
        self._record_for(self.dealer_2)
        action = self._wizard().action_generate()
        self.assertIn("1 lines of this period have no price", action["params"]["message"])
        self.assertEqual("scrm.settlement.statement", action["params"]["next"]["res_model"])

    def test_a_dealer_of_another_company_keeps_nobody_from_his_statement(self):
        self._record_for(self.dealer | self.dealer_2)
        self.dealer.company_id = self.company_other
        message = self._wizard().action_generate()["params"]["message"]
        self.assertIn("1 lines of this period are of dealers who belong to another", message)
        self.assertEqual(
            self.dealer_2,
            self.env["scrm.settlement.statement"]
            .search([("company_id", "=", self.company.id)])
            .partner_id,
        )
        self.dealer.company_id = False
        self.assertEqual(self.dealer, self._generate(self.preparer).partner_id)

    def test_queries_do_not_grow_with_the_dealers(self):
        def generate(count):
            dealers = self._make_dealers(count)
            self._record_for(dealers)
            self.env.flush_all()
            self.env.invalidate_all()
            # Each begins with nothing kept, in what environments keep by themselves either
            self.env.registry.clear_cache()
            self.env.transaction.reset()
            before = self.env.cr.sql_log_count
            self._generate(self.preparer, partners=dealers)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        generate(2)
        few, many = generate(5), generate(60)
        # An environment may be collected midway and read its user again; a dealer costs none.
        self.assertLess(many, few + 5)

    def test_a_run_that_fails_says_so_and_does_not_go_on(self):
        """Only that there is nothing to settle is no fault."""
        dealers = self._make_dealers(2)
        self._record_for(dealers)
        Statement = self.env.registry["scrm.settlement.statement"]
        Run = self.env["scrm.settlement.run"].with_user(self.preparer)
        run = Run._start(self.company, *NOVEMBER, dealers)
        with (
            patch.object(Statement, "_claim_lines", side_effect=UserError("Books are locked")),
            self.assertRaisesRegex(UserError, "Books are locked"),
        ):
            run._run_batch()
        self.assertEqual(("running", 0), (run.state, run.done_count))
        self.assertFalse(
            self.env["scrm.settlement.statement"].search_count([("run_id", "=", run.id)])
        )
        self._drain(run)
        self.assertEqual(2, len(run.statement_ids))

    # === NOTHING === #

    def test_every_reason_for_nothing_is_said(self):
        def expect(pattern):
            with self.assertRaisesRegex(UserError, pattern):
                self._generate(self.preparer)

        expect("The journal has no lines")
        self._record({"occurred_at": datetime(2026, 12, 5)})
        expect("outside the period, the earliest on 12/05/2026")
        self.rule.active = False
        self._record({})
        expect("1 lines of this period have no price")
        self.rule.active = True
        self._record({}).sudo().write({"state": "disputed"})
        expect("1 lines of this period are disputed")
        jpy = self.env.ref("base.JPY")
        jpy.active = True
        self._make_rule(
            "J",
            method="fixed",
            value=10,
            currency_id=jpy.id,
            target="product",
            product_id=self.part_2.id,
        )
        self._record({"product_id": self.part_2.id})
        jpy.active = False
        expect(r"currency that is not active \(JPY\)")

    # === BY THE CLOCK === #

    def _start_due(self):
        runs = self.env["scrm.settlement.run"]._start_due_runs(self.company)
        for run in runs:
            self._drain(run)
        return {(run.date_from, run.date_to): run.statement_ids for run in runs}

    def test_the_cron_is_off_until_somebody_wants_it(self):
        cron = self.env.ref("scrm_settlement.ir_cron_generate_due_settlements")
        self.assertFalse(cron.active)
        with freeze_time("2026-12-10"):
            self._record({})
            cron.with_context(active_test=False).ir_actions_server_id.run()
        runs = self.env["scrm.settlement.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual([NOVEMBER], [(run.date_from, run.date_to) for run in runs])

    def test_periods_wait_for_their_days_of_grace(self):
        self._record({})
        with freeze_time("2026-12-05 04:00:00"):
            self.assertFalse(self._start_due())
        with freeze_time("2026-12-06 04:00:00"):
            found = self._start_due()
        self.assertEqual([NOVEMBER], list(found))
        self.assertEqual(self.dealer, found[NOVEMBER].partner_id)

    def test_dealers_have_their_own_cycles(self):
        self.dealer.scrm_settlement_cycle = "half_month"
        self.dealer_2.scrm_settlement_cycle = "quarter"
        self._record(
            {},
            {"occurred_at": datetime(2026, 11, 20)},
            {"partner_id": self.dealer_2.id},
        )
        with freeze_time("2026-12-10 04:00:00"):
            found = self._start_due()
        self.assertEqual(
            {
                (date(2026, 11, 1), date(2026, 11, 15)): self.dealer,
                (date(2026, 11, 16), date(2026, 11, 30)): self.dealer,
            },
            {period: statements.partner_id for period, statements in found.items()},
        )
        with freeze_time("2027-01-10 04:00:00"):
            self.assertEqual([(date(2026, 10, 1), date(2026, 12, 31))], list(self._start_due()))

    def test_late_lines_are_the_next_revision_of_their_period(self):
        self._record({"occurred_at": datetime(2026, 10, 5)})
        with freeze_time("2026-11-10 04:00:00"):
            self._start_due()
        self._record({"occurred_at": datetime(2026, 10, 6)}, {})
        with freeze_time("2026-12-10 04:00:00"):
            found = self._start_due()
            self.assertFalse(self._start_due())
        self.assertEqual([OCTOBER, NOVEMBER], sorted(found))
        self.assertEqual([1, 0], [found[OCTOBER].revision, found[NOVEMBER].revision])

    def test_a_change_of_cycle_overlaps_nothing(self):
        self.dealer.scrm_settlement_cycle = "half_month"
        self._record({})
        with freeze_time("2026-11-22 04:00:00"):
            self._start_due()
        self.dealer.scrm_settlement_cycle = "month"
        self._record({"occurred_at": datetime(2026, 11, 20)}, {})
        with freeze_time("2026-12-10 04:00:00"):
            found = self._start_due()
        self.assertEqual(
            [(date(2026, 11, 1), date(2026, 11, 15)), (date(2026, 11, 16), date(2026, 11, 30))],
            sorted(found),
        )

    def test_preparers_are_told_of_what_the_clock_did(self):
        salesman = self._make_user("run.salesman", CHANNEL_MANAGER)
        self.dealer.user_id = salesman
        self._record({})
        with freeze_time("2026-12-10 04:00:00"):
            runs = self.env["scrm.settlement.run"].with_user(1)._start_due_runs(self.company)
            self._drain(runs)
        self.assertEqual(salesman, runs.statement_ids.user_id)
        rows = self.env["scrm.outbox"].search(
            [("res_model", "=", runs._name), ("res_id", "=", runs.id)]
        )
        self.assertIn(self.preparer, rows.user_id)
        self.assertIn("1 statements", rows[0].subject)

    def test_who_submits_what_the_clock_made_hears_of_its_return(self):
        """A salesperson who may not open a statement is not told of it, either."""
        reviewer = self._make_user("run.reviewer", REVIEWER)
        for salesman in (
            self.env["res.users"],
            self._make_user("run.seller", "sales_team.group_sale_salesman"),
        ):
            self.dealer.user_id = salesman
            self._record({})
            with freeze_time("2026-12-10 04:00:00"):
                runs = self.env["scrm.settlement.run"].with_user(1)._start_due_runs(self.company)
                self._drain(runs)
            statement = runs.statement_ids.with_user(self.preparer)
            self.assertFalse(statement.user_id)
            statement.action_submit()
            self.assertEqual(self.preparer, statement.user_id)
            statement.with_user(reviewer)._action_return("Wrong prices")
            rows = self.env["scrm.outbox"].search(
                [
                    ("res_model", "=", statement._name),
                    ("res_id", "=", statement.id),
                    ("rule_id.event", "=", "return"),
                    ("medium", "=", "inapp"),
                ]
            )
            self.assertEqual(self.preparer, rows.user_id)

    def test_foreign_companies_do_not_see_runs(self):
        stranger = self._make_user("run.stranger", CHANNEL_MANAGER, company=self.company_other)
        self._record({})
        run = self.env["scrm.settlement.run"].create(
            {
                "company_id": self.company.id,
                "date_from": NOVEMBER[0],
                "date_to": NOVEMBER[1],
                "partner_ids": [Command.set(self.dealer.ids)],
            }
        )
        self.assertFalse(run.with_user(stranger).search([("id", "=", run.id)]))
