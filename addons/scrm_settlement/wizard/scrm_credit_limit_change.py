from odoo import api, fields, models

from ..models.scrm_credit_review import LIMIT_MODES

FIELDS = ("limit_mode", "own_limit", "valid_until", "increase", "increase_until")


class ScrmCreditLimitChange(models.TransientModel):
    """Ask what a dealer's limit becomes and why."""

    _name = "scrm.credit.limit.change"
    _description = "Change Credit Limit"

    account_id = fields.Many2one("scrm.credit.account", required=True, readonly=True)
    currency_id = fields.Many2one(related="account_id.currency_id", related_sudo=False)
    limit_mode = fields.Selection(
        LIMIT_MODES,
        string="Limit",
        compute="_compute_limit",
        store=True,
        readonly=False,
        compute_sudo=False,
    )
    own_limit = fields.Monetary(
        string="Amount", compute="_compute_limit", store=True, readonly=False, compute_sudo=False
    )
    valid_until = fields.Date(
        compute="_compute_limit", store=True, readonly=False, compute_sudo=False
    )
    increase = fields.Monetary(
        string="Temporary Increase",
        compute="_compute_limit",
        store=True,
        readonly=False,
        compute_sudo=False,
    )
    increase_until = fields.Date(
        string="Increase until",
        compute="_compute_limit",
        store=True,
        readonly=False,
        compute_sudo=False,
    )
    reason = fields.Text(required=True)
    needs_second = fields.Boolean(compute="_compute_needs_second")

    @api.depends("account_id")
    def _compute_limit(self):
        for change in self:
            for name in FIELDS:
                change[name] = change.account_id[name]

    @api.depends(*FIELDS)
    def _compute_needs_second(self):
        for change in self:
            change.needs_second = bool(change.account_id) and change.account_id._needs_second(
                change._prepare_limit_vals()
            )

    def _prepare_limit_vals(self):
        self.ensure_one()
        return {name: self[name] for name in FIELDS}

    def action_change(self):
        self.ensure_one()
        self.account_id._request_limit(self._prepare_limit_vals(), self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
