from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        done = super()._action_done(cancel_backorder=cancel_backorder)
        lines = done.move_line_ids.filtered(lambda line: line._scrm_is_equipment_delivery())
        if lines:
            # sudo: who validates a delivery need not have rights on service records
            self.env["scrm.equipment"].sudo()._register_deliveries(lines.sudo())
        return done

    def _scrm_fill(self, lot):
        """Take exactly the demanded quantity (of this lot) from the move's own location.

        Its lines are written by hand, as a reservation might choose another lot.
        """
        self.ensure_one()
        if lot:
            self.move_line_ids.unlink()
            self.env["stock.move.line"].create(
                dict(self._prepare_move_line_vals(), lot_id=lot.id, quantity=self.product_uom_qty)
            )
        else:
            self.quantity = self.product_uom_qty
        self.picked = True
