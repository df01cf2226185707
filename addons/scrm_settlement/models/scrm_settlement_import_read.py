"""From an uploaded file to rows with their answers."""

import base64
import json
from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from odoo.addons.scrm_base.tools.spreadsheet import SpreadsheetError, read_sheet

from ..tools.claim_match import Theirs, match
from ..tools.claim_rows import get_first_text, make_parser, show_cells

#: About five thousand rows; what is longer is read in the background.
LARGE_FILE = 200_000
ROWS_PER_INSERT = 5000


class ScrmSettlementImport(models.Model):
    _inherit = "scrm.settlement.import"  # pylint: disable=consider-merging-classes-inherited

    # === WHERE IT RUNS === #

    def _begin(self):
        self.ensure_one()
        # sudo: the size of the file's attachment
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", "file"),
                    ("res_id", "=", self.id),
                ],
                limit=1,
            )
        )
        if attachment.file_size > LARGE_FILE:
            self._enqueue()
        else:
            self._read()

    def _enqueue(self):
        for record in self:
            record.with_company(record.company_id).with_delay(
                channel="root.scrm.import",
                identity_key=f"scrm.settlement.import:{record.id}",
                description=self.env._("Compare %s with the settlement journal", record.name),
            )._run_reading()

    def _run_reading(self):
        """Read and compare in the background; the body of the job.

        A job that is run twice, or stopped half way, begins anew.
        """
        self.ensure_one()
        if self.state != "reading":
            return
        try:
            self._read()
        except UserError as error:
            # sudo: the flow goes back by itself
            self.sudo()._move_along("fail", problem=str(error), progress=0)
        else:
            self._tell_differences()

    def _is_job(self):
        return bool(self.env.context.get("job_uuid"))

    def _report_progress(self, percent):
        """Show how far a job is; only a job may commit, and it begins anew when it is stopped."""
        if self._is_job():
            self.progress = percent
            self.env.cr.commit()  # pylint: disable=invalid-commit

    # === READING === #

    def _read(self):
        """Read the file, compare it with the journal and keep every row with its answer."""
        self.ensure_one()
        # sudo: the rows are written by the system alone; the step's right is checked by the flow
        self_sudo = self.sudo().with_company(self.company_id)
        self_sudo._delete_rows()
        rows = self_sudo._read_rows()
        self_sudo._report_progress(30)
        entries = self_sudo._get_entries()
        result = match(
            entries,
            [
                Theirs(
                    id=row.number,
                    day=row.date,
                    amount=row.amount,
                    quantity=row.quantity,
                    ref=row.ref,
                    code=row.code,
                    serial=row.serial,
                )
                for row in rows
                if not row.problems and not row.is_total
            ],
            **self_sudo._get_limits(),
        )
        self_sudo._report_progress(60)
        self_sudo._write_rows(rows, result)
        self_sudo._move_along("finish", progress=100, problem=False)

    def _get_limits(self):
        """Return tolerance and days; without a layout, those of a new one."""
        template = self.template_id or self.template_id.new({})
        return {"tolerance": Decimal(format(template.tolerance, ".2f")), "days": template.days}

    def _read_rows(self):
        """Return the rows of the file, totals included (list of ClaimRow)."""
        layout = self.template_id._get_layout()
        content = base64.b64decode(self.file)
        try:
            sheet = read_sheet(
                content,
                self.filename or "",
                name=self.template_id.sheet_name or None,
                is_header=layout.is_header,
            )
        except SpreadsheetError as error:
            raise UserError(self.env._(error.message)) from error
        columns = layout.find_columns(sheet.header, self.currency_id.name)
        if "amount" not in columns:
            raise UserError(
                self.env._(
                    "Row %(row)s holds no title for the amount. Check the layout's titles and row.",
                    row=self.template_id.header_row,
                )
            )
        parse = make_parser(
            layout,
            columns,
            sheet.header,
            decimal_places=self.currency_id.decimal_places,
            currency=self.currency_id.name,
            dates_1904=sheet.dates_1904,
            is_text_file=not sheet.names,
            year=self.date_to.year,
        )
        rows = [parse(*pair) for pair in sheet.numbered_rows()]
        if all(row.is_total for row in rows):
            raise UserError(self.env._("The file has the titles, but no rows below them."))
        return rows

    def _get_entries(self):
        """Return what the journal has to compare with (list of Ours)."""
        lines = self.env["scrm.settlement.line"].search(self._get_entry_domain(), order="id")
        return lines._get_claim_entries()

    def _get_entry_domain(self):
        """Return the lines of the dealer and period, on the statement or still without one.

        Lines that accumulate are settled by their true-up, and covered ones by another line, so
        they are not counted twice.
        """
        statement = self.statement_id
        domain = [
            ("company_id", "=", self.company_id.id),
            ("partner_id", "=", self.partner_id.id),
            ("state", "not in", ("counted", "covered")),
            ("date", ">=", self.date_from),
            ("date", "<=", self.date_to),
            ("currency_id", "in", (False, self.currency_id.id)),
        ]
        if statement:
            return [
                "|",
                ("statement_id", "=", statement.id),
                *["&"] * (len(domain) + 1),
                *domain,
                ("statement_id", "=", False),
                ("document_mode", "in", (False, statement.document_mode)),
            ]
        # What the dealer owes us is no claim of his
        return [*domain, ("document_mode", "not in", ("customer_invoice",))]

    # === ROWS === #

    def _write_rows(self, rows, result):
        pairs = {pair.theirs.id: pair for pair in result.pairs}
        duplicates = {row.id for row in result.duplicates}
        values = [self._prepare_row(row, pairs, duplicates, result.ambiguous) for row in rows]
        values += [self._prepare_only_ours_row(entry) for entry in result.only_ours]
        done = 0
        self.env.flush_all()
        for part in split_every(ROWS_PER_INSERT, values, list):
            self._insert_rows(part)
            done += len(part)
            self._report_progress(60 + 35 * done // len(values))
        self._forget_rows()

    def _prepare_row(self, row, pairs, duplicates, ambiguous):
        vals = {
            "row_number": row.number,
            "cells": show_cells(row.cells),
            "ref": row.ref and row.ref.text,
            "code": row.code and row.code.text,
            "serial": row.serial and row.serial.text,
            "date": row.date and row.date.isoformat(),
            "description": row.description or None,
            "quantity": _show(row.quantity),
            "amount": _show(row.amount),
            "status": "only_theirs",
        }
        pair = pairs.get(row.number)
        if row.is_total:
            vals.update(status="total", reason=self._explain_total(row))
        elif row.problems:
            vals.update(status="error", reason=self._explain_problems(row.problems))
        elif pair:
            vals.update(
                status=pair.status,
                step=pair.step,
                line_id=pair.ours.id,
                our_quantity=_show(pair.ours.quantity),
                our_amount=_show(pair.ours.amount),
            )
            if pair.corrections:
                vals["reason"] = self.env._("What corrects the entry is counted with it.")
        elif row.number in duplicates:
            vals["status"] = "duplicate"
        elif row.number in ambiguous:
            vals.update(
                is_ambiguous=True,
                reason=self.env._(
                    "A number of this row stands for several codes that differ in their left "
                    "zeros. Match the row by hand."
                ),
            )
        return vals

    def _explain_total(self, row):
        return self.env._(
            "It begins with “%s” as totals do, and has no reference, code or serial number.",
            get_first_text(row.cells),
        )

    def _prepare_only_ours_row(self, entry):
        return {
            "status": "only_ours",
            "ref": next(iter(entry.refs), None),
            "code": next(iter(entry.codes), None),
            "line_id": entry.id,
            "our_quantity": _show(entry.quantity),
            "our_amount": _show(entry.amount),
        }

    def _explain_problems(self, problems):
        titles = self.env["scrm.settlement.import.template"].fields_get(attributes=["string"])

        def explain(target, message):
            sentence = self.env._(message)
            if not target:
                return self.env._("%(problem)s.", problem=sentence)
            title = titles[f"{target}_titles"]["string"]
            return self.env._("%(column)s: %(problem)s.", column=title, problem=sentence)

        return " ".join(explain(*problem) for problem in problems)

    def _insert_rows(self, rows):
        """Insert rows in one statement."""
        self.env.execute_query(
            SQL(
                """
                INSERT INTO scrm_settlement_import_line (
                    import_id, row_number, cells, ref, code, serial, date, description, quantity,
                    amount, status, step, line_id, our_quantity, our_amount, difference,
                    is_ambiguous, reason
                )
                SELECT %(import)s, row_number, cells, ref, code, serial, date, description,
                       quantity, amount, status, step, line_id, our_quantity, our_amount,
                       CASE WHEN status NOT IN ('error', 'total')
                            THEN COALESCE(amount, 0) - COALESCE(our_amount, 0) ELSE 0 END,
                       COALESCE(is_ambiguous, FALSE), reason
                  FROM json_to_recordset(%(rows)s::json) AS r(
                       row_number int, cells jsonb, ref varchar, code varchar, serial varchar,
                       date date, description varchar, quantity numeric, amount numeric,
                       status varchar, step int, line_id int, our_quantity numeric,
                       our_amount numeric, is_ambiguous boolean, reason text)
                RETURNING id
                """,
                **{"import": self.id},
                rows=json.dumps(rows),
            )
        )

    def _delete_rows(self):
        """Forget what was compared, in one statement whatever its size."""
        lines = self.env["scrm.settlement.import.line"]
        lines.flush_model()
        self.env.execute_query(
            SQL(
                "DELETE FROM scrm_settlement_import_line WHERE import_id = ANY(%s) "
                "AND resolution IS DISTINCT FROM 'accepted' RETURNING id",
                self.ids,
            )
        )
        self._forget_rows()

    def _forget_rows(self):
        """Let rows, subtotals and counts be read again."""
        comodels = ("scrm.settlement.import.line", "scrm.settlement.import.subtotal")
        for name in comodels:
            self.env[name].invalidate_model()
        self.invalidate_recordset(
            [f.name for f in self._fields.values() if f.comodel_name in comodels or not f.store]
        )


def _show(number):
    return None if number is None else format(number, "f")
