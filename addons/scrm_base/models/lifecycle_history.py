from odoo import fields, models

from ..tools.append_only import protect
from .lifecycle_stage import AXES


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
    axis = fields.Selection(selection=AXES, required=True, readonly=True)
    from_stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage", string="From", readonly=True, ondelete="restrict"
    )
    stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage",
        string="To",
        readonly=True,
        ondelete="restrict",
        help="None: the customer left the axis.",
    )
    rule_id = fields.Many2one(
        comodel_name="scrm.lifecycle.rule",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    is_manual = fields.Boolean(
        string="By Hand", readonly=True, help="A person decided; rules let it be until released."
    )
    reason = fields.Char(required=True, readonly=True)
    moved_at = fields.Datetime(string="When", required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="By", readonly=True, ondelete="restrict"
    )

    _reached_idx = models.Index("(company_id, stage_id, moved_at)")

    def init(self):
        protect(self.env.cr, self._table)

    def action_open_customer(self):
        """Open the customer's page."""
        self.ensure_one()
        customer = self.customer_id
        return (customer.merged_into_id or customer)._get_form_action()
