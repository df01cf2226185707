from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import append_only


class ScrmFlowLog(models.Model):
    """Who moved which record from where to where, and when: the memory of every flow.

    One table for all flows, because a step is the same fact whatever the record is.
    """

    _name = "scrm.flow.log"
    _description = "Flow Log"
    _order = "id desc"
    _rec_name = "transition"

    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        "Record", model_field="res_model", required=True, readonly=True
    )
    transition = fields.Char("Step", required=True, readonly=True)
    source = fields.Char("From (key)", readonly=True)
    target = fields.Char("To (key)", required=True, readonly=True)
    source_label = fields.Char(
        "From", readonly=True, help="As it was called then, in the language of who moved it."
    )
    target_label = fields.Char(
        "To", readonly=True, help="As it was called then, in the language of who moved it."
    )
    note = fields.Text(readonly=True)
    user_id = fields.Many2one(
        "res.users", "Moved By", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )

    _record_idx = models.Index("(res_model, res_id, id)")

    def init(self):
        append_only.protect(self.env.cr, self._table)

    @api.depends("source_label", "target_label")
    def _compute_display_name(self):
        for entry in self:
            entry.display_name = f"{entry.source_label or '…'} → {entry.target_label}"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Steps of a flow are logged for ever."))

    def action_open_record(self):
        """Open the record that was moved."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
