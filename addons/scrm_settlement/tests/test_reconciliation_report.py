import io

import openpyxl

from odoo.tests import tagged

from .reconciliation_case import ReconciliationCase


@tagged("post_install", "-at_install")
class TestReconciliationReport(ReconciliationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")

    def setUp(self):
        super().setUp()
        for number in range(1, 4):
            self._entry(f"D-{number}")
        self.record = self._compare(
            self._row("D-1", 130),
            self._row("+cmd|' /C calc'!A0", 50, code="@x"),
            self._row("D-2"),
            self._row("D-8", "?"),
        )

    def test_the_parts_add_up_to_the_difference(self):
        book = openpyxl.load_workbook(io.BytesIO(self.record._make_report()))
        summary = [row for row in book["Summary"].iter_rows(values_only=True) if row[0]]
        top = next(i for i, row in enumerate(summary) if row[0] == "Status")
        parts, total = summary[top + 1 : -1], summary[-1]
        self.assertEqual(7, len(parts))
        for column in range(1, 5):
            self.assertEqual(total[column], sum(part[column] for part in parts))
        self.assertEqual((300, 280, -20), (total[2], total[3], total[4]))
        self.assertEqual(self.record.amount_difference, total[4])
        for part in parts:
            if part[1] and part[0] != "Matched":
                rows = list(book[part[0]].iter_rows(values_only=True))
                self.assertEqual(part[1], len(rows) - 2)
                self.assertEqual(part[4], rows[-1][10])

    def test_files_are_called_by_dealer_and_period(self):
        self.assertEqual(
            f"Mismatch {self.dealer.name} 2026-11-30.xlsx", self.record.report_filename
        )

    def test_no_cell_runs_as_a_formula(self):
        book = openpyxl.load_workbook(io.BytesIO(self.record._make_report()))
        cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value]
        texts = [cell.value for cell in cells if isinstance(cell.value, str)]
        self.assertIn("'+cmd|' /C calc'!A0", texts)
        self.assertFalse([t for t in texts if t.startswith(("=", "+", "-", "@", "\t", "\r"))])
        self.assertFalse([cell for cell in cells if cell.data_type == "f"])

    def test_amounts_have_the_decimals_of_their_currency(self):
        for code, amount, form in (("KWD", 1.235, "#,##0.000"), ("JPY", 1235, "#,##0")):
            currency = self.env.ref(f"base.{code}")
            currency.active = True
            record = self._compare(self._row("D-9", amount, 2.5), currency_id=currency.id)
            book = openpyxl.load_workbook(io.BytesIO(record._make_report()))
            cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
            formats = {c.number_format for c in cells if c.value == amount}
            self.assertEqual({form}, formats)
            [quantity] = [c.number_format for c in cells if c.value == 2.5]
            self.assertEqual("#,##0.####", quantity)

    def test_errors_file_names_the_rows(self):
        book = openpyxl.load_workbook(io.BytesIO(self.record._make_errors_file()))
        rows = list(book.active.iter_rows(values_only=True))
        self.assertEqual(2, len(rows))
        self.assertEqual(5, rows[1][0])
        self.assertIn("“?” is no number", rows[1][1])
        self.assertIn("D-8", rows[1])

    def test_paper_in_both_languages(self):
        for lang in ("en_US", "zh_CN"):
            record = self.record.with_context(lang=lang)
            html, _kind = (
                self.env["ir.actions.report"]
                .with_context(lang=lang)
                ._render_qweb_html("scrm_settlement.report_scrm_settlement_import", record.ids)
            )
            text = html.decode()
            for ref in ("D-1", "D-3", "list.xlsx"):
                self.assertIn(ref, text)
            self.assertIn("-20.00", text.replace("\N{ZERO WIDTH NO-BREAK SPACE}", ""))
