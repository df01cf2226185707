"""Statements as a spreadsheet: numbers are numbers, and no text is ever run.

Pure: what stands in the sheets is handed over as plain values.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from odoo.addons.scrm_base.tools.spreadsheet_write import escape_formula

# Not allowed in the file's XML.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# More does not fit into a cell.
_LONGEST = 32_767
QUANTITY_FORMAT = "#,##0.####"
_FORMATS = {
    "date": {"num_format": "yyyy-mm-dd"},
    "quantity": {"num_format": QUANTITY_FORMAT},
    "price": {"num_format": "#,##0.00####"},
    "bold": {"bold": True},
    "header": {"bold": True, "bg_color": "#E7E9ED", "bottom": 1},
}
_WIDEST = 60


@dataclass(frozen=True)
class Column:
    """A column: `kind` is text, date, quantity, price or money."""

    label: str
    kind: str = "text"
    width: int = 14


@dataclass(frozen=True)
class Sheet:
    """What stands on one sheet: a head of labelled values, a table, and labelled totals."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    head: Sequence[tuple[str, Any]] = ()
    totals: Sequence[tuple[str, Any]] = ()
    decimals: int = 2
    title: str = field(default="")


def clean_text(text: str) -> str:
    """Return the text as a cell holds it; what a spreadsheet program would run is marked."""
    return escape_formula(_CONTROL.sub("", text))[:_LONGEST]


def write_book(sheets: Sequence[Sheet]) -> bytes:
    """Return the .xlsx file of the sheets."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(
        output,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    formats = {name: book.add_format(spec) for name, spec in _FORMATS.items()}
    for sheet in sheets:
        _write_sheet(book, formats, sheet)
    book.close()
    return output.getvalue()


def get_money_format(decimals: int) -> str:
    """Return how a cell shows an amount of a currency with so many decimals."""
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def _write_sheet(book, formats, sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.name)
    money = {"num_format": get_money_format(sheet.decimals)}
    formats = {**formats, "money": book.add_format(money)}
    row = 0
    if sheet.title:
        page.write_string(row, 0, clean_text(sheet.title), formats["bold"])
        row += 1
    for label, value in sheet.head:
        page.write_string(row, 0, clean_text(label))
        _write_cell(page, row, 1, value, formats, _get_kind(value))
        row += 1
    row += bool(row)
    for place, column in enumerate(sheet.columns):
        page.write_string(row, place, clean_text(column.label), formats["header"])
        page.set_column(place, place, min(column.width, _WIDEST))
    page.freeze_panes(row + 1, 0)
    for values in sheet.rows:
        row += 1
        for place, (column, value) in enumerate(zip(sheet.columns, values, strict=True)):
            _write_cell(page, row, place, value, formats, column.kind)
    last = len(sheet.columns) - 1
    for label, value in sheet.totals:
        row += 1
        page.write_string(row, max(last - 1, 0), clean_text(label), formats["bold"])
        _write_cell(page, row, last, value, formats, "money")


def _get_kind(value: Any) -> str:
    if isinstance(value, date):
        return "date"
    return "money" if isinstance(value, (int, float, Decimal)) else "text"


def _write_cell(page, row: int, place: int, value: Any, formats, kind: str) -> None:
    if value is None or value is False or value == "":
        return
    if kind == "text":
        page.write_string(row, place, clean_text(str(value)))
    elif kind == "date":
        page.write_datetime(row, place, value, formats["date"])
    else:
        page.write_number(row, place, float(value), formats[kind])
