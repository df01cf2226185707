from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.claim_cells import fold, strip_zeros


class ScrmSettlementImportResolve(models.TransientModel):
    """Ask how a row that only the dealer has is answered: by an entry of ours, or as a claim."""

    _name = "scrm.settlement.import.resolve"
    _description = "Answer a Dealer's Row"

    row_id = fields.Many2one(
        comodel_name="scrm.settlement.import.line", required=True, readonly=True
    )
    import_id = fields.Many2one(related="row_id.import_id", related_sudo=False)
    company_id = fields.Many2one(related="row_id.company_id", related_sudo=False)
    currency_id = fields.Many2one(related="row_id.currency_id", related_sudo=False)
    ref = fields.Char(related="row_id.ref", related_sudo=False)
    code = fields.Char(related="row_id.code", related_sudo=False)
    date = fields.Date(related="row_id.date", related_sudo=False)
    description = fields.Char(related="row_id.description", related_sudo=False)
    reason = fields.Text(related="row_id.reason", related_sudo=False)
    amount = fields.Monetary(related="row_id.amount", related_sudo=False)
    row_quantity = fields.Float(
        related="row_id.quantity", related_sudo=False, string="Claimed Quantity"
    )
    entry_row_id = fields.Many2one(
        comodel_name="scrm.settlement.import.line",
        string="Entry of Ours",
        domain="[('import_id', '=', import_id), ('status', '=', 'only_ours')]",
        help="An entry that no row of the file asks for.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        compute_sudo=False,
        domain="[('company_id', 'in', (False, company_id))]",
    )
    quantity = fields.Float(
        digits="Product Unit",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        compute_sudo=False,
    )

    @api.depends("row_id")
    def _compute_product_id(self):
        for wizard in self:
            row = wizard.row_id
            wizard.product_id = wizard._find_product(row)
            wizard.quantity = row.quantity or (-1 if row.amount < 0 else 1)

    def _find_product(self, row):
        """Return the product that the row's code names beyond doubt."""
        products = self.env["product.product"]
        key = fold(row.code or "")
        if not key:
            return products
        # A number may have lost its left zeros, of which no code has many
        spellings = {row.code, *("0" * n + strip_zeros(key) for n in range(9) if key.isdecimal())}
        found = products.search(
            [
                ("company_id", "in", (False, row.company_id.id)),
                "|",
                ("default_code", "in", list(spellings)),
                ("barcode", "in", list(spellings)),
            ],
            limit=2,
        )
        return found if len(found) == 1 else products

    def action_match(self):
        self.ensure_one()
        if not self.entry_row_id:
            raise UserError(self.env._("Choose the entry of ours that answers the row."))
        self.row_id._match_with(self.entry_row_id)
        return {"type": "ir.actions.act_window_close"}

    def action_accept(self):
        self.ensure_one()
        if not self.product_id:
            raise UserError(self.env._("Choose the product that is claimed."))
        self.row_id._accept(self.product_id, self.quantity)
        return {"type": "ir.actions.act_window_close"}
