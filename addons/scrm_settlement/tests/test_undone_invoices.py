from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CHANNEL_MANAGER, REVIEWER
from .test_commissions import CommissionCase


@tagged("post_install", "-at_install")
class TestUndoneInvoices(CommissionCase):
    """A commission whose invoice is gone or says something else is a person's decision."""

    def setUp(self):
        super().setUp()
        self.invoice = self._invoice()
        self.commission = self._pull()
        self.assertEqual(432, self.commission.amount)

    def _get_exceptions(self):
        self._pull()
        return self.env["scrm.settlement.exception"].search(
            [("company_id", "=", self.company.id)], order="id"
        )

    def test_an_invoice_that_stands_is_no_exception(self):
        self.invoice.button_draft()
        self.invoice.action_post()
        self.assertFalse(self._get_exceptions())

    def test_a_cancelled_invoice_is_taken_back(self):
        self.invoice.button_draft()
        self.invoice.button_cancel()
        exception = self._get_exceptions()
        self.assertRecordValues(
            exception,
            [
                {
                    "reason": "undone",
                    "origin_line_id": self.commission.id,
                    "partner_id": self.agent.id,
                    "quantity": 8640,
                }
            ],
        )
        exception.action_settle()
        self.assertEqual(-432, self.commission.correction_ids.amount)
        self.assertEqual(exception, self._get_exceptions(), "told once")

    def test_what_was_credited_already_is_not_taken_back_again(self):
        self._credit(self.invoice, 4)
        self._pull()
        self.invoice.button_draft()
        exception = self._get_exceptions()
        self.assertEqual(5184, exception.quantity)
        exception.action_settle()
        self.commission.invalidate_recordset(["correction_ids"])
        self.assertEqual(-432, sum(self.commission.correction_ids.mapped("amount")))

    def test_the_discount_of_a_cancelled_invoice(self):
        invoice = self._invoice((1, 1000), (1, -100))
        lines = self._pull()
        invoice.button_draft()
        exceptions = self._get_exceptions()
        self.assertEqual(["undone", "undone"], exceptions.mapped("reason"))
        exceptions.action_settle()
        self.assertEqual([-50, 5], (lines.correction_ids.sorted("id")).mapped("amount"))

    def test_a_line_that_was_deleted(self):
        """Its successor earns a commission of its own."""
        self.invoice.button_draft()
        self.invoice.invoice_line_ids = [
            Command.clear(),
            Command.create(
                {
                    "product_id": self.goods.id,
                    "quantity": 10,
                    "price_unit": 864,
                    "tax_ids": [Command.clear()],
                }
            ),
        ]
        self.invoice.action_post()
        exception = self._get_exceptions()
        self.assertEqual("undone", exception.reason)
        exception.action_settle()
        lines = self.Line.search([("partner_id", "=", self.agent.id)])
        self.assertEqual(432, sum(lines.mapped("amount")))

    def test_an_invoice_that_was_changed(self):
        self.invoice.button_draft()
        self.invoice.invoice_line_ids.quantity = 1
        self.invoice.action_post()
        exception = self._get_exceptions()
        self.assertEqual("changed", exception.reason)
        with self.assertRaisesRegex(UserError, "Add an adjustment"):
            exception.action_settle()

    def test_an_invoice_that_was_posted_again(self):
        self.invoice.button_draft()
        exception = self._get_exceptions()
        self.invoice.action_post()
        with self.assertRaisesRegex(UserError, "posted again"):
            exception.action_settle()

    def test_an_invoice_that_was_posted_again_after_it_was_taken_back(self):
        self.invoice.button_draft()
        undone = self._get_exceptions()
        undone.action_settle()
        self.invoice.action_post()
        again = self._get_exceptions() - undone
        self.assertRecordValues(
            again, [{"reason": "changed", "before_quantity": 0, "quantity": 8640}]
        )
        self.assertEqual(undone + again, self._get_exceptions(), "told once")

    def test_an_invoice_that_was_changed_twice(self):
        told = self.env["scrm.settlement.exception"]
        for quantity, value, before in ((1, 864, 8640), (2, 1728, 864), (10, 8640, 1728)):
            self.invoice.button_draft()
            self.invoice.invoice_line_ids.quantity = quantity
            self.invoice.action_post()
            latest = self._get_exceptions() - told
            self.assertRecordValues(latest, [{"quantity": value, "before_quantity": before}])
            latest.note = "Adjusted by hand"
            latest.action_dismiss()
            told += latest

    def test_a_credit_note_that_was_undone(self):
        credit = self._credit(self.invoice, 4)
        self._pull()
        credit.button_draft()
        exception = self._get_exceptions()
        self.assertEqual("changed", exception.reason)
        self.assertEqual(credit.invoice_line_ids.id, exception.source_id)

    # === STATEMENTS === #

    def _replace_line(self):
        """Replace the invoice's line by hand; both lines have earned by then."""
        self.invoice.button_draft()
        line = self.invoice.invoice_line_ids
        copied = line.copy_data()[0]
        self.invoice.invoice_line_ids = [
            Command.delete(line.id),
            Command.create({**copied, "move_id": self.invoice.id}),
        ]
        self.invoice.action_post()
        return self._get_exceptions()

    def _generate_october(self):
        preparer = self._make_user("undone.preparer", CHANNEL_MANAGER)
        return self._generate(preparer, date_from=date(2026, 10, 1), date_to=date(2026, 10, 31))

    def test_a_doubtful_line_is_not_submitted(self):
        exception = self._replace_line()
        statement = self._generate_october()
        self.assertEqual((864, 1), (statement.amount_total, statement.exception_count))
        with self.assertRaisesRegex(UserError, "says something else now.*decide in the list"):
            statement.action_submit()
        found = self.Line.search(statement.action_open_exceptions()["domain"])
        self.assertEqual(self.commission, found)
        exception.action_settle()
        statement.action_submit()
        self.assertEqual("submitted", statement.state)

    def test_a_line_that_became_doubtful_is_left_for_a_look(self):
        statement = self._generate_october()
        statement.action_submit()
        self.invoice.button_draft()
        self.assertEqual("undone", self._get_exceptions().reason)
        reviewer = self._make_user("undone.reviewer", REVIEWER)
        action = statement.with_user(reviewer).action_review_selected()
        self.assertIn(f"{statement.name} has exceptions", action["params"]["message"])
        self.assertEqual("submitted", statement.state)
