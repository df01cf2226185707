"""From an uploaded file to the rows of a preview."""

import base64
import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ..tools.customer_rows import get_column_problem, parse_row, recognise_columns
from ..tools.spreadsheet import (
    CellError,
    SpreadsheetError,
    as_text,
    check_size,
    read_sheet,
)

#: Rows of a preview are written in parts of this size.
LINES_PER_INSERT = 2000
SAMPLE_LENGTH = 40


class ScrmCustomerImport(models.Model):
    _inherit = "scrm.customer.import"  # pylint: disable=consider-merging-classes-inherited

    sheet_ids = fields.One2many(
        "scrm.customer.import.sheet", "import_id", "Sheets of the File", readonly=True
    )
    sheet_id = fields.Many2one(
        "scrm.customer.import.sheet",
        domain="[('import_id', '=', id)]",
        copy=False,
        help="The first sheet with data, unless you choose another.",
    )
    column_ids = fields.One2many("scrm.customer.import.column", "import_id")
    column_problem = fields.Text(compute="_compute_column_problem")
    # The titles of the file, by which the next file of the same layout is recognised
    layout_key = fields.Char(readonly=True, copy=False, index="btree_not_null")

    @api.depends("column_ids.target")
    def _compute_column_problem(self):
        for record in self:
            targets = [target for target in record.column_ids.mapped("target") if target]
            problem = get_column_problem(targets) if record.column_ids else None
            record.column_problem = problem and self.env._(problem)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_file_size(vals.get("file"))
        return super().create(vals_list)

    def write(self, vals):
        if "file" in vals:
            if any(record.state != "draft" for record in self):
                raise UserError(
                    self.env._("The file is read already. Use “Choose another file” first.")
                )
            self._check_file_size(vals["file"])
        # sudo: sheets and columns are written by the system; the right to write is checked below
        stale = self.sudo()
        if "file" in vals:
            vals = {**vals, "sheet_id": False}
            stale.sheet_ids.unlink()
        if "file" in vals or "sheet_id" in vals:
            stale.column_ids.unlink()
        return super().write(vals)

    def _check_file_size(self, file):
        """Refuse a file that is too large before anything of it is decoded."""
        try:
            check_size(len(file or "") * 3 // 4)
        except SpreadsheetError as error:
            raise UserError(self.env._(error.message)) from error

    # === READING === #

    def _read_file(self):
        """Read the file into columns and, where these say who is who, into rows.

        :return: whether there are rows now
        """
        self.ensure_one()
        self.check_access("write")
        if not (self.file or self.filename):  # of a file without a byte there is the name alone
            raise UserError(self.env._("Choose a file first: .xlsx, .xls or .csv."))
        try:
            sheet = read_sheet(
                base64.b64decode(self.file or b""), self.filename or "", name=self.sheet_id.name
            )
        except SpreadsheetError as error:
            raise UserError(self.env._(error.message)) from error
        if not sheet.rows:
            raise UserError(self.env._("The file has a header row, but no rows below it."))
        # sudo: all of this is written by the system alone; the right to import was checked above
        self_sudo = self.sudo().with_company(self.company_id)
        self_sudo._write_sheets(sheet)
        if not self_sudo.column_ids:
            self_sudo._write_columns(sheet)
        if self_sudo.column_problem:
            return False
        self_sudo._write_lines(sheet)
        return True

    def _write_sheets(self, sheet):
        if self.sheet_ids or len(sheet.names) < 2:
            return
        sheets = self.sheet_ids.create(
            [{"import_id": self.id, "name": name} for name in sheet.names]
        )
        self.sheet_id = sheets.filtered(lambda s: s.name == sheet.name)[:1]

    def _write_columns(self, sheet):
        """Say how each column is read: as in the last file with these titles, or by its title."""
        own_titles = {self.env._("Row in the file"), self.env._("Reason")}
        titles = [title for title in sheet.header if title not in own_titles]
        self.layout_key = hashlib.sha256(json.dumps(titles).encode()).hexdigest()
        remembered = self._recall_targets()
        recognised = {index: name for name, index in recognise_columns(sheet.header).items()}
        seen, values = {}, []
        for index, title in enumerate(sheet.header):
            nth = seen[title] = seen.get(title, 0) + 1
            cells = (row[index] for row in sheet.rows if row[index] is not None)
            values.append(
                {
                    "import_id": self.id,
                    "position": index,
                    "title": title,
                    "sample": str(next(cells, ""))[:SAMPLE_LENGTH],
                    "target": remembered.get((title, nth), recognised.get(index)),
                }
            )
        self.column_ids.create(values)

    def _recall_targets(self):
        """Return {(title, how manyth of it): target} of the last import of this layout."""
        last = self.search(
            [
                ("layout_key", "=", self.layout_key),
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("importing", "done")),
            ],
            limit=1,
        )
        seen, targets = {}, {}
        for column in last.column_ids:
            nth = seen[column.title] = seen.get(column.title, 0) + 1
            targets[column.title or "", nth] = column.target
        return targets

    def _write_lines(self, sheet):
        """Write the rows of a preview and recognise them, part by part."""
        self._delete_lines()
        self.env.flush_all()
        columns = {c.target: c.position for c in self.column_ids if c.target}
        country_code = self.company_id.country_id.code or "CN"
        first_rows = {}
        for part in split_every(LINES_PER_INSERT, sheet.numbered_rows(), list):
            rows = [
                self._prepare_line_row(
                    number, cells, parse_row(cells, columns, sheet.header, country_code)
                )
                for number, cells in part
            ]
            self._insert_lines(rows)._match(first_rows)
            # 100,000 rows do not fit a cache
            self.env.invalidate_all()

    def _prepare_line_row(self, number, cells, row):
        problems = " ".join(self.env._(problem) for problem in row.problems)
        return {
            "row_number": number,
            "cells": [
                cell.code if isinstance(cell, CellError) else as_text(cell) for cell in cells
            ],
            "name": row.name,
            "phone": row.phone,
            "email": row.email,
            "city": row.city,
            "company_name": row.company,
            "tags": ", ".join(row.tags),
            "code": row.code,
            "content_key": row.get_content_key(),
            "status": "error" if problems else "new",
            "result": "rejected" if problems else "pending",
            "reason": problems,
        }

    def _insert_lines(self, rows):
        """Insert rows in one statement and return them."""
        inserted = self.env.execute_query(
            SQL(
                """
                INSERT INTO scrm_customer_import_line (
                    import_id, company_id, row_number, cells, name, phone, email, city,
                    company_name, tags, code, content_key, status, result, reason,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT %(import)s, %(company)s, row_number, cells, NULLIF(name, ''),
                       NULLIF(phone, ''), NULLIF(email, ''), NULLIF(city, ''),
                       NULLIF(company_name, ''), NULLIF(tags, ''), NULLIF(code, ''),
                       content_key, status, result, NULLIF(reason, ''),
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(
                       row_number int, cells jsonb, name varchar, phone varchar, email varchar,
                       city varchar, company_name varchar, tags varchar, code varchar,
                       content_key varchar, status varchar, result varchar, reason text)
                 ORDER BY row_number
                RETURNING id
                """,
                **{"import": self.id, "company": self.company_id.id},
                uid=self.env.uid,
                now=self.env.cr.now(),
                rows=json.dumps(rows),
            )
        )
        return self.env["scrm.customer.import.line"].browse([row[0] for row in inserted])

    def _delete_lines(self):
        """Forget a preview, in one statement whatever its size."""
        lines = self.env["scrm.customer.import.line"]
        lines.flush_model()
        self.env.execute_query(
            SQL(
                "DELETE FROM scrm_customer_import_line WHERE import_id = ANY(%s) RETURNING id",
                self.ids,
            )
        )
        lines.invalidate_model(flush=False)
        self.invalidate_recordset(["line_ids"], flush=False)
