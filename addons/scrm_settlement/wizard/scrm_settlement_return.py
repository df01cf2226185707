from odoo import fields, models


class ScrmSettlementReturn(models.TransientModel):
    """Ask why a settlement goes back to its preparer."""

    _name = "scrm.settlement.return"
    _description = "Return Settlement"

    statement_id = fields.Many2one(
        comodel_name="scrm.settlement.statement", required=True, readonly=True
    )
    reason = fields.Text(required=True)

    def action_return(self):
        self.ensure_one()
        statement = self.statement_id
        statement._action_return(self.reason)
        return {
            "type": "ir.actions.act_window",
            "res_model": statement._name,
            "res_id": statement.id,
            "views": [(False, "form")],
        }
