import io

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.portal_input import parse_value
from ..tools.statement_book import Column, Sheet, clean_text, write_book
from .test_dispute import DisputeCase

MARKS = ("=", "+", "-", "@", "\t", "\r")
# Text as it arrives: anything at all, and often what a spreadsheet would run.
texts = st.text(max_size=40) | st.builds(
    "{}{}".format, st.sampled_from(("\x00=", *MARKS)), st.text(max_size=20)
)


def read_book(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [list(row) for row in sheet.iter_rows()] for sheet in book}


@tagged("post_install", "-at_install")
class TestBook(BaseCase):
    @settings(max_examples=300, deadline=None)
    @given(texts)
    def test_no_text_begins_like_a_formula(self, text):
        self.assertFalse(clean_text(text).startswith(MARKS))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(texts, min_size=1, max_size=5))
    def test_every_text_is_a_text_cell(self, values):
        sheet = Sheet(
            name="S",
            columns=[Column(values[0]), Column("Amount", "money")],
            rows=[[value, 1.5] for value in values],
            head=[(values[0], values[-1])],
            totals=[(values[0], 3)],
            title=values[0],
        )
        [rows] = read_book(write_book([sheet])).values()
        for row in rows:
            for cell in row:
                self.assertNotEqual("f", cell.data_type)
                if cell.data_type == "s":
                    self.assertFalse(str(cell.value).startswith(MARKS))

    def test_escaped_cells(self):
        for text in ("=1+1", "+1", "-1", "@x", "\tx", "\rx", "\x00=1"):
            self.assertEqual("'", clean_text(text)[0])
        self.assertEqual("滤芯 1-2", clean_text("滤芯 1-2"))

    def test_parse_value(self):
        for text, expected in (
            ("120", 120),
            (" 1,234.50 ", 1234.5),
            ("１２０．５", 120.5),
            ("￥ 80", 80),
            ("-3", -3),
        ):
            self.assertEqual(expected, float(parse_value(text)))
        for text in (None, "", "abc", "NaN", "Infinity", "1e30", "1_0", "1.2.3"):
            self.assertIsNone(parse_value(text))

    @settings(max_examples=300, deadline=None)
    @given(st.text(max_size=30))
    def test_parse_value_never_fails(self, text):
        value = parse_value(text)
        self.assertTrue(value is None or abs(value) < 10**9)


@tagged("post_install", "-at_install")
class TestStatementBook(DisputeCase):
    def test_numbers_are_numbers(self):
        self.dealer.name = "=cmd|' /C calc'!A0"
        [rows] = read_book(self.statement._make_xlsx()).values()
        cells = [cell for row in rows for cell in row if cell.value is not None]
        by_value = {cell.value: cell.data_type for cell in cells}
        self.assertEqual("n", by_value[1187.84])
        self.assertEqual("n", by_value[117.76])
        self.assertEqual("s", by_value["'=cmd|' /C calc'!A0"])
        self.assertIn("d", {cell.data_type for cell in cells})
        self.assertNotIn("f", {cell.data_type for cell in cells})
        self.assertEqual(1187.84, rows[-1][-1].value)

    def test_several_statements(self):
        self._record({"partner_id": self.dealer_2.id, "product_id": self.part_2.id})
        other = self._generate(self.preparer, partners=self.dealer_2)
        both = self.statement + other
        overview, lines = read_book(both._make_xlsx()).values()
        self.assertEqual({s.name for s in both}, {overview[1][0].value, overview[2][0].value})
        self.assertEqual(1187.84 + 128, overview[-1][-1].value)
        self.assertEqual(1 + 4, len([row for row in lines if row[0].value]))
        self.assertEqual(1315.84, round(sum(row[-1].value for row in lines[1:] if row[0].value), 2))
