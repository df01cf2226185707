import io
import math
import zipfile
from datetime import date, datetime
from decimal import Decimal
from unittest.mock import patch

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from odoo.tests import BaseCase, tagged

from odoo.addons.scrm_base.tools import spreadsheet
from odoo.addons.scrm_base.tools.spreadsheet import (
    CellError,
    SpreadsheetError,
    as_text,
    clean_number,
    read_sheet,
)
from odoo.addons.scrm_base.tools.spreadsheet_write import (
    escape_formula,
    unescape_formula,
    write_sheet,
)

from .spreadsheet_files import make_csv, make_xls, make_xlsx, make_zip

ROWS = [
    ["姓名", "Phone", None, "Since"],
    ["陈女士", 13826001001, 0.1 + 0.2, datetime(2026, 3, 1, 8, 30)],
    [None, None, None, None],
    ["Mr Li", True, 42.0, date(2026, 3, 2)],
]


@tagged("post_install", "-at_install")
class TestSpreadsheet(BaseCase):
    # === WHAT CELLS BECOME === #

    def _assert_rows(self, sheet):
        self.assertEqual(("姓名", "Phone", "", "Since"), sheet.header)
        self.assertEqual(
            (
                ("陈女士", Decimal("13826001001"), Decimal("0.3"), datetime(2026, 3, 1, 8, 30)),
                ("Mr Li", True, Decimal("42"), date(2026, 3, 2)),
            ),
            sheet.rows,
        )
        # Row 3 is empty; people count it all the same.
        self.assertEqual((2, 4), sheet.row_numbers)
        self.assertEqual("13826001001", as_text(sheet.rows[0][1]))
        self.assertEqual("42", as_text(sheet.rows[1][2]))

    def test_xls_and_xlsx_give_the_same_values(self):
        self._assert_rows(read_sheet(make_xls(ROWS), "list.xls"))
        self._assert_rows(read_sheet(make_xlsx(ROWS), "list.xlsx"))

    def test_dates_counted_from_1904(self):
        self._assert_rows(read_sheet(make_xls(ROWS, dates_1904=True), "list.xls"))
        self._assert_rows(read_sheet(make_xlsx(ROWS, epoch=CALENDAR_MAC_1904), "list.xlsx"))

    def test_the_first_day_of_1904(self):
        rows = [["Since"], [date(1904, 1, 1)]]
        for content in (
            make_xls(rows, dates_1904=True),
            make_xlsx(rows, epoch=CALENDAR_MAC_1904),
        ):
            sheet = read_sheet(content, "list")
            self.assertEqual(((date(1904, 1, 1),),), sheet.rows)
            self.assertTrue(sheet.dates_1904)
        self.assertFalse(read_sheet(make_xlsx(rows), "list.xlsx").dates_1904)

    def test_the_titles_below_a_letterhead(self):
        rows = [["Statement of November"], ["Printed", "today"], ["Code", "Amount"], ["A", 1]]

        def is_header(_number, cells):
            return "Amount" in cells

        for content, name in (
            (make_xls(rows), "a.xls"),
            (make_xlsx(rows), "a.xlsx"),
            (make_csv(rows), "a.csv"),
        ):
            sheet = read_sheet(content, name, is_header=is_header)
            self.assertEqual(("Code", "Amount"), sheet.header)
            self.assertEqual((4,), sheet.row_numbers)
            self._assert_refused(
                "No row of the file", content, name, is_header=lambda _number, _cells: False
            )

    def test_error_cells_do_not_stop_the_file(self):
        rows = [["Name", "Phone"], ["A", "1"], ["B", "2"]]
        sheet = read_sheet(make_xls(rows, errors={(1, 1)}), "list.xls")
        self.assertEqual((("A", CellError("#N/A")), ("B", "2")), sheet.rows)
        rows[1][1] = "#N/A"
        sheet = read_sheet(make_xlsx(rows), "list.xlsx")
        self.assertEqual((("A", CellError("#N/A")), ("B", "2")), sheet.rows)

    def test_an_impossible_date_is_an_error_cell(self):
        # 1900 had no 29 February; Excel's day 60 is that day.
        kind = spreadsheet.xlrd.XL_CELL_DATE
        with patch.object(
            spreadsheet.xlrd.xldate,
            "xldate_as_datetime",
            side_effect=spreadsheet.xlrd.xldate.XLDateAmbiguous(60.0),
        ):
            self.assertEqual(CellError("#DATE!"), spreadsheet._convert_xls_cell(0, kind, 60.0))

    def test_zeros_that_the_format_puts_before_a_code_are_read(self):
        book = openpyxl.Workbook()
        book.active.append(["Code", "Amount"])
        book.active.append([777, 777])
        book.active["A2"].number_format = "00000"
        book.active["B2"].number_format = "0.00"
        output = io.BytesIO()
        book.save(output)
        self.assertEqual((("00777", 777),), read_sheet(output.getvalue(), "a.xlsx").rows)

    def test_first_sheet_with_data_is_read(self):
        book = openpyxl.Workbook()
        book.create_sheet("Data").append(["Name"])
        output = io.BytesIO()
        book.save(output)
        self.assertEqual(("Name",), read_sheet(output.getvalue(), "list.xlsx").header)

    def test_the_content_decides_not_the_name(self):
        self._assert_rows(read_sheet(make_xlsx(ROWS), "list.xls"))
        self._assert_rows(read_sheet(make_xls(ROWS), "list.xlsx"))

    # === CSV === #

    def test_csv_encodings_and_delimiters(self):
        rows = [["姓名", "电话"], ["陈女士", "138 2600 1001"], ["", ""], ["李, 先生", ""]]
        expected = (("陈女士", "138 2600 1001"), ("李, 先生", None))
        for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
            for delimiter in ",;\t|":
                sheet = read_sheet(make_csv(rows, encoding, delimiter), "list.csv")
                self.assertEqual(("姓名", "电话"), sheet.header, (encoding, delimiter))
                self.assertEqual(expected, sheet.rows, (encoding, delimiter))

    def test_a_quotation_mark_that_is_not_closed_loses_no_row(self):
        text = '姓名,备注\n张三,"屏幕 27\n李四,y\n王五,"屏幕 27\n赵六,z\n'
        for content in (text, text.replace('王五,"', "王五,")):
            self._assert_refused("Row 2 of the file cannot be read", content.encode(), "a.csv")

    # === FILES THAT CANNOT BE READ === #

    def _assert_refused(self, sentence, content, filename="list.xlsx", **limits):
        with self.assertRaises(SpreadsheetError) as refused:
            read_sheet(content, filename, **limits)
        self.assertIn(sentence, str(refused.exception))

    def test_empty_files(self):
        self._assert_refused("The file is empty", b"")
        self._assert_refused("every sheet is empty", make_xlsx([]))

    def test_damaged_files(self):
        for content, name in (
            (make_xls(ROWS), "a.xls"),
            (make_xlsx(ROWS), "a.xlsx"),
        ):
            self._assert_refused("damaged", content[: len(content) // 2], name)
            self._assert_refused("damaged", content[:8] + b"\x00" * 4000, name)

    def test_files_of_another_kind(self):
        self._assert_refused("neither .xlsx", b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "a.png")
        self._assert_refused("web page", b"<html><table><tr><td>Name", "a.xls")
        self._assert_refused("not an Excel workbook", make_zip({"word/document.xml": b"<a/>"}))

    def test_password(self):
        content = spreadsheet._OLE_MAGIC + b"\x00" * 600 + spreadsheet._ENCRYPTED_PACKAGE
        self._assert_refused("password", content)

    def test_zip_bomb(self):
        content = make_zip({"[Content_Types].xml": b"", "xl/workbook.xml": b"0" * 5_000_000})
        self.assertLess(len(content), 10_000)
        with patch.object(spreadsheet, "MAX_UNPACKED_BYTES", 1_000_000):
            self._assert_refused("unpacks to far more", content)

    def test_xml_entities(self):
        source = zipfile.ZipFile(io.BytesIO(make_xlsx(ROWS)))
        members = {name: source.read(name) for name in source.namelist()}
        name = "xl/worksheets/sheet1.xml"
        members[name] = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + members[name]
        self._assert_refused("damaged", make_zip(members))

    def test_limits(self):
        rows = [["Name"], *([str(i)] for i in range(11))]
        self._assert_refused("more than 10 rows", make_xlsx(rows), max_rows=10)
        self._assert_refused("more than 10 rows", make_xls(rows), "a.xls", max_rows=10)
        self._assert_refused("more than 10 rows", make_csv(rows), "a.csv", max_rows=10)
        self.assertEqual(11, len(read_sheet(make_xlsx(rows), "a.xlsx", max_rows=11).rows))
        self._assert_refused("more than 3 columns", make_xlsx([list("abcd")]), max_columns=3)
        self._assert_refused("larger than 1 MB", b"a" * (1024 * 1024 + 1), max_bytes=1024 * 1024)

    # === ANY VALUE === #

    @settings(max_examples=300, deadline=None)
    @given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9),
                       max_value=10**9))  # fmt: skip
    def test_a_number_is_what_the_person_typed(self, typed):
        # 9 digits before and 4 behind the point are within Excel's 15
        self.assertEqual(typed, clean_number(float(typed)))

    @settings(max_examples=300, deadline=None)
    @given(st.integers(min_value=-(10**15) + 1, max_value=10**15 - 1))
    def test_whole_numbers_keep_every_digit(self, number):
        self.assertEqual(str(number), as_text(clean_number(float(number))))
        self.assertEqual(str(number), as_text(clean_number(number)))

    @settings(max_examples=200, deadline=None)
    # Excel's largest number is 9.99E+307.
    @given(st.floats(-9.99e307, 9.99e307) | st.sampled_from([math.inf, -math.inf, math.nan]))
    def test_no_float_breaks_the_reader(self, value):
        cell = clean_number(value)
        self.assertIsInstance(cell, Decimal | CellError)
        if isinstance(cell, Decimal):
            self.assertAlmostEqual(float(cell), value, delta=abs(value) * 1e-14)
            self.assertNotIn("E", as_text(cell))

    @settings(max_examples=300, deadline=None)
    @given(st.text())
    def test_no_text_runs_as_a_formula(self, text):
        escaped = escape_formula(text)
        self.assertFalse(escaped.startswith(("=", "+", "-", "@", "\t", "\r")))
        if not text.startswith("'"):
            self.assertEqual(text, unescape_formula(escaped))

    def test_formulas_are_written_as_text(self):
        content = write_sheet(["Name"], [["=1+1"], ["+8613826001001"], ["plain\x01"]])
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        cells = [row[0] for row in sheet.iter_rows(min_row=2)]
        self.assertEqual(["s"] * 3, [cell.data_type for cell in cells])
        self.assertEqual(["'=1+1", "'+8613826001001", "plain"], [cell.value for cell in cells])
