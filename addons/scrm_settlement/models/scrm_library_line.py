from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ScrmLibraryLine(models.Model):
    """The standard price of one product in one library from a day on."""

    _name = "scrm.library.line"
    _description = "Standard Price"
    _order = "library_id, product_id, valid_from desc, id"
    _check_company_auto = True

    library_id = fields.Many2one(
        comodel_name="scrm.library",
        required=True,
        ondelete="cascade",
        index=True,
        check_company=True,
    )
    company_id = fields.Many2one(related="library_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="library_id.currency_id")
    kind = fields.Selection(related="library_id.kind")
    product_id = fields.Many2one(
        comodel_name="product.product",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    price = fields.Float(
        string="Standard Price",
        required=True,
        digits=(16, 6),
        min_display_digits=2,
        help="For one unit of the product. Whether it contains tax is what the product's "
        "purchase tax says, as on a vendor bill.",
    )
    valid_from = fields.Date(required=True, default=fields.Date.context_today)
    valid_to = fields.Date(string="Last Day", help="Included. Empty: until further notice.")

    _price_not_negative = models.Constraint(
        "CHECK (price >= 0)", "A standard price cannot be negative."
    )
    _dates_in_order = models.Constraint(
        "CHECK (valid_to IS NULL OR valid_to >= valid_from)",
        "The last day of a standard price cannot be before its first day.",
    )
    # Ranges of one element carry their own GiST operator class, so btree_gist is not needed.
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist ("
        "int4range(library_id, library_id, '[]') WITH =, "
        "int4range(product_id, product_id, '[]') WITH =, "
        "daterange(valid_from, valid_to, '[]') WITH &&)",
        "This product has two standard prices for the same day in one library. "
        "End the earlier price the day before the new one begins.",
    )

    @api.constrains("library_id", "product_id")
    def _check_product_fits_kind(self):
        for line in self:
            is_service = line.product_id.type == "service"
            if is_service != (line.library_id.kind == "project"):
                raise ValidationError(
                    self.env._(
                        "%(product)s does not belong in the library %(library)s: service projects "
                        "are services, spare parts are goods.",
                        product=line.product_id.display_name,
                        library=line.library_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # An earlier price that ends in the same save must end first, or the two overlap.
        self.flush_model(["library_id", "product_id", "valid_from", "valid_to"])
        lines = super().create(vals_list)
        self.env["scrm.library.item"]._ensure()
        return lines
