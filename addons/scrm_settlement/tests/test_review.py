from datetime import date, timedelta
from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import CHANNEL_MANAGER, MANAGER, REVIEWER, SettlementCase


@tagged("post_install", "-at_install")
class TestReview(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_rule("B", value=8)
        cls.preparer = cls._make_user("settlement.preparer", CHANNEL_MANAGER)
        cls.reviewer = cls._make_user("settlement.reviewer", REVIEWER)
        cls.accountant = cls._make_user("settlement.accountant", "account.group_account_invoice")
        cls.both = cls._make_user("settlement.both", MANAGER)

    def setUp(self):
        super().setUp()
        self._record({"quantity": 7})
        self.statement = self._generate(self.preparer)
        self.statement.action_submit()
        self.bill = self.statement.sudo().move_id.sudo(False).with_user(self.reviewer)
        self.reviewed = self.statement.with_user(self.reviewer)

    # === SEGREGATION === #

    def test_the_reviewer_is_another_person(self):
        self.bill.action_scrm_review()
        self.assertRecordValues(
            self.reviewed, [{"state": "reviewed", "reviewer_id": self.reviewer.id}]
        )

    def test_preparers_cannot_review(self):
        with self.assertRaises(AccessError):
            self.statement.action_review()

    def test_who_submits_cannot_review_whatever_their_roles(self):
        self._record()
        statement = self._generate(self.preparer).with_user(self.both)
        statement.action_submit()
        with self.assertRaisesRegex(UserError, "settlement.both.*cannot review it as well"):
            statement.action_review()

    def test_who_prepares_cannot_review_whoever_submits(self):
        self._record()
        statement = self._generate(self.both)
        statement.with_user(self.preparer).action_submit()
        with self.assertRaisesRegex(UserError, "cannot review it as well"):
            statement.action_review()

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_one_person_for_both(self):
        for column in ("submitter_id", "create_uid"):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self.cr.execute(  # pylint: disable=sql-injection
                    f"UPDATE scrm_settlement_statement SET reviewer_id = {column}, "
                    "reviewed_at = now() WHERE id = %s",
                    [self.statement.id],
                )

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_states_without_their_people(self):
        for assignment in (
            "state = 'reviewed'",
            "state = 'invoiced'",
            "submitter_id = NULL",
            "move_id = NULL",
        ):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self.cr.execute(  # pylint: disable=sql-injection
                    f"UPDATE scrm_settlement_statement SET {assignment} WHERE id = %s",
                    [self.statement.id],
                )

    # === POSTING === #

    def test_posting_needs_the_review(self):
        with self.assertRaisesRegex(UserError, "has not been reviewed"):
            self.bill.action_post()
        with self.assertRaisesRegex(UserError, "has not been reviewed"):
            self.bill.sudo().action_post()
        with self.assertRaises(ValidationError):
            self.bill.sudo().write({"state": "posted"})
        self.assertEqual("draft", self.bill.state)

    def test_the_autopost_cron_posts_nothing_unreviewed(self):
        self.bill.write({"auto_post": "at_date", "date": fields.Date.today() - timedelta(days=1)})
        bill = self.bill.sudo()
        with self.assertRaisesRegex(UserError, "has not been reviewed"):
            bill._post()

    def test_a_bill_is_not_repeated_by_the_clock(self):
        """What core copies each month would be posted in nobody's name, for lines of one month."""
        self.reviewed.action_review()
        for period in ("monthly", "quarterly", "yearly"):
            with self.assertRaisesRegex(UserError, "settles its lines once"):
                self.bill.auto_post = period
        self.bill.auto_post = "at_date"

    def test_a_reviewed_bill_posts(self):
        self.reviewed.action_review()
        self.bill.with_user(self.accountant).action_post()
        self.assertEqual(("posted", "invoiced"), (self.bill.state, self.reviewed.state))

    def test_the_post_button_waits_for_the_review(self):
        self.assertTrue(self.bill.hide_post_button)
        self.reviewed.action_review()
        self.bill.invalidate_recordset(["hide_post_button"])  # as the next request does
        self.assertFalse(self.bill.hide_post_button)

    def test_a_changed_bill_is_not_reviewed(self):
        self.bill.invoice_line_ids.price_unit = 200
        with self.assertRaisesRegex(UserError, "the total is ¥.1,400.00 instead of ¥.824.32"):
            self.reviewed.action_review()

    def test_a_bill_changed_after_the_review_is_not_posted(self):
        self.reviewed.action_review()
        changes = (
            {"invoice_line_ids": [Command.update(self.bill.invoice_line_ids.id, {"quantity": 8})]},
            {"invoice_line_ids": [Command.create({"name": "More", "price_unit": 1})]},
            {"partner_id": self.dealer_2.id},
        )
        for vals in changes:
            with self.cr.savepoint() as savepoint:
                self.bill.write(vals)
                with self.assertRaisesRegex(UserError, "no longer says what was submitted"):
                    self.bill.action_post()
                savepoint.rollback()
                self.env.invalidate_all()
        self.bill.action_post()

    def test_moving_money_between_lines_is_seen(self):
        """Same total, other lines: 7 × 117.76 is not 1 × 824.32."""
        self.bill.invoice_line_ids.write({"quantity": 1, "price_unit": 824.32})
        with self.assertRaisesRegex(UserError, "products, quantities, prices or taxes"):
            self.reviewed.action_review()

    def test_another_tax_of_the_same_rate_is_seen(self):
        self.part.supplier_taxes_id = self.tax_13
        self._record()
        statement = self._generate(self.preparer)
        statement.action_submit()
        bill = statement.sudo().move_id.sudo(False)
        statement.with_user(self.reviewer).action_review()
        other = self.tax_13.copy({"name": "VAT 13 %, not deductible"})
        bill.with_user(self.accountant).invoice_line_ids.tax_ids = other
        with self.assertRaisesRegex(UserError, "prices or taxes were changed"):
            bill.with_user(self.accountant).action_post()
        bill.with_user(self.accountant).invoice_line_ids.tax_ids = self.tax_13
        bill.with_user(self.accountant).action_post()
        self.assertEqual("invoiced", statement.state)

    def test_dates_and_accounts_may_be_edited(self):
        account = self.bill.sudo().invoice_line_ids.account_id.copy()
        self.bill.invoice_line_ids.account_id = account
        self.bill.invoice_date = date(2026, 12, 5)
        self.reviewed.action_review()
        self.bill.action_post()
        self.assertEqual("invoiced", self.reviewed.state)

    # === RETURN === #

    def test_a_return_takes_the_bill_away_and_says_why(self):
        self._return("Wrong month")
        self.assertFalse(self.bill.exists())
        self.assertRecordValues(
            self.statement,
            [{"state": "draft", "return_reason": "Wrong month", "submitter_id": False}],
        )
        row = self.env["scrm.outbox"].search(
            [("res_id", "=", self.statement.id), ("body", "=", "Wrong month")]
        )
        self.assertEqual(self.preparer, row.user_id)
        self.statement.action_submit()
        self.assertEqual("submitted", self.statement.state)

    def test_a_return_needs_a_reason(self):
        with self.assertRaises(UserError):
            self.reviewed._action_return("  ")

    def test_only_reviewers_return(self):
        with self.assertRaises(AccessError):
            self._return("No", user=self.preparer)

    def test_a_reviewed_settlement_can_be_returned(self):
        self.reviewed.action_review()
        self._return("Found it after all")
        self.assertEqual("draft", self.statement.state)
        self.assertFalse(self.statement.reviewer_id)

    def test_a_bill_that_had_a_number_is_kept_cancelled(self):
        self.reviewed.action_review()
        self.bill.action_post()
        self.bill.button_draft()
        self.assertEqual("reviewed", self.reviewed.state)
        self._return("Other account")
        self.assertEqual("cancel", self.bill.state)
        self.assertFalse(self.bill.scrm_statement_id)
        # Posted beside the next one, it would be paid a second time.
        self.bill.button_draft()
        with self.assertRaisesRegex(ValidationError, "makes another document"):
            self.bill.action_post()

    def test_the_bill_does_not_leave_its_statement(self):
        with self.assertRaisesRegex(UserError, "Return settlement"):
            self.bill.unlink()
        with self.assertRaisesRegex(UserError, "Return settlement"):
            self.bill.button_cancel()

    # === PAYMENT === #

    def _pay(self, **vals):
        return (
            self.env["account.payment.register"]
            .with_user(self.accountant)
            .with_context(active_model="account.move", active_ids=self.bill.ids)
            .create(vals)
            ._create_payments()
        )

    def _get_outstanding_account(self):
        return self.env["account.account"].create(
            {
                "name": "Outstanding",
                "code": "TOUT",
                "account_type": "asset_current",
                "reconcile": True,
                "company_ids": [Command.set(self.company.ids)],
            }
        )

    def test_the_statement_follows_the_payment(self):
        self.reviewed.action_review()
        self.bill.action_post()
        self._pay()
        self.assertEqual("paid", self.reviewed.state)
        self.bill.line_ids.sudo().remove_move_reconcile()
        self.assertEqual("invoiced", self.reviewed.state)

    def test_partial_payments_show_and_leave_it_billed(self):
        self.reviewed.action_review()
        self.bill.action_post()
        self._pay(amount=300)
        self.assertRecordValues(
            self.reviewed,
            [{"state": "invoiced", "payment_state": "partial", "amount_residual": 524.32}],
        )
        self._pay()
        self.assertRecordValues(self.reviewed, [{"state": "paid", "amount_residual": 0}])

    def test_a_deposit_pays(self):
        """What was paid in advance is assigned to the bill when it is there."""
        deposit = (
            self.env["account.payment"]
            .with_user(self.accountant)
            .create(
                {
                    "payment_type": "outbound",
                    "partner_type": "supplier",
                    "partner_id": self.dealer.id,
                    "amount": 1000,
                    "currency_id": self.cny.id,
                }
            )
        )
        account = self._get_outstanding_account()
        deposit.payment_method_line_id.sudo().payment_account_id = account
        deposit.action_post()
        self.reviewed.action_review()
        self.bill.action_post()
        self.assertEqual("invoiced", self.reviewed.state)
        line = deposit.move_id.line_ids.filtered(
            lambda line: line.account_type == "liability_payable"
        )
        self.bill.js_assign_outstanding_line(line.id)
        self.assertEqual("paid", self.reviewed.state)

    def _pay_without_entry(self):
        payment = (
            self.env["account.payment"]
            .with_user(self.accountant)
            .create(
                {
                    "payment_type": "outbound",
                    "partner_type": "supplier",
                    "partner_id": self.dealer.id,
                    "amount": 824.32,
                    "currency_id": self.cny.id,
                    "invoice_ids": [Command.set(self.bill.ids)],
                }
            )
        )
        payment.outstanding_account_id = False
        payment.action_post()
        self.assertFalse(payment.move_id)
        self.assertEqual("paid", self.reviewed.state)
        return payment

    def test_payments_without_an_entry_pay_too(self):
        self.reviewed.action_review()
        self.bill.action_post()
        self._pay_without_entry().action_cancel()
        self.assertEqual("invoiced", self.reviewed.state)
        self._pay_without_entry().unlink()
        self.assertEqual("invoiced", self.reviewed.state)

    def test_in_payment_counts_as_paid(self):
        self.reviewed.action_review()
        self.bill.action_post()
        state = "odoo.addons.account.models.account_move.AccountMove"
        with patch(f"{state}._get_invoice_in_payment_state", lambda move: "in_payment"):
            self._pay()
        self.assertRecordValues(
            self.reviewed, [{"state": "paid", "payment_state": self.bill.payment_state}]
        )

    # === SCREENS === #

    def test_the_bill_shows_its_settlement(self):
        with Form(self.bill) as form:
            self.assertEqual("submitted", form.scrm_statement_state)
            self.assertEqual(1, len(form.scrm_settlement_line_ids))
        action = self.reviewed.action_open_document()
        self.assertEqual(("account.move", self.bill.id), (action["res_model"], action["res_id"]))

    def test_other_bills_are_untouched(self):
        bill = self.bill.with_user(self.accountant).create(
            {
                "move_type": "in_invoice",
                "partner_id": self.dealer.id,
                "invoice_date": date(2026, 11, 30),
                "invoice_line_ids": [Command.create({"name": "Rent", "price_unit": 10})],
            }
        )
        self.assertFalse(bill.scrm_statement_state)
        bill.action_post()
        self.assertEqual("posted", bill.state)

    def _return(self, reason, user=None):
        wizard = (
            self.env["scrm.settlement.return"]
            .with_user(user or self.reviewer)
            .create({"statement_id": self.statement.id, "reason": reason})
        )
        wizard.action_return()
