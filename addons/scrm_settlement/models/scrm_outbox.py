from odoo import models

# Who may read all that the form of a delivery shows; the right to deliveries is not enough.
OPENS_DELIVERIES = "stock.group_stock_user,sales_team.group_sale_salesman"


class ScrmOutbox(models.Model):
    _inherit = "scrm.outbox"

    def action_open_record(self):
        """Show of a delivery what was heard of it to whoever may not enter the warehouse."""
        action = super().action_open_record()
        Picking = self.env["stock.picking"]
        if self.res_model != Picking._name or self.env.user.has_groups(OPENS_DELIVERIES):
            return action
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "scrm_settlement.scrm_shipment_event_action"
            ),
            # sudo: the number of a delivery that the notice names
            "name": Picking.sudo().browse(self.res_id).name,
            "domain": [("picking_id", "=", self.res_id)],
        }
