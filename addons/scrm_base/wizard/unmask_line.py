from odoo import fields, models


class ScrmUnmaskLine(models.TransientModel):
    """One handle of the dialog, the only place where an operator reads it in full."""

    _name = "scrm.unmask.line"
    _description = "Handle in Full"
    _order = "id"

    unmask_id = fields.Many2one(
        comodel_name="scrm.unmask", required=True, readonly=True, index=True, ondelete="cascade"
    )
    identity_id = fields.Many2one(
        comodel_name="scrm.identity", required=True, readonly=True, ondelete="cascade"
    )
    id_type = fields.Selection(related="identity_id.id_type")
    display_value = fields.Char(string="Masked", related="identity_id.display_value")
    value = fields.Char(string="In Full", compute="_compute_value", compute_sudo=True)
    value_raw = fields.Char(string="As Written", compute="_compute_value", compute_sudo=True)

    def _compute_value(self):
        # Not stored, so that a number does not stay here; sudo: the dialog is the logged look.
        for line in self:
            line.value = line.identity_id.value
            line.value_raw = line.identity_id.value_raw
