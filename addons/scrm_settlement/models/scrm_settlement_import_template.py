import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.claim_cells import fold
from ..tools.claim_rows import SYNONYMS, TOTALS, Layout


class ScrmSettlementImportTemplate(models.Model):
    """How a dealer writes his list; a record because the next month's file looks the same.

    What is left empty is found in the file: the sheet, the row with the titles, the columns.
    """

    _name = "scrm.settlement.import.template"
    _description = "Layout of a Dealer's Spreadsheet"
    _order = "partner_id, name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Used by itself for this dealer's files. Empty: can be chosen for every dealer.",
    )
    sheet_name = fields.Char(string="Sheet", help="Empty: the first sheet with the titles.")
    header_row = fields.Integer(
        string="Row of the Titles", help="0: the first row that holds the titles that are needed."
    )
    ref_titles = fields.Char(
        string="Reference", help="Delivery, order or ticket: several titles are told apart by |."
    )
    code_titles = fields.Char(string="Product Code")
    serial_titles = fields.Char(string="Serial or Ticket Number")
    date_titles = fields.Char(string="Day")
    quantity_titles = fields.Char(string="Quantity")
    amount_titles = fields.Char(string="Amount")
    currency_titles = fields.Char(
        string="Currency", help="By code, sign or name. Empty cells repeat the one above them."
    )
    description_titles = fields.Char(string="Description")
    decimal_mark = fields.Selection(
        selection=[("point", "1,234.50"), ("comma", "1.234,50")], required=True, default="point"
    )
    day_order = fields.Selection(
        selection=[
            ("ymd", "Year, month, day"),
            ("dmy", "Day, month, year"),
            ("mdy", "Month, day, year"),
        ],
        required=True,
        default="ymd",
        help="For days written in figures, as text. Real dates and 2026年11月5日 need no order.",
    )
    is_reversed = fields.Boolean(
        string="Reversed Signs", help="The dealer writes what we owe him as a negative number."
    )
    skip_beginnings = fields.Char(
        string="Totals Begin with",
        required=True,
        default=lambda self: " | ".join(TOTALS),
        help="Rows whose first text begins like this add up others and are left out.",
    )
    tolerance = fields.Float(
        digits=(16, 2),
        required=True,
        default=0.01,
        help="By how much an amount may differ in one row.",
    )
    days = fields.Integer(
        string="Days Apart",
        required=True,
        default=3,
        help="How far apart the days of a row and of ours may be where no number ties them.",
    )

    _limits = models.Constraint(
        "CHECK (tolerance >= 0 AND days >= 0 AND days <= 366 AND header_row >= 0)",
        "Tolerance, days and row are not negative, and days are no more than a year.",
    )

    @api.constrains("amount_titles", "skip_beginnings")
    def _check_titles(self):
        for template in self:
            if template.amount_titles and not template._split("amount_titles"):
                raise ValidationError(self.env._("Give a title for the amount, or leave it empty."))

    @api.model
    def _find(self, company, partner):
        """Return the layout of this dealer's files, empty when none is kept."""
        return self.search(
            [("company_id", "=", company.id), ("partner_id", "=", partner.id)], limit=1
        )

    def _get_shown_titles(self):
        """Return the titles that a dealer may write over his columns, one for each."""
        return [
            (self._split(f"{target}_titles") or [label])[0]
            for target, label in (
                ("date", self.env._("Date")),
                ("ref", self.env._("Reference")),
                ("code", self.env._("Product Code")),
                ("quantity", self.env._("Quantity")),
                ("amount", self.env._("Amount")),
            )
        ]

    def _get_layout(self):
        """Return the layout as the reader wants it; of an empty record, everything is found."""
        if not self:
            return Layout()
        return Layout(
            header_row=self.header_row,
            titles={target: self._split(f"{target}_titles") for target in SYNONYMS},
            decimal_comma=self.decimal_mark == "comma",
            day_order=self.day_order,
            is_reversed=self.is_reversed,
            totals=tuple(map(fold, self._split("skip_beginnings"))),
        )

    def _split(self, name):
        return tuple(
            part.strip() for part in re.split(r"[|｜\n]", self[name] or "") if part.strip()
        )
