from datetime import datetime, time

from odoo import api, models
from odoo.tools import format_amount, split_every

BACKFILL_BATCH = 1000


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        posted._scrm_record_posted()
        return posted

    def write(self, vals):
        res = super().write(vals)
        if {"state", "partner_id", "invoice_currency_rate"}.intersection(vals):
            refunds = self.filtered(lambda move: move.move_type == "out_refund")
            # sudo: a credit note is written by people who need not see the orders.
            refunds.sudo().line_ids.sale_line_ids.order_id._scrm_touch()
        return res

    def _invoice_paid_hook(self):
        res = super()._invoice_paid_hook()
        self._scrm_record_paid()
        return res

    def _scrm_filter_customer_invoices(self):
        return self.filtered(
            lambda move: move.move_type in ("out_invoice", "out_refund") and move.partner_id
        )

    def _scrm_record_posted(self, occurred_at=None):
        """Put posted invoices and credit notes on the timelines."""

        def summarise(move):
            values = {
                "name": move.name,
                "amount": format_amount(self.env, move.amount_total, move.currency_id),
            }
            if move.move_type == "out_refund":
                return self.env._("Credit note %(name)s posted: %(amount)s", **values)
            return self.env._("Invoice %(name)s posted: %(amount)s", **values)

        self.env["scrm.interaction"]._record_documents(
            self._scrm_filter_customer_invoices(),
            "invoice",
            "posted",
            summarise,
            occurred_at=occurred_at,
        )

    def _scrm_record_paid(self):
        """Put paid invoices on the timelines."""
        self.env["scrm.interaction"]._record_documents(
            self._scrm_filter_customer_invoices().filtered(
                lambda move: move.move_type == "out_invoice"
            ),
            "payment",
            "paid",
            lambda move: self.env._("Invoice %s paid", move.name),
        )

    @api.model
    def _scrm_backfill(self):
        """Record the posted invoices of the past, at the beginning of their day."""
        # sudo: all companies' invoices, each recorded in its own company.
        moves = self.sudo().search(
            [("state", "=", "posted"), ("move_type", "in", ("out_invoice", "out_refund"))],
            order="invoice_date, id",
        )
        for batch in split_every(BACKFILL_BATCH, moves.ids, self.sudo().browse):
            batch._scrm_record_posted(
                occurred_at=lambda move: datetime.combine(move.invoice_date or move.date, time.min)
            )

    def action_scrm_open_customer(self):
        """Open the page of the invoice's customer."""
        self.ensure_one()
        return self.partner_id.action_scrm_open_customer()
