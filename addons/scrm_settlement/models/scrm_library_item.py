from odoo import api, fields, models
from odoo.tools import SQL


class ScrmLibraryItem(models.Model):
    """A product in a library: its code there, its standard labour and its reference cost.

    Apart from the prices, because those have many versions and an item one code.
    """

    _name = "scrm.library.item"
    _description = "Library Item"
    _order = "library_id, code, id"
    _rec_name = "code"
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
    code = fields.Char(help="What the item is called in the library's spreadsheets.")
    labour_minutes = fields.Integer(
        string="Standard Labour (min)", help="How long the service takes by the standard."
    )
    reference_cost = fields.Monetary(
        help="What the item costs us by the standard, to compare with."
    )
    price = fields.Float(
        string="Price Today",
        digits=(16, 6),
        min_display_digits=2,
        compute="_compute_price",
    )

    _product_uniq = models.Constraint(
        "UNIQUE (library_id, product_id)", "This product stands in the library already."
    )
    _code_uniq = models.Constraint(
        "UNIQUE (library_id, code)", "Another item of this library has this code already."
    )
    _labour_not_negative = models.Constraint(
        "CHECK (labour_minutes >= 0 AND reference_cost >= 0)",
        "Standard labour and reference cost cannot be negative.",
    )

    def _compute_price(self):
        lines = self.env["scrm.library.line"].search(
            [("library_id", "in", self.library_id.ids), ("valid_from", "<=", "today")]
            + ["|", ("valid_to", "=", False), ("valid_to", ">=", "today")]
        )
        prices = {(line.library_id, line.product_id): line.price for line in lines}
        for item in self:
            item.price = prices.get((item.library_id, item.product_id), 0)

    @api.model
    def _ensure(self):
        """Make the items of all prices that have none; a product needs no more than a price."""
        self.env["scrm.library.line"].flush_model()
        self.env.cr.execute(
            SQL(
                "INSERT INTO scrm_library_item (library_id, company_id, product_id, create_uid,"
                " write_uid, create_date, write_date)"
                " SELECT DISTINCT l.library_id, l.company_id, l.product_id, %(uid)s, %(uid)s,"
                " now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC' FROM scrm_library_line l"
                " WHERE NOT EXISTS (SELECT FROM scrm_library_item i"
                " WHERE i.library_id = l.library_id AND i.product_id = l.product_id)"
                " ON CONFLICT DO NOTHING",
                uid=self.env.uid,
            )
        )
        self.env["scrm.library"].invalidate_model(["item_ids"], flush=False)
