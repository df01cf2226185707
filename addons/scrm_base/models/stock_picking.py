from odoo import models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _action_done(self):
        res = super()._action_done()
        self._scrm_record_done()
        return res

    def _scrm_record_done(self):
        """Put done deliveries on the timelines."""
        deliveries = self.filtered(
            lambda picking: (
                picking.state == "done"
                and picking.picking_type_code == "outgoing"
                and picking.partner_id
            )
        )
        self.env["scrm.interaction"]._record_documents(
            deliveries,
            "delivery",
            "done",
            lambda picking: self.env._("Delivery %s done", picking.name),
        )
