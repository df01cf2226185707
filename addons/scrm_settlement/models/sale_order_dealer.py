from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    scrm_dealer_id = fields.Many2one(
        comodel_name="res.partner",
        string="Brought by Dealer",
        domain="[('grade_id', '!=', False), ('parent_id', '=', False)]",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        help="Earns the commission of this order. Empty: the dealer above the customer does.",
    )
