from odoo import fields, models

from ..tools.append_only import protect


class ScrmLifecycleHistory(models.Model):
    """One change of a customer's stage and its reason, written once."""

    _name = "scrm.lifecycle.history"
    _description = "Change of a Customer's Stage"
    _order = "moved_at desc, id desc"
    _rec_name = "reason"

    customer_id = fields.Many2one(
        comodel_name="scrm.customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    from_stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage", string="From", readonly=True, ondelete="restrict"
    )
    stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage",
        string="To",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    reason = fields.Char(required=True, readonly=True)
    moved_at = fields.Datetime(string="When", required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="By", readonly=True, ondelete="restrict"
    )

    def init(self):
        protect(self.env.cr, self._table)
