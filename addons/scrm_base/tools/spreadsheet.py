"""One reader for the tables people upload: .xls, .xlsx and .csv.

``read_sheet(content, filename)`` gives the first sheet with data, or the one that is asked for, as
a header and rows of plain Python values. A cell that holds no usable value becomes a ``CellError``
and never stops the file; a file that cannot be read at all raises ``SpreadsheetError`` with a
sentence for its owner.

What the file *is* decides how it is read, not what it is called: systems that export a web page
or an .xlsx under the name ``.xls`` are common.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial

import openpyxl
import xlrd
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from odoo.tools.translate import LazyTranslate

from .spreadsheet_cells import (
    Cell,
    CellError,
    SpreadsheetError,
    as_text,
    clean_date,
    clean_number,
    clean_text,
)

_lt = LazyTranslate(__name__, default_lang="en_US")

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 200
#: An .xlsx may unpack to this many bytes in all; a zip bomb unpacks to far more.
MAX_UNPACKED_BYTES = 400 * 1024 * 1024
#: Everything but the rows is held in memory as a whole.
MAX_UNPACKED_PART_BYTES = 100 * 1024 * 1024

# A format of zeros alone, as of codes that all have so many digits
_PADDED = re.compile("0{2,}")
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_MAGIC = b"PK\x03\x04"
#: Sheets of Excel 2 to 4 are bare BIFF streams.
_BIFF_MAGICS = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")

#: The names of all tabs, the name of this one, its numbered rows, whether days count from 1904.
_Tab = tuple[tuple[str, ...], str, Iterator[tuple[int, list[Cell]]], bool]
#: Tells of a row, by its number and cells, whether it holds the titles.
IsHeader = Callable[[int, list[Cell]], bool]


@dataclass(frozen=True)
class Sheet:
    """A sheet that holds data.

    :param name: what stands on its tab, "" for a .csv
    :param names: the tabs of the file
    :param header: the texts of the first row that is not empty, "" for an untitled column
    :param rows: the rows below it that are not empty, each as long as the header
    :param row_numbers: for each of ``rows``, its number as the person sees it, counted from 1
    :param dates_1904: the file counts days from 1904; for days that stand as bare numbers
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    row_numbers: tuple[int, ...] = ()
    name: str = ""
    names: tuple[str, ...] = ()
    dates_1904: bool = False

    def numbered_rows(self) -> Iterator[tuple[int, tuple[Cell, ...]]]:
        """Yield ``(row number, cells)``."""
        return zip(self.row_numbers, self.rows, strict=True)


def read_sheet(
    content: bytes,
    filename: str,
    *,
    name: str | None = None,
    is_header: IsHeader | None = None,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
    max_columns: int = MAX_COLUMNS,
) -> Sheet:
    """Read the first sheet with data, or the one of this name.

    :param content: the file
    :param filename: its name; used where the content alone does not tell what it is
    :param is_header: finds the row with the titles below a letterhead; without it, it is the
        first row that is not empty. A sheet in which no row will do is passed over.
    :raises SpreadsheetError: the file is empty, too large, locked, damaged or of another kind
    """
    if not content:
        raise SpreadsheetError(_lt("The file is empty."))
    check_size(len(content), max_bytes)
    if content.startswith(_ZIP_MAGIC):
        sheets = _iter_xlsx_sheets(content, max_rows, max_columns)
    elif content.startswith(_OLE_MAGIC) or content.startswith(_BIFF_MAGICS):
        sheets = _iter_xls_sheets(content)
    else:
        sheets = _iter_csv_sheets(content, filename)
    for names, title, rows, dates_1904 in sheets:
        if name and name != title and name in names:
            continue
        sheet = _build_sheet(rows, is_header, max_rows, max_columns)
        if sheet is not None:
            return replace(sheet, name=title, names=names, dates_1904=dates_1904)
        if name and not is_header:
            raise SpreadsheetError(_lt("The sheet “%(name)s” is empty. Choose another.", name=name))
    if is_header:
        raise SpreadsheetError(
            _lt(
                "No row of the file holds the titles of the columns that are needed. Check the "
                "sheet and the titles and upload the file again."
            )
        )
    raise SpreadsheetError(_lt("The file has no header row: every sheet is empty."))


