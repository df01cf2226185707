from datetime import timedelta

from odoo import api, fields, models


class ScrmCreditDecision(models.TransientModel):
    """Ask a credit manager for the amount, the last day and the reason of a decision."""

    _name = "scrm.credit.decision"
    _description = "Decide on Credit"

    hold_id = fields.Many2one("scrm.credit.hold", required=True, readonly=True)
    partner_id = fields.Many2one(related="hold_id.partner_id", related_sudo=False)
    reason = fields.Text(related="hold_id.reason", related_sudo=False)
    request_note = fields.Text(related="hold_id.request_note", related_sudo=False)
    currency_id = fields.Many2one(related="hold_id.currency_id", related_sudo=False)
    amount_exposure = fields.Monetary(related="hold_id.amount_exposure", related_sudo=False)
    amount_limit = fields.Monetary(related="hold_id.amount_limit", related_sudo=False)
    amount_over = fields.Monetary(related="hold_id.amount_over", related_sudo=False)
    amount_approved = fields.Monetary(
        string="Release up to",
        compute="_compute_proposal",
        store=True,
        readonly=False,
        compute_sudo=False,
    )
    valid_until = fields.Date(
        string="Until", compute="_compute_proposal", store=True, readonly=False, compute_sudo=False
    )
    note = fields.Text()

    @api.depends("hold_id")
    def _compute_proposal(self):
        for decision in self:
            hold = decision.hold_id
            company = hold.company_id or self.env.company
            today = company._scrm_local_day(fields.Datetime.now())
            # sudo: of a branch's order the policy may be the company's above
            days = hold.account_id.policy_id.sudo().release_days
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
