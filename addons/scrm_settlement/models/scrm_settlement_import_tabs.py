from odoo import fields, models


class ScrmSettlementImport(models.Model):
    """The rows of each status, for the tabs of the form."""

    _inherit = "scrm.settlement.import"  # pylint: disable=consider-merging-classes-inherited

    matched_line_ids = fields.One2many(
        comodel_name="scrm.settlement.import.line",
        inverse_name="import_id",
        string="Matched Rows",
        domain=[("status", "=", "matched")],
        readonly=True,
    )
    amount_line_ids = fields.One2many(
        comodel_name="scrm.settlement.import.line",
        inverse_name="import_id",
        string="Amount Difference Rows",
        domain=[("status", "=", "amount")],
        readonly=True,
    )
    quantity_line_ids = fields.One2many(
        comodel_name="scrm.settlement.import.line",
        inverse_name="import_id",
        string="Quantity Difference Rows",
        domain=[("status", "=", "quantity")],
        readonly=True,
    )
    only_ours_line_ids = fields.One2many(
        comodel_name="scrm.settlement.import.line",
        inverse_name="import_id",
        string="Only Ours Rows",
        domain=[("status", "=", "only_ours")],
        readonly=True,
    )
    only_theirs_line_ids = fields.One2many(
        comodel_name="scrm.settlement.import.line",
        inverse_name="import_id",
        string="Only Theirs Rows",
        domain=[("status", "=", "only_theirs")],
        readonly=True,
    )
    duplicate_line_ids = fields.One2many(
        comodel_name="scrm.settlement.import.line",
        inverse_name="import_id",
        string="Duplicate Rows",
        domain=[("status", "=", "duplicate")],
        readonly=True,
    )
    total_line_ids = fields.One2many(
        comodel_name="scrm.settlement.import.line",
        inverse_name="import_id",
        string="Rows Left out as Totals",
        domain=[("status", "=", "total")],
        readonly=True,
    )
    error_line_ids = fields.One2many(
        comodel_name="scrm.settlement.import.line",
        inverse_name="import_id",
        string="Errors Rows",
        domain=[("status", "=", "error")],
        readonly=True,
    )
