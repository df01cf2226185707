from odoo import fields, models
from odoo.tools import SQL


class SaleOrder(models.Model):
    _inherit = "sale.order"

    scrm_alloc_share = fields.Integer(string="Allocated (%)", compute="_compute_scrm_alloc_label")
    scrm_alloc_label = fields.Char(
        string="Allocated",
        compute="_compute_scrm_alloc_label",
        help="How much of what is scarce in this order was allocated to it and is still open.",
    )

    def _compute_scrm_alloc_label(self):
        self.env["stock.move"].flush_model()
        # The orders are those the user reads; their moves are asked by SQL because a salesman
        # need not see the stock.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT s.order_id, SUM(LEAST(m.scrm_alloc_qty, m.product_qty)), SUM(m.product_qty)
                  FROM stock_move m
                  JOIN sale_order_line s ON s.id = m.sale_line_id
                 WHERE m.scrm_is_capped AND m.state NOT IN ('done', 'cancel')
                   AND s.order_id = ANY(%s) AND m.product_qty > 0
                 GROUP BY s.order_id
                """,
                self.ids,
            )
        )
        shares = {order_id: int(100 * given / asked) for order_id, given, asked in rows}
        for order in self:
            share = shares.get(order._origin.id)
            order.scrm_alloc_share = share or 0
            order.scrm_alloc_label = (
                False if share is None else self.env._("Allocated %s %%", share)
            )