def check_size(size: int, max_bytes: int = MAX_BYTES) -> None:
    """Refuse a file that is too large to be read."""
    if size > max_bytes:
        raise SpreadsheetError(
            _lt(
                "The file is larger than %(limit)s MB. Split it and upload the parts one by one.",
                limit=max_bytes // (1024 * 1024),
            )
        )


def _build_sheet(
    rows: Iterable[tuple[int, list[Cell]]],
    is_header: IsHeader | None,
    max_rows: int,
    max_columns: int,
) -> Sheet | None:
    """Split numbered raw rows into header and data; ``None`` when nothing stands in them."""
    header: tuple[str, ...] | None = None
    data: list[tuple[Cell, ...]] = []
    numbers: list[int] = []
    for number, cells in rows:
        last = next((i for i in range(len(cells) - 1, -1, -1) if cells[i] is not None), -1)
        if last < 0:
            continue
        if last >= max_columns:
            raise SpreadsheetError(
                _lt(
                    "Row %(row)s has more than %(limit)s columns. Delete the columns that are not "
                    "needed and upload the file again.",
                    row=number,
                    limit=max_columns,
                )
            )
        if header is None:
            if is_header and not is_header(number, cells):
                continue
            titles = cells[: last + 1]
            header = tuple("" if isinstance(t, CellError) else as_text(t) for t in titles)
            continue
        if len(data) >= max_rows:
            raise SpreadsheetError(
                _lt(
                    "The file has more than %(limit)s rows. Split it and upload the parts one by "
                    "one.",
                    limit=max_rows,
                )
            )
        width = len(header)
        data.append(tuple((cells + [None] * width)[:width]))
        numbers.append(number)
    return Sheet(header, tuple(data), tuple(numbers)) if header is not None else None


# === .xls ===


def _iter_xls_sheets(content: bytes) -> Iterator[_Tab]:
    if _ENCRYPTED_PACKAGE in content:
        raise SpreadsheetError(
            _lt("The file is protected by a password. Save it without one and upload it again.")
        )
    try:
        # The log file keeps xlrd's remarks on damaged files from the server's standard output.
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), on_demand=True)
    except Exception as error:  # damaged files end in struct, index, assertion… errors
        if "encrypted" in str(error).lower():
            raise SpreadsheetError(
                _lt("The file is protected by a password. Save it without one and upload it again.")
            ) from error
        raise _damaged() from error
    for index in range(book.nsheets):
        try:
            sheet = book.sheet_by_index(index)
        except Exception as error:
            raise _damaged() from error
        convert = partial(_convert_xls_cell, book.datemode)
        rows = (
            (row + 1, list(map(convert, sheet.row_types(row), sheet.row_values(row))))
            for row in range(sheet.nrows)
        )
        yield tuple(book.sheet_names()), sheet.name, rows, bool(book.datemode)
        book.unload_sheet(index)


def _convert_xls_cell(datemode: int, kind: int, value: str | float) -> Cell:
    """Convert what a cell of xlrd holds; ``datemode`` 1 counts days from 1904."""
    match kind:
        case xlrd.XL_CELL_TEXT:
            return clean_text(value)
        case xlrd.XL_CELL_NUMBER:
            return clean_number(value)
        case xlrd.XL_CELL_BOOLEAN:
            return bool(value)
        case xlrd.XL_CELL_ERROR:
            return CellError(xlrd.error_text_from_code.get(value, "#ERROR"))
        case xlrd.XL_CELL_DATE:
            try:
                return clean_date(xlrd.xldate.xldate_as_datetime(value, datemode))
            except (xlrd.xldate.XLDateError, ValueError, OverflowError):
                return CellError("#DATE!")
    return None


# === .xlsx ===


