from odoo import api, models
from odoo.tools import SQL, format_amount


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

    def _scrm_record_posted(self):
        """Put posted invoices and credit notes on the timelines."""
        sentences = self._scrm_get_sentences()
        self.env["scrm.interaction"]._record_documents(
            self._scrm_filter_customer_invoices(),
            "invoice",
            "posted",
            lambda move: (
                sentences[move.move_type]
                .replace("{name}", move.name)
                .replace("{amount}", format_amount(self.env, move.amount_total, move.currency_id))
            ),
        )

    @api.model
    def _scrm_get_sentences(self):
        return {
            "out_invoice": self.env._("Invoice {name} posted: {amount}"),
            "out_refund": self.env._("Credit note {name} posted: {amount}"),
        }

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
    def _scrm_get_past(self, in_range):
        """Return SQL of past invoices and payments, see ``scrm.interaction._insert_past``.

        When an invoice was posted and paid is known to the day: it happened at its beginning, in
        the company's time zone.
        """
        Interaction = self.env["scrm.interaction"]
        amount = Interaction._get_amount(SQL("d.amount_total"), SQL.identifier("c"))
        paid = self.env._("Invoice %s paid", "{name}")
        paid_on = SQL(
            """COALESCE((SELECT max(r.max_date)
                           FROM account_partial_reconcile r
                           JOIN account_move_line l ON l.id = r.debit_move_id
                          WHERE l.move_id = d.id), d.invoice_date, d.date)"""
        )
        events = [
            ("invoice", "posted", sentence, SQL("COALESCE(d.invoice_date, d.date)"),
             SQL("d.move_type = %s", move_type))
            for move_type, sentence in self._scrm_get_sentences().items()
        ] + [
            ("payment", "paid", paid, paid_on,
             SQL("d.move_type = 'out_invoice' AND d.payment_state IN ('paid', 'in_payment')"))
        ]  # fmt: skip
        return SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT d.id AS res_id, d.partner_id, d.company_id, %s AS kind, %s AS event,
                       %s AS summary, %s AS occurred_at, d.create_uid AS user_id
                  FROM account_move d
                  JOIN res_currency c ON c.id = d.currency_id
                  JOIN res_company b ON b.id = d.company_id
                  JOIN res_partner z ON z.id = b.partner_id
                 WHERE d.state = 'posted' AND d.partner_id IS NOT NULL AND %s AND %s
                """,
                kind,
                event,
                Interaction._get_sentence(sentence, name=SQL("d.name"), amount=amount),
                SQL("(%s)::timestamp AT TIME ZONE COALESCE(z.tz, 'UTC') AT TIME ZONE 'UTC'", day),
                happened,
                in_range,
            )
            for kind, event, sentence, day, happened in events
        )

    def action_scrm_open_customer(self):
        """Open the page of the invoice's customer."""
        self.ensure_one()
        return self.partner_id.action_scrm_open_customer()
