from odoo import api, fields, models


class ScrmLibrary(models.Model):
    """A list of services or spare parts with standard prices by date.

    `list_price` has no history and a product may stand in two libraries at two prices, so a past
    settlement could not be explained from the product alone.
    """

    _name = "scrm.library"
    _inherit = "mail.thread"
    _description = "Settlement Library"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(
        default=10,
        tracking=True,
        help="Where a product stands in several libraries, the first one counts.",
    )
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=[("project", "Service projects"), ("part", "Spare parts")],
        required=True,
        default="part",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    line_ids = fields.One2many(
        comodel_name="scrm.library.line", inverse_name="library_id", string="Standard Prices"
    )
    item_ids = fields.One2many(
        comodel_name="scrm.library.item", inverse_name="library_id", string="Items"
    )
    product_count = fields.Integer(string="Products", compute="_compute_product_count")

    _code_company_uniq = models.Constraint(
        "UNIQUE (company_id, code)",
        "Another library of this company has this code already. Choose a different one.",
    )

    @api.depends("company_id")
    def _compute_currency_id(self):
        for library in self:
            # Prices that stand in it stay what they are
            known = library._origin.currency_id
            library.currency_id = known or library.company_id.currency_id

    @api.depends("line_ids.product_id")
    def _compute_product_count(self):
        counts = dict(
            self.env["scrm.library.line"]._read_group(
                [("library_id", "in", self.ids)], ["library_id"], ["product_id:count_distinct"]
            )
        )
        for library in self:
            library.product_count = counts.get(library, 0)

    def write(self, vals):
        for name in vals.keys() & {"company_id", "currency_id"}:
            moved = self.filtered(lambda library, name=name: library[name].id != vals[name])
            moved.line_ids._unlink_except_settled()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_settled(self):
        # The database deletes the prices with their library and asks nobody
        self.line_ids._unlink_except_settled()
