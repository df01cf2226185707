from odoo import api, models

# What of a line the figures of its customer are made of.
LINE_FIELDS = frozenset(
    {"product_id", "product_uom_qty", "product_uom_id", "price_unit", "discount", "tax_ids"}
)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._scrm_touch()
        return lines

    def write(self, vals):
        res = super().write(vals)
        if LINE_FIELDS.intersection(vals):
            self._scrm_touch()
        return res

    def unlink(self):
        orders = self.order_id
        res = super().unlink()
        orders.filtered(lambda order: order.state == "sale")._scrm_touch()
        return res

    def _scrm_touch(self):
        """Mark the customers of confirmed orders whose amounts changed."""
        self.order_id.filtered(lambda order: order.state == "sale")._scrm_touch()