def _iter_xlsx_sheets(content: bytes, max_rows: int, max_columns: int) -> Iterator[_Tab]:
    _check_archive(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Exception as error:  # damaged archives end in key, value, XML… errors
        raise _damaged() from error
    try:
        names = tuple(sheet.title for sheet in book.worksheets)
        for sheet in book.worksheets:
            # The size a sheet claims to have is often wrong; the rows themselves tell.
            sheet.reset_dimensions()
            dates_1904 = book.epoch == CALENDAR_MAC_1904
            rows = _iter_xlsx_rows(sheet, dates_1904, max_rows, max_columns)
            yield names, sheet.title, rows, dates_1904
    finally:
        book.close()


def _iter_xlsx_rows(
    sheet, dates_1904: bool, max_rows: int, max_columns: int
) -> Iterator[tuple[int, list[Cell]]]:
    # Two more than allowed, so that one too many is seen; a cell in row 1,048,576 costs nothing.
    # Told a last column, openpyxl would fill every row up to it.
    rows = sheet.iter_rows(max_row=2 * max_rows + 2)
    number = 0
    while True:
        try:
            cells = next(rows, None)
        except Exception as error:
            raise _damaged() from error
        if cells is None:
            return
        number += 1
        yield number, [_convert_xlsx_cell(cell, dates_1904) for cell in cells[: max_columns + 1]]


def _convert_xlsx_cell(cell, dates_1904: bool) -> Cell:
    value = cell.value
    if cell.data_type == "e":
        return CellError(str(value or "#ERROR"))
    match value:
        case None | bool():
            return value
        case int() if value >= 0 and cell.has_style and _PADDED.fullmatch(cell.number_format):
            # A code whose zeros on the left are the format's alone
            return str(value).zfill(len(cell.number_format))
        case int() | float():
            return clean_number(value)
        case datetime() | date():
            return clean_date(value)
        case time():
            if dates_1904 and "y" in cell.number_format.lower():
                # openpyxl takes the very first day for a time of the day
                return clean_date(datetime.combine(CALENDAR_MAC_1904, value))
            return value.isoformat()
        case timedelta():
            return str(value)
    return clean_text(str(value))


def _check_archive(content: bytes) -> None:
    """Refuse what is no workbook, unpacks to too much or carries XML entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            sizes = [member.file_size for member in members]
            parts = [m.file_size for m in members if not m.filename.startswith("xl/worksheets/")]
            if sum(sizes) > MAX_UNPACKED_BYTES or sum(parts) > MAX_UNPACKED_PART_BYTES:
                raise SpreadsheetError(
                    _lt(
                        "The file unpacks to far more than it should and was not opened. Copy the "
                        "data into a new workbook and upload that one."
                    )
                )
            names = {member.filename for member in members}
            if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
                raise SpreadsheetError(
                    _lt(
                        "The file is not an Excel workbook. Save the table as .xlsx, .xls or .csv "
                        "and upload it again."
                    )
                )
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as stream:
                        if b"<!DOCTYPE" in stream.read(1024).upper():
                            raise _damaged()
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        # RuntimeError: a member is encrypted; NotImplementedError: an unknown compression
        raise _damaged() from error


# === .csv ===


def _iter_csv_sheets(content: bytes, filename: str) -> Iterator[_Tab]:
    text = _decode(content)
    beginning = text[:2048].lstrip().lower()
    if beginning.startswith(("<!doctype", "<html", "<?xml", "<table", "<meta")):
        raise SpreadsheetError(
            _lt(
                "The file is a web page saved under the name of a spreadsheet. Open it in Excel or "
                "WPS, save it as .xlsx and upload that file."
            )
        )
    if "\x00" in text or not filename.lower().endswith((".csv", ".txt", ".tsv")):
        raise SpreadsheetError(
            _lt(
                "The file is neither .xlsx, .xls nor .csv. Save the table in one of these formats "
                "and upload it again."
            )
        )
    yield (), "", _iter_csv_rows(text), False


def _iter_csv_rows(text: str) -> Iterator[tuple[int, list[Cell]]]:
    delimiter = _sniff_delimiter(text)
    # Not strict, a quotation mark that is never closed would swallow the rows below it.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise SpreadsheetError(
                _lt(
                    "Row %(row)s of the file cannot be read. Check its quotation marks and upload "
                    "the file again.",
                    row=number + 1,
                )
            ) from error
        if cells is None:
            return
        number += 1
        yield number, [clean_text(cell) for cell in cells]


def _decode(content: bytes) -> str:
    """Decode as UTF-8, with a mark UTF-16, else as GB 18030, which Excel writes in China."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SpreadsheetError(
        _lt(
            "The characters of the file cannot be read. Save it as CSV UTF-8 or as .xlsx and "
            "upload it again."
        )
    )


def _sniff_delimiter(text: str) -> str:
    """Return the separator that splits the first line with content into the most cells."""
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t|", key=first_line.count)


def _damaged() -> SpreadsheetError:
    return SpreadsheetError(
        _lt(
            "The file is damaged or not a spreadsheet. Open it in Excel or WPS, save it as .xlsx "
            "and upload that file."
        )
    )
