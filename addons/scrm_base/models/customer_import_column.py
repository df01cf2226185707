from odoo import api, fields, models
from odoo.exceptions import UserError


class ScrmCustomerImportColumn(models.Model):
    """One column of an imported file, and the field that a person reads it as.

    Records, not a mapping in a text: people change them in a list, and the next file with the
    same titles is read as this one was.
    """

    _name = "scrm.customer.import.column"
    _description = "Column of a Customer Import"
    _order = "import_id, position"
    _rec_name = "title"

    import_id = fields.Many2one(
        "scrm.customer.import", required=True, readonly=True, index=True, ondelete="cascade"
    )
    position = fields.Integer(required=True, readonly=True, aggregator=None)
    title = fields.Char("Column of the File", readonly=True)
    sample = fields.Char("For Example", readonly=True)
    target = fields.Selection(
        selection="_selection_target",
        string="Read As",
        help="Leave it empty to leave the column out.",
    )

    @api.model
    def _selection_target(self):
        """Return what a column may be: the fields of a row, by their own labels."""
        labels = self.env["scrm.customer.import.line"].fields_get(attributes=["string"])
        names = ("name", "phone", "email", "city", "company_name", "tags", "code")
        return [(name.removesuffix("_name"), labels[name]["string"]) for name in names]

    def write(self, vals):
        if any(column.import_id.state not in ("draft", "previewed") for column in self):
            raise UserError(
                self.env._("This file is being imported already. Upload it again to read it anew.")
            )
        return super().write(vals)
