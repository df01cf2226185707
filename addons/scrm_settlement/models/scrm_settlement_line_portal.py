from odoo import models


class ScrmSettlementLine(models.Model):
    _name = "scrm.settlement.line"
    _inherit = ["scrm.settlement.line", "scrm.settlement.dealer.mixin"]

    _dealer_fields = frozenset(
        {
            "id",
            "display_name",
            "name",
            "company_id",
            "partner_id",
            "source_type",
            "origin_line_id",
            "date",
            "product_id",
            "uom_id",
            "quantity",
            "price_unit",
            "currency_id",
            "amount",
            "statement_id",
            "state",
            "dispute_ids",
        }
    )
