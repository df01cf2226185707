from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

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

    def test_a_credit_note_that_was_undone(self):
        credit = self._credit(self.invoice, 4)
        self._pull()
        credit.button_draft()
        exception = self._get_exceptions()
        self.assertEqual("changed", exception.reason)
        self.assertEqual(credit.invoice_line_ids.id, exception.source_id)
