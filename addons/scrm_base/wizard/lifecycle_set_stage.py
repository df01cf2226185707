from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.lifecycle_stage import AXES


class ScrmLifecycleSetStage(models.TransientModel):
    """Asks which stage a person gives to customers, and why."""

    _name = "scrm.lifecycle.set.stage"
    _description = "Set a Stage by Hand"

    customer_ids = fields.Many2many(
        comodel_name="scrm.customer",
        string="Customers",
        required=True,
        default=lambda self: self._default_customer_ids(),
    )
    axis = fields.Selection(selection=AXES, required=True, default="relation")
    stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage",
        domain="[('axis', '=', axis)]",
        help="None: they are no member, or take no part, any more.",
    )
    reason = fields.Char(required=True)

    @api.model
    def _default_customer_ids(self):
        if self.env.context.get("active_model") == "scrm.customer":
            return self.env.context.get("active_ids", [])
        return []

    @api.onchange("axis")
    def _onchange_axis(self):
        if self.stage_id.axis != self.axis:
            self.stage_id = False

    def action_set(self):
        """Move the customers, until they are released."""
        self.ensure_one()
        if not self.env.user.has_group("scrm_base.group_scrm_base_operator"):
            raise AccessError(self.env._("Only an operator may set a stage by hand."))
        self.customer_ids.check_access("write")
        if self.customer_ids.merged_into_id:
            raise UserError(
                self.env._("A customer who was recognised as another has no stage of their own.")
            )
        if self.stage_id:
            if self.stage_id.axis != self.axis:
                raise UserError(self.env._("Choose a stage of the axis."))
            self.customer_ids._set_stage(self.stage_id, self.reason, is_manual=True)
        elif self.axis == "relation":
            raise UserError(self.env._("Everybody stands somewhere on this axis: choose a stage."))
        else:
            self.customer_ids._leave_axis(self.axis, self.reason, is_manual=True)
        self.env["scrm.customer.touch"]._touch(self.customer_ids, self.env.company)
        return True
