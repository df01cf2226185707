from odoo import fields, models


class ScrmCustomerImportSheet(models.Model):
    """One sheet of an imported workbook; a record because people choose one of this file's."""

    _name = "scrm.customer.import.sheet"
    _description = "Sheet of a Customer Import"
    _order = "id"

    import_id = fields.Many2one(
        "scrm.customer.import", required=True, readonly=True, index=True, ondelete="cascade"
    )
    name = fields.Char(required=True, readonly=True)
