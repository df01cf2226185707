from odoo import fields, models


class ScrmSettlementImportWaive(models.TransientModel):
    """Ask a second person why a statement may go on although the dealer's list differs."""

    _name = "scrm.settlement.import.waive"
    _description = "Waive Differences"

    import_id = fields.Many2one(comodel_name="scrm.settlement.import", required=True, readonly=True)
    currency_id = fields.Many2one(related="import_id.currency_id", related_sudo=False)
    unresolved_count = fields.Integer(related="import_id.unresolved_count", related_sudo=False)
    amount_difference = fields.Monetary(related="import_id.amount_difference", related_sudo=False)
    reason = fields.Text(required=True)

    def action_waive(self):
        self.ensure_one()
        self.import_id._action_waive(self.reason)
        return {"type": "ir.actions.act_window_close"}
