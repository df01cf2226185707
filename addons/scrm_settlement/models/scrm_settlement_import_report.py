"""The mismatch report: what differs, in parts that add up to the difference."""

import base64
import io

import xlsxwriter

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.scrm_base.tools.spreadsheet_write import escape_formula, write_sheet

from ..tools.statement_book import QUANTITY_FORMAT, get_money_format
from .scrm_settlement_import_line import STATUSES, UNRESOLVED

#: Rows of a printed report; the spreadsheet has them all.
PRINTED_ROWS = 500


class ScrmSettlementImport(models.Model):
    _inherit = "scrm.settlement.import"  # pylint: disable=consider-merging-classes-inherited

    report_file = fields.Binary(compute="_compute_report_file")
    report_filename = fields.Char(compute="_compute_filenames")
    errors_file = fields.Binary(compute="_compute_errors_file")
    errors_filename = fields.Char(compute="_compute_filenames")

    def _compute_filenames(self):
        for record in self:
            dealer = record.partner_id.name
            record.report_filename = self.env._(
                "Mismatch %(dealer)s %(day)s.xlsx", dealer=dealer, day=record.date_to
            )
            record.errors_filename = self.env._(
                "Rows to repair %(dealer)s %(day)s.xlsx", dealer=dealer, day=record.date_to
            )

    def _compute_report_file(self):
        for record in self:
            record.report_file = base64.b64encode(record._make_report())

    def _compute_errors_file(self):
        for record in self:
            record.errors_file = base64.b64encode(record._make_errors_file())

    # === ACTIONS === #

    def action_download_report(self):
        self.ensure_one()
        self._check_compared()
        return self._get_download("report")

    def action_download_errors(self):
        """Hand back the rows that could not be read, with their numbers and reasons."""
        self.ensure_one()
        if not self.error_count:
            raise UserError(self.env._("Every row was read; there is nothing to repair."))
        return self._get_download("errors")

    def action_print_report(self):
        self.ensure_one()
        self._check_compared()
        return self.env.ref("scrm_settlement.action_report_scrm_settlement_import").report_action(
            self
        )

    def _get_download(self, kind):
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/{kind}_file"
            f"?download=true&filename_field={kind}_filename",
            "target": "download",
        }

    def _check_compared(self):
        if self.state not in ("compared", "waived"):
            raise UserError(self.env._("Compare the file first."))

    # === FILES === #

    def _make_errors_file(self):
        """Return an .xlsx of the rows with errors as they were, with row number and reason."""
        self.ensure_one()
        lines = self.line_ids.search_fetch(
            [("import_id", "=", self.id), ("status", "=", "error")],
            ["cells", "row_number", "reason"],
        )
        width = max((len(line.cells or []) for line in lines), default=0)
        header = [self.env._("Column %s", number) for number in range(1, width + 1)]
        return write_sheet(
            [self.env._("Row in the file"), self.env._("Reason"), *header],
            ([line.row_number, line.reason or "", *map(str, line.cells or [])] for line in lines),
        )

    def _make_report(self):
        """Return the mismatch report as .xlsx: the subtotals, and every row that differs."""
        self.ensure_one()
        output = io.BytesIO()
        book = xlsxwriter.Workbook(
            output, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        money = get_money_format(self.currency_id.decimal_places)
        styles = {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True}),
            "sum": book.add_format({"bold": True, "top": 1, "num_format": money}),
            "money": book.add_format({"num_format": money}),
            "quantity": book.add_format({"num_format": QUANTITY_FORMAT}),
            "text": book.add_format({}),
        }
        self._write_summary(book.add_worksheet(self.env._("Summary")), styles)
        labels = dict(
            self.env["scrm.settlement.import.line"]
            ._fields["status"]
            ._description_selection(self.env)
        )
        for status, _label in STATUSES:
            rows = self._get_report_rows(status)
            if rows and status != "matched":
                # A tab's name holds 31 letters
                self._write_rows_sheet(book.add_worksheet(labels[status][:31]), styles, rows)
        book.close()
        return output.getvalue()

    def _write_summary(self, sheet, styles):
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 4, 16)
        _write(sheet, 0, [self.env._("Mismatch report")], styles["title"])
        for number, (label, value) in enumerate(self._get_report_facts(), 1):
            _write(sheet, number, [label, value], styles["text"])
        top = len(self._get_report_facts()) + 2
        _write(sheet, top, self._get_report_titles(), styles["head"])
        rows = self._get_report_subtotals()
        for number, row in enumerate(rows, top + 1):
            _write(sheet, number, row, styles["money"])
        total = [self.env._("Total"), *(sum(row[i] for row in rows) for i in range(1, 5))]
        _write(sheet, top + 1 + len(rows), total, styles["sum"])

    def _get_report_facts(self):
        return [
            (self.env._("Dealer"), self.partner_id.display_name),
            (self.env._("Company"), self.company_id.name),
            (
                self.env._("Period"),
                f"{format_date(self.env, self.date_from)} – {format_date(self.env, self.date_to)}",
            ),
            (self.env._("File"), self.name),
            (self.env._("Currency"), self.currency_id.name),
            (self.env._("Fingerprint"), self.file_hash or ""),
        ]

    def _get_report_titles(self):
        return [
            self.env._("Status"),
            self.env._("Rows"),
            self.env._("Ours"),
            self.env._("Theirs"),
            self.env._("Theirs − Ours"),
        ]

    def _get_report_subtotals(self):
        """Return rows of label, number, ours, theirs, difference: the parts of the two totals."""
        labels = dict(
            self.env["scrm.settlement.import.subtotal"]
            ._fields["status"]
            ._description_selection(self.env)
        )
        return [
            [
                labels[part.status],
                part.row_count,
                part.amount_ours,
                part.amount_theirs,
                part.amount_difference,
            ]
            for part in self.subtotal_ids
        ]

    def _get_report_rows(self, status=None, limit=None):
        domain = [("import_id", "=", self.id)]
        domain.append(("status", "=", status) if status else ("status", "in", UNRESOLVED))
        return self.line_ids.search(domain, order="status, row_number, id", limit=limit)

    def _get_printed_rows(self):
        return self._get_report_rows(limit=PRINTED_ROWS)

    def _write_rows_sheet(self, sheet, styles, rows):
        sheet.set_column(0, 12, 14)
        titles = [
            self.env._("Row in the file"),
            self.env._("Day"),
            self.env._("Reference"),
            self.env._("Product Code"),
            self.env._("Serial or Ticket Number"),
            self.env._("Description"),
            self.env._("Quantity"),
            self.env._("Our Quantity"),
            self.env._("Theirs"),
            self.env._("Ours"),
            self.env._("Theirs − Ours"),
            self.env._("Our Entry"),
            self.env._("Reason"),
        ]
        _write(sheet, 0, titles, styles["head"])
        sheet.freeze_panes(1, 0)
        number = 0
        for number, row in enumerate(rows, 1):
            cells = self._prepare_report_row(row)
            _write(sheet, number, cells, styles["money"])
            _write(sheet, number, cells[6:8], styles["quantity"], first=6)
        sums = [self.env._("Total"), *[""] * 7]
        sums += [sum(rows.mapped(name)) for name in ("amount", "our_amount", "difference")]
        _write(sheet, number + 1, sums, styles["sum"])

    def _prepare_report_row(self, row):
        entry = row.line_id.sudo()  # sudo: a dealer reads the day and name of his own entries
        return [
            row.row_number or "",
            format_date(self.env, row.date or entry.date) or "",
            row.ref or "",
            row.code or entry.product_id.default_code or "",
            row.serial or "",
            row.description or entry.name or "",
            row.quantity if row.row_number else "",
            row.our_quantity if entry else "",
            row.amount,
            row.our_amount,
            row.difference,
            f"{format_date(self.env, entry.date)} {entry.name}" if entry else "",
            row.reason or "",
        ]


def _write(sheet, row, cells, style, first=0):
    for column, cell in enumerate(cells, first):
        if isinstance(cell, str):
            sheet.write_string(row, column, escape_formula(cell), style)
        elif isinstance(cell, int):
            sheet.write_number(row, column, cell)
        else:
            sheet.write_number(row, column, cell, style)
