from odoo import models

from .scrm_settlement_line import SCOPES


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

    def action_test_price(self):
        """Show what each rule of today says to this line; it keeps the winner and few losers."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_price_tester_action"
        )
        action["context"] = {
            "default_company_id": self.company_id.id,
            "default_partner_id": self.partner_id.id,
            "default_product_id": self.product_id.id,
            "default_quantity": self.quantity,
            "default_date": self.date,
            "default_scenario_id": self.scenario_id.id,
            # A return is priced as what it takes back
            "default_scope": self.tier_id.scope or SCOPES.get(self.source_type, "service"),
            "default_amount_source": self.source_amount,
        }
        return action
