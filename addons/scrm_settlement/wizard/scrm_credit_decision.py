from datetime import timedelta

from odoo import api, fields, models


class ScrmCreditDecision(models.TransientModel):
    """Ask a credit manager for the amount, the last day and the reason of a decision."""

    _name = "scrm.credit.decision"
    _description = "Decide on Credit"

    hold_id = fields.Many2one("scrm.credit.hold", required=True, readonly=True)
    partner_id = fields.Many2one(related="hold_id.partner_id")
    reason = fields.Text(related="hold_id.reason")
    request_note = fields.Text(related="hold_id.request_note")
    currency_id = fields.Many2one(related="hold_id.currency_id")
    amount_exposure = fields.Monetary(related="hold_id.amount_exposure")
    amount_limit = fields.Monetary(related="hold_id.amount_limit")
    amount_over = fields.Monetary(related="hold_id.amount_over")
    amount_approved = fields.Monetary(
        string="Release up to", compute="_compute_proposal", store=True, readonly=False
    )
    valid_until = fields.Date(
        string="Until", compute="_compute_proposal", store=True, readonly=False
    )
    note = fields.Text()

    @api.depends("hold_id")
    def _compute_proposal(self):
        for decision in self:
            hold = decision.hold_id
            today = hold.company_id._scrm_local_day(fields.Datetime.now())
            days = hold.account_id.policy_id.release_days
            decision.amount_approved = hold.order_id.sudo()._scrm_get_credit_amount() if hold else 0
            decision.valid_until = today + timedelta(days=days) if hold else False

    def action_approve(self):
        self.ensure_one()
        self.hold_id._approve(self.amount_approved, self.valid_until, self.note)
        return self._close()

    def action_reject(self):
        self.ensure_one()
        self.hold_id._reject(self.note)
        return self._close()

    def action_approve_next(self):
        self.action_approve()
        return self._go_to_next()

    def action_reject_next(self):
        self.action_reject()
        return self._go_to_next()

    def _close(self):
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _go_to_next(self):
        """Open the decision on the hold that has waited longest."""
        waiting = self.env["scrm.credit.hold"].search(
            [
                ("state", "=", "open"),
                ("id", "!=", self.hold_id.id),
                ("requester_id", "!=", self.env.uid),
            ],
            order="id",
            limit=1,
        )
        return waiting.action_open_decision() if waiting else self._close()
