from odoo import fields, models

from ..tools.append_only import protect


class ScrmUnmaskLog(models.Model):
    """Who saw which handles in full, and when; written once."""

    _name = "scrm.unmask.log"
    _description = "Handle Shown in Full"
    _inherit = ["scrm.customer.mixin"]
    _order = "id desc"
    _rec_name = "handles"

    identity_id = fields.Many2one(required=True, readonly=True, index=True)
    handles = fields.Char(
        string="What", required=True, readonly=True, help="The handles, masked in the log itself."
    )
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="Who", required=True, readonly=True, ondelete="restrict"
    )
    shown_at = fields.Datetime(
        string="When", required=True, readonly=True, default=fields.Datetime.now
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )

    def init(self):
        protect(self.env.cr, self._table, ("customer_id",))
