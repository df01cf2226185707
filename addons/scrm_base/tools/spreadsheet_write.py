"""Tables for people to download: .xlsx whose cells never run as formulas."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import openpyxl

_FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")


def escape_formula(text: str) -> str:
    """Return ``text`` so that a spreadsheet program shows it and never runs it.

    Source of the characters: OWASP, "CSV Injection". They are harmless in an .xlsx cell of type
    text, but not any more once somebody saves the table as .csv.
    """
    return "'" + text if text.startswith(_FORMULA_MARKS) else text


def unescape_formula(text: str) -> str:
    """Undo ``escape_formula`` in a file that comes back repaired."""
    if text.startswith("'") and text[1:].startswith(_FORMULA_MARKS):
        return text[1:]
    return text


def write_sheet(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """Return an .xlsx file of one sheet; its texts are escaped, its numbers stay numbers."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([_clean(cell) for cell in header])
    for row in rows:
        sheet.append([_clean(cell) for cell in row])
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def _clean(cell: str | int) -> str | int:
    if isinstance(cell, str):
        # control characters are not allowed in the file's XML
        return escape_formula(openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell))
    return cell
