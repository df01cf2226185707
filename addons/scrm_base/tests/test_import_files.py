import base64
import io
import os
from datetime import date

import openpyxl

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.scrm_base.tools.spreadsheet import MAX_BYTES, read_sheet

from .customer_import_case import ImportCase
from .spreadsheet_files import make_csv, make_xls, make_xlsx, make_zip


@tagged("post_install", "-at_install")
class TestImportLayout(ImportCase):
    """Which column is what, and which sheet: chosen by people, remembered."""

    def test_columns_are_changed_by_hand_and_remembered(self):
        header = ["Who", "Number", "Other Number", "Note"]
        rows = [header, ["陈女士", "13826001001", "13826009999", "x"]]
        record = self._make_import(make_csv(rows), "old.csv")
        record.action_preview()
        self.assertEqual("draft", record.state)
        self.assertIn("No column of names", record.column_problem)
        self.assertEqual(["陈女士", "13826001001", "13826009999", "x"],
                         record.column_ids.mapped("sample"))  # fmt: skip
        record.column_ids[0].target = "name"
        self.assertIn("No column of phone", record.column_problem)
        record.column_ids[1:3].target = "phone"
        self.assertIn("Two columns", record.column_problem)
        record.column_ids[1].target = False
        record.action_preview()
        self.assertEqual("previewed", record.state)
        self.assertEqual("+8613826009999", record.line_ids.phone)
        self._run(record)
        with self.assertRaisesRegex(UserError, "imported already"):
            record.column_ids[0].target = "email"
        again = self._make_import(make_csv([header, ["李", "", "13826001003", ""]]), "new.csv")
        again.action_preview()
        self.assertEqual("+8613826001003", again.line_ids.phone)
        other = self._make_import(make_csv([[*header, "City"], ["李", "", "", "", ""]]), "b.csv")
        other.action_preview()
        self.assertEqual("draft", other.state, "another layout is asked about anew")

    def test_the_file_of_rows_to_repair_is_read_as_the_first(self):
        record = self._make_import(make_csv([["Who", "No."], ["陈", "12"], ["李", "13"]]), "a.csv")
        record.action_preview()
        record.column_ids[0].target, record.column_ids[1].target = "name", "phone"
        record.action_preview()
        self.assertEqual(2, record.error_count)
        good = self._make_import(make_csv([["Who", "No."], ["陈", "13826001001"]]), "a.csv")
        good.action_preview()
        good.column_ids[0].target, good.column_ids[1].target = "name", "phone"
        good.action_preview()
        self._run(good)
        repaired = self._make_import(base64.b64decode(record.errors_file), "repair.xlsx")
        repaired.action_preview()
        self.assertEqual(["name", "phone", False, False], repaired.column_ids.mapped("target"))

    def test_a_change_after_the_preview(self):
        record = self._make_csv_import(["Chen", "13826001001", "chen@example.com", "A1"])
        record.action_preview()
        record.column_ids[1].target = False
        record.action_preview()
        self.assertEqual((1, False), (record.row_count, record.line_ids.phone))

    def test_nothing_is_said_of_columns_before_a_file_is_there(self):
        self.assertFalse(self.env["scrm.customer.import"].new({}).column_problem)

    def test_sheets(self):
        book = openpyxl.Workbook()
        book.active.title = "说明"
        for name, phone in (("一店", "13826001001"), ("二店", "13826001002")):
            sheet = book.create_sheet(name)
            sheet.append(["Name", "Phone"])
            sheet.append([name, phone])
        book.create_sheet("空")
        output = io.BytesIO()
        book.save(output)
        record = self._make_import(output.getvalue(), "shops.xlsx")
        record.action_preview()
        self.assertEqual(["说明", "一店", "二店", "空"], record.sheet_ids.mapped("name"))
        self.assertEqual(("一店", "一店"), (record.sheet_id.name, record.line_ids.name))
        record.sheet_id = record.sheet_ids[2]
        record.action_preview()
        self.assertEqual("二店", record.line_ids.name)
        record.sheet_id = record.sheet_ids[3]
        with self.assertRaisesRegex(UserError, "The sheet “空” is empty"):
            record.action_preview()
        xls = read_sheet(make_xls([["Name"], ["A"]]), "a.xls", name="Sheet")
        self.assertEqual(("Sheet", ("Sheet",)), (xls.name, xls.names))

    def test_one_sheet_is_no_question(self):
        record = self._make_import(make_xlsx([["Name", "Phone"], ["A", "13826001001"]]), "a.xlsx")
        record.action_preview()
        self.assertFalse(record.sheet_ids)


