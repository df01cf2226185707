"""Files as people upload them, made for the tests."""

import csv
import io
import zipfile

import openpyxl
import xlwt

#: Code of the error ``#N/A`` in the .xls format.
XLS_NOT_AVAILABLE = 0x2A


def make_xls(rows, dates_1904=False, errors=()):
    """Return an .xls of these rows.

    :param errors: set of (row, column) counted from 0 where a cell holds ``#N/A``
    """
    book = xlwt.Workbook()
    book.dates_1904 = dates_1904
    sheet = book.add_sheet("Sheet")
    date_style = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM")
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if (y, x) in errors:
                sheet.row(y).set_cell_error(x, XLS_NOT_AVAILABLE)
            elif hasattr(value, "year"):
                sheet.write(y, x, value, date_style)
            elif value is not None:
                sheet.write(y, x, value)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def make_xlsx(rows, epoch=None):
    """Return an .xlsx of these rows; the text ``#N/A`` becomes an error cell."""
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    for row in rows:
        book.active.append(row)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def make_csv(rows, encoding="utf-8", delimiter=","):
    """Return a .csv of these rows."""
    output = io.StringIO()
    csv.writer(output, delimiter=delimiter).writerows(rows)
    return output.getvalue().encode(encoding)


def make_zip(members):
    """Return a zip archive of ``{name: bytes}``."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return output.getvalue()
