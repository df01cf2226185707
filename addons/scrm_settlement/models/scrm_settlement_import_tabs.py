from odoo import fields, models


def _rows(status, string):
    """Return a field of the rows of one status."""
    return fields.One2many(
        comodel_name="scrm.settlement.import.line",
        inverse_name="import_id",
        string=string,
        domain=[("status", "=", status)],
        readonly=True,
    )


class ScrmSettlementImport(models.Model):
    """The rows of each status, for the tabs of the form."""

    _inherit = "scrm.settlement.import"  # pylint: disable=consider-merging-classes-inherited

    matched_line_ids = _rows("matched", "Matched Rows")
    amount_line_ids = _rows("amount", "Amount Difference Rows")
    quantity_line_ids = _rows("quantity", "Quantity Difference Rows")
    only_ours_line_ids = _rows("only_ours", "Only Ours Rows")
    only_theirs_line_ids = _rows("only_theirs", "Only Theirs Rows")
    duplicate_line_ids = _rows("duplicate", "Duplicate Rows")
    total_line_ids = _rows("total", "Rows Left out as Totals")
    error_line_ids = _rows("error", "Errors Rows")