@tagged("post_install", "-at_install")
class TestHostileFiles(ImportCase):
    """Files that are wrong, by accident or on purpose: a sentence, or the right customers."""

    def _refuse(self, sentence, content, filename="a.xlsx"):
        with self.assertRaisesRegex(UserError, sentence), self.env.cr.savepoint():
            self._make_import(content, filename).action_preview()

    def _preview(self, content, filename="a.csv"):
        record = self._make_import(content, filename)
        record.action_preview()
        return record.line_ids

    def test_wrong_content_under_the_right_name(self):
        self._refuse("neither .xlsx", b"\x89PNG\r\n\x1a\n" + bytes(200))
        self._refuse("neither .xlsx", b"\x89PNG\r\n\x1a\n" + bytes(200), "a.csv")
        self._refuse("neither .xlsx", b"%PDF-1.7 text", "a.xlsx")
        self._refuse("not an Excel workbook", make_zip({"word/document.xml": b"<a/>"}))
        self._refuse("damaged", make_xlsx([["Name"]])[:-200])

    def test_zip_bombs(self):
        parts = {"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"}
        self._refuse(
            "unpacks to far more", make_zip(parts | {"xl/sharedStrings.xml": bytes(101 << 20)})
        )
        sheets = {f"xl/worksheets/sheet{n}.xml": bytes(101 << 20) for n in range(4)}
        self._refuse("unpacks to far more", make_zip(parts | sheets))

    def test_200_megabytes_are_refused_before_they_are_read(self):
        def never(*args, **kwargs):
            raise AssertionError("the file was decoded")

        self.patch(base64, "b64decode", never)
        with self.assertRaisesRegex(UserError, "larger than 20 MB"):
            self.env["scrm.customer.import"].create(
                {"file": b"A" * (200 * (1 << 20) * 4 // 3), "filename": "a.csv"}
            )
        self.assertLess(MAX_BYTES, 200 << 20)

    def test_long_cells_and_control_characters(self):
        lines = self._preview(
            make_csv(
                [
                    ["Name", "Phone"],
                    ["长" * 10_000, "13826001001"],
                    ["陈\x07\x1b女士", "\x0213826001002"],
                    ["=HYPERLINK(1)", "+86 13826001003"],
                ]
            )
        )
        self.assertIn("more than 200 characters", lines[0].reason)
        self.assertEqual(("陈女士", "+8613826001002"), (lines[1].name, lines[1].phone))
        self.assertEqual(["error", "new", "new"], lines.mapped("status"))
        xls = self._preview(make_xls([["Name", "Phone"], ["陈\x00女士", "13826001002"]]), "a.xls")
        self.assertEqual("陈女士", xls.name)

    def test_numbers_dates_and_formulas_as_phone(self):
        lines = self._preview(
            make_xlsx(
                [
                    ["Name", "Phone"],
                    ["Float", 1.3826001001e10],
                    ["Date", date(2026, 3, 1)],
                    ["Formula", "=1+1"],
                    ["Fraction", 1.5],
                    ["Error", "#REF!"],
                ]
            ),
            "a.xlsx",
        )
        self.assertEqual("+8613826001001", lines[0].phone)
        reasons = lines.mapped("reason")
        self.assertIn("2026-03-01”, which is of the wrong type", reasons[1])
        self.assertIn("are all missing", reasons[2], "a formula nobody has calculated is empty")
        self.assertIn("“1.5”, which is of the wrong type", reasons[3])
        self.assertIn("holds the error #REF!", reasons[4])
        lines = self._preview(
            make_csv([["Name", "Phone"], ["Whole", "1.3826001001E10"], ["Cut", "1.38E+10"]])
        )
        self.assertEqual("+8613826001001", lines[0].phone)
        self.assertIn("has cut the last digits off", lines[1].reason)

    def test_merged_cells_empty_rows_and_double_titles(self):
        book = openpyxl.Workbook()
        for row in (
            [None],
            ["Name", "Phone", "Phone", None],
            ["陈女士", "13826001001", "13826001009", "no title"],
            [None, None, None],
            [None, "13826001002", None],
        ):
            book.active.append(row)
        book.active.merge_cells("A3:A5")
        output = io.BytesIO()
        book.save(output)
        record = self._make_import(output.getvalue(), "a.xlsx")
        record.action_preview()
        self.assertEqual(["name", "phone", False], record.column_ids.mapped("target"))
        self.assertRecordValues(
            record.line_ids,
            [
                {"row_number": 3, "phone": "+8613826001001", "reason": False},
                {"row_number": 5, "phone": "+8613826001002", "reason": "The name is missing."},
            ],
        )

    def test_a_thousand_columns(self):
        wide = [["Name", *(f"C{i}" for i in range(999))], ["A", *("x" * 999)]]
        self._refuse("more than 200 columns", make_xlsx(wide))
        self._refuse("more than 200 columns", make_csv(wide), "a.csv")

    def test_encodings(self):
        for encoding in ("utf-8", "utf-8-sig", "gb18030"):
            for delimiter in ",;\t|":
                lines = self._preview(
                    make_csv([["姓名", "手机"], ["陈女士", "13826001001"]], encoding, delimiter)
                )
                self.assertEqual(("陈女士", "new"), (lines.name, lines.status))

    def test_the_file_to_repair_runs_nothing(self):
        record = self._make_import(
            make_csv([["Name", "Phone"], *([f"{mark}cmd", "x"] for mark in "=+-@")]), "a.csv"
        )
        record.action_preview()
        book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(record.errors_file)))
        cells = [row[0] for row in book.active.iter_rows(min_row=2)]
        self.assertEqual(["'=cmd", "'+cmd", "'-cmd", "'@cmd"], [cell.value for cell in cells])
        self.assertEqual({"s"}, {cell.data_type for cell in cells})

    def test_noise_writes_nothing(self):
        before = self.env["scrm.customer.import.line"].search_count([])
        for name in ("a.xlsx", "a.xls", "a.csv"):
            for magic in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    record = self._make_import(magic + b"\x00" + os.urandom(3000), name)
                    record.action_preview()
        self.assertEqual(before, self.env["scrm.customer.import.line"].search_count([]))


