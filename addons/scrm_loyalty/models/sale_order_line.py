from odoo import api, models

from ..tools import events


class SaleOrderLine(models.Model):
    """Rewards added to, changed on or taken from a confirmed order move points at once."""

    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        orders = {vals.get("order_id") for vals in vals_list if vals.get("points_cost")}
        if len(orders) != 1:
            return super().create(vals_list)
        order = self.env["sale.order"].browse(orders)
        lines = super(SaleOrderLine, events.in_context(self, "edit", order)).create(vals_list)
        return lines.with_env(self.env)

    def write(self, vals):
        if "points_cost" not in vals or len(self.order_id) != 1:
            return super().write(vals)
        return super(SaleOrderLine, events.in_context(self, "edit", self.order_id)).write(vals)

    def unlink(self):
        if len(self.order_id) != 1 or not any(self.mapped("reward_id")):
            return super().unlink()
        return super(SaleOrderLine, events.in_context(self, "edit", self.order_id)).unlink()
