from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CHANNEL_MANAGER, REVIEWER, SettlementCase


@tagged("post_install", "-at_install")
class TestStatement(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule("B", value=8)
        cls.preparer = cls._make_user("settlement.preparer", CHANNEL_MANAGER)
        cls.reviewer = cls._make_user("settlement.reviewer", REVIEWER)

    def _submit(self, *sources):
        self._record(*sources)
        statement = self._generate(self.preparer)
        statement.action_submit()
        return statement

    def _as_reviewer(self, record):
        return record.with_user(self.reviewer)

    # === GENERATION === #

    def test_one_statement_per_dealer_and_currency(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        self._make_rule(
            "Dollars",
            method="fixed",
            value=10,
            currency_id=usd.id,
            target="product",
            product_id=self.part_2.id,
        )
        self._record({}, {}, {"product_id": self.part_2.id}, {"partner_id": self.dealer_2.id})
        statements = self._generate(self.preparer)
        self.assertEqual(
            {(self.dealer, self.cny, 2), (self.dealer, usd, 1), (self.dealer_2, self.cny, 1)},
            {(s.partner_id, s.currency_id, len(s.line_ids)) for s in statements},
        )
        self.assertEqual({"claimed"}, set(statements.line_ids.mapped("state")))

    def test_lines_of_the_period_only(self):
        self._record(
            {"occurred_at": datetime(2026, 10, 31, 15, 59)},
            {"occurred_at": datetime(2026, 10, 31, 16, 0)},
            {"occurred_at": datetime(2026, 11, 30, 15, 59)},
            {"occurred_at": datetime(2026, 11, 30, 16, 0)},
        )
        self.assertEqual(
            [date(2026, 11, 1), date(2026, 11, 30)],
            sorted(self._generate(self.preparer).line_ids.mapped("date")),
        )

    def test_a_run_without_result_says_why(self):
        with self.assertRaisesRegex(UserError, "The journal has no lines"):
            self._generate(self.preparer)
        self._record({"occurred_at": datetime(2026, 12, 5)})
        with self.assertRaisesRegex(UserError, "outside the period, the earliest on 12/05/2026"):
            self._generate(self.preparer)
        self._record()
        statement = self._generate(self.preparer)
        with self.assertRaisesRegex(UserError, f"nothing left.*1 lines.*{statement.name}"):
            self._generate(self.preparer)

    def test_late_lines_go_on_another_statement(self):
        self._record()
        first = self._generate(self.preparer)
        late = self._record()
        self.assertEqual(late, self._generate(self.preparer).line_ids)
        self.assertEqual(1, len(first.line_ids))

    def test_cancelling_frees_the_lines(self):
        line = self._record()
        statement = self._generate(self.preparer)
        statement.action_cancel()
        self.assertEqual("pending", line.state)
        self.assertEqual(line, self._generate(self.preparer).line_ids)

    def test_queries_do_not_grow_with_the_lines(self):
        def generate(count, partner):
            self._record(*({"partner_id": partner.id} for _number in range(count)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._generate(self.preparer, partners=partner)
            return self.env.cr.sql_log_count - before

        generate(2, self.dealer)
        few, many = generate(3, self.dealer), generate(60, self.dealer)
        # An environment may be collected midway and read its user again; a line costs none.
        self.assertLess(many, few + 5)

    # === SUBMISSION === #

    def test_submission_makes_the_draft_bill(self):
        statement = self._submit({"quantity": 7}, {"product_id": self.part.id})
        bill = statement.sudo().move_id
        self.assertRecordValues(
            bill,
            [
                {
                    "move_type": "in_invoice",
                    "state": "draft",
                    "partner_id": self.dealer.id,
                    "ref": statement.name,
                    "amount_total": 942.08,
                    "scrm_statement_state": "submitted",
                }
            ],
        )
        self.assertEqual([7, 1], bill.invoice_line_ids.mapped("quantity"))
        self.assertEqual({117.76}, set(bill.invoice_line_ids.mapped("price_unit")))
        self.assertEqual(942.08, statement.amount_total)
        self.assertEqual(self.preparer, statement.submitter_id)

    def test_unit_prices_reach_the_bill_unrounded(self):
        """Worked example 2: 33.335 × 3 is 100.01 on the statement and on the bill."""
        self.library.line_ids.price = 33.335
        self.rule.write({"value": 0, "price_round": 0})
        statement = self._submit({"quantity": 3})
        self.assertEqual(100.01, statement.amount_total)
        self.assertEqual(100.01, statement.sudo().move_id.amount_total)

    def test_totals_are_rounded_as_the_company_does(self):
        """Worked example 10: three lines of 99.99 with 13 % included."""
        self.part.supplier_taxes_id = self.tax_13
        self.rule.write({"method": "fixed", "value": 99.99})
        for method, untaxed, tax in (
            ("round_globally", 265.46, 34.51),
            ("round_per_line", 265.47, 34.50),
        ):
            self.company.tax_calculation_rounding_method = method
            self._record({}, {}, {})
            statement = self._generate(self.preparer)
            expected = [{"amount_untaxed": untaxed, "amount_tax": tax, "amount_total": 299.97}]
            self.assertRecordValues(statement, expected)
            statement.action_submit()
            self.assertRecordValues(statement, expected)
            self.assertRecordValues(statement.sudo().move_id, expected)

    def test_a_negative_statement_is_a_credit_note(self):
        """Worked example 12: −353.28 + 200.00 = −153.28 is a vendor credit note of 153.28."""
        october = self._record({"quantity": 10, "occurred_at": datetime(2026, 10, 5)})
        october._record_return(
            3,
            source_model="res.partner",
            source_id=1,
            occurred_at=datetime(2026, 11, 5),
        )
        self.rule.write({"method": "fixed", "value": 200})
        statement = self._submit({})
        self.assertEqual(-153.28, statement.amount_total)
        bill = statement.sudo().move_id
        self.assertEqual(("in_refund", 153.28), (bill.move_type, bill.amount_total))
        self._as_reviewer(statement).action_review()
        self._as_reviewer(bill).action_post()
        self.assertEqual("invoiced", statement.state)

    def test_steps_are_on_the_dealers_timeline(self):
        statement = self._submit({})
        self._as_reviewer(statement).action_review()
        self._as_reviewer(statement.sudo().move_id).action_post()
        entries = self.env["scrm.interaction"].search(
            [("res_model", "=", statement._name), ("res_id", "=", statement.id)], order="id"
        )
        self.assertEqual(["note", "note", "invoice"], entries.mapped("kind"))
        self.assertTrue(entries.customer_id)
        self.assertIn(self.dealer, entries.customer_id.partner_ids)
        self.assertIn(statement.name, entries[0].summary)

    def test_reviewers_and_dealer_are_told(self):
        statement = self._submit({})
        rows = self.env["scrm.outbox"].search(
            [("res_model", "=", statement._name), ("res_id", "=", statement.id)]
        )
        self.assertIn(self.reviewer, rows.filtered(lambda r: r.medium == "inapp").user_id)
        self.assertNotIn(self.preparer, rows.user_id)
        email = rows.filtered(lambda row: row.medium == "email")
        self.assertIn(statement.name, email.subject)

    # === NO WAY ROUND === #

    def test_flow_facts_are_not_written_by_hand(self):
        self._record()
        statement = self._generate(self.preparer)
        for vals in (
            {"state": "reviewed"},
            {"submitter_id": self.reviewer.id},
            {"reviewer_id": self.reviewer.id},
            {"partner_id": self.dealer_2.id},
            {"amount_total": 1},
            {"move_id": False},
        ):
            with self.assertRaises(UserError):
                statement.write(vals)
        with self.assertRaises(UserError):
            statement.sudo().unlink()

    def test_nobody_writes_the_journal_by_hand(self):
        line = self._record()
        for user in (self.preparer, self.reviewer):
            with self.assertRaises(AccessError):
                line.with_user(user).write({"state": "pending"})
            with self.assertRaises(AccessError):
                line.with_user(user).create({"name": "New"})
            with self.assertRaises(AccessError):
                line.with_user(user).unlink()

    @mute_logger("odoo.sql_db")
    def test_submission_by_a_reviewer_is_refused(self):
        self._record()
        statement = self._generate(self.preparer)
        with self.assertRaises(AccessError):
            self._as_reviewer(statement).action_submit()
