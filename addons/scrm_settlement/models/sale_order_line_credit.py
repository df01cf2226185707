from odoo import api, models

from .sale_order_credit import BLOCKING

# What makes an order ask for more.
AMOUNT_FIELDS = {
    "discount",
    "price_unit",
    "product_id",
    "product_uom_id",
    "product_uom_qty",
    "tax_ids",
}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        """A line that is added to a confirmed order is checked before it is procured."""
        orders = self.env["sale.order"].browse(
            {vals["order_id"] for vals in vals_list if vals.get("order_id")}
        )
        before = orders._scrm_watch_increase()
        if not before:
            return super().create(vals_list)
        quiet = self.with_context(skip_procurement=True)
        lines = super(SaleOrderLine, quiet).create(vals_list).with_env(self.env)
        orders._scrm_check_increase(before)
        lines.filtered(lambda line: line.state == "sale")._action_launch_stock_rule()
        return lines

    def write(self, vals):
        """A line that becomes dearer is checked before its new quantity is procured."""
        before = self.order_id._scrm_watch_increase() if AMOUNT_FIELDS & vals.keys() else {}
        if not before:
            return super().write(vals)
        quantities = {line.id: line.product_uom_qty for line in self}
        result = super(SaleOrderLine, self.with_context(skip_procurement=True)).write(vals)
        self.order_id._scrm_check_increase(before)
        if "product_uom_qty" in vals:
            self.filtered(
                lambda line: line.state == "sale" and not line.is_expense
            )._action_launch_stock_rule(previous_product_uom_qty=quantities)
        return result

    def _action_launch_stock_rule(self, **kwargs):
        """Procure nothing for orders on credit hold; it is made up for when they are released."""
        lines = self.filtered(lambda line: line.order_id.scrm_credit_state not in BLOCKING)
        return super(SaleOrderLine, lines)._action_launch_stock_rule(**kwargs)
