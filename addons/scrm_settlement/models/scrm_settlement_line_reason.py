from odoo import models


class ScrmSettlementLine(models.Model):
    _inherit = "scrm.settlement.line"

    def action_open_reason(self):
        """Show why the line costs what it costs, on top of the statement or bill."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why this price"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