@tagged("post_install", "-at_install")
class TestImportInParts(ImportCase):
    """Stopped half way, and what a person decides."""

    def test_killed_in_the_middle_goes_on_and_doubles_nothing(self):
        rows = [[f"客户 {i}", f"137{i:08d}", "", ""] for i in range(1200)]
        record = self._make_csv_import(*rows)
        record.action_preview()
        record.action_start()
        record._run_batch()
        self.assertEqual(500, record.imported_count)
        lines = type(record.line_ids)
        close = lines._close

        def killed(*args):
            close(*args)
            raise KeyboardInterrupt

        self.env.flush_all()
        self.patch(lines, "_close", killed)
        with self.assertRaises(KeyboardInterrupt), self.env.cr.savepoint():
            record._run_batch()
        self.patch(lines, "_close", close)
        self.env.invalidate_all()
        self.assertEqual((500, 700), (record.imported_count, record.pending_count))
        record.action_resume()
        while record.state == "importing":
            record._run_batch()
        record._run_batch()  # the job that the crash left behind
        self.assertEqual(1200, record.imported_count)
        numbers = [f"+86137{i:08d}" for i in range(1200)]
        self.assertEqual(1200, self.env["res.partner"].search_count([("phone", "in", numbers)]))
        self.assertEqual(1200, len(record.line_ids.customer_id))

    def test_a_row_that_nothing_tells_makes_one_customer_however_often_it_comes(self):
        row = ["Ms Qian", "13800138000", "", ""]  # an example number, which is nobody's
        for _time in range(2):
            record = self._make_csv_import(row, row)
            record.action_preview()
            self._run(record)
            self.assertEqual(2, record.imported_count)
        self.assertEqual("matched", record.line_ids[0].status)
        found = self.env["res.partner"].search([("name", "=", "Ms Qian")])
        self.assertEqual(1, len(found))
        self.assertEqual(found, record.line_ids.customer_id.partner_ids)

    def test_known_customers_cost_no_query_each(self):
        def count(first, size):
            for i in range(first, first + size):
                self._make_customer(f"V{i}", f"136{i:08d}")
            rows = [[f"客户 {i}", f"136{i:08d}", f"c{i}@example.com", ""]
                    for i in range(first, first + size)]  # fmt: skip
            record = self._make_csv_import(*rows)
            record.action_preview()
            self.assertEqual(size, record.matched_count)
            record.action_start()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            record._run_batch()
            self.env.flush_all()
            self.assertEqual(size, record.imported_count)
            return self.env.cr.sql_log_count - before

        count(0, 5)
        few, many = count(100, 10), count(200, 60)
        self.assertLess(many - few, 50, f"{few} queries for 10 known customers, {many} for 60")

    def test_a_conflict_is_decided(self):
        chen = self._make_customer("Chen", "13826001001")
        other = self._make_customer("Ms Chen", email="chen@example.com")
        record = self._make_csv_import(
            ["Chen", "13826001001", "chen@example.com", ""],
            ["Li", "13826001002", "", ""],
            ["Wang", "13826001002", "", ""],
        )
        record.action_preview()
        self._run(record)
        lines = record.line_ids
        self.assertEqual(["conflict", "new", "conflict"], lines.mapped("status"))
        lines.action_retry()
        self.assertEqual(["conflict", "new", "conflict"], lines.mapped("status"))
        (chen | other).action_unite()
        lines.action_retry()
        self.assertEqual("importing", record.state)
        record._run_batch()
        self.assertEqual(["done", "done", "rejected"], lines.mapped("result"))
        self.assertEqual("done", record.state)
        lines[2].action_dismiss()
        self.assertEqual("error", lines[2].status)
        self.assertIn("decided to leave this row out", lines[2].reason)
