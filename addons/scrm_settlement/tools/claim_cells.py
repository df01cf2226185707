"""What the cells of a dealer's spreadsheet mean: numbers, codes and days as people write them.

A cell without a meaning raises ``CellProblem`` with a sentence; an empty one is ``None``.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from odoo.tools.translate import LazyGettext, LazyTranslate

from odoo.addons.scrm_base.tools.spreadsheet import Cell, CellError, as_text
from odoo.addons.scrm_base.tools.spreadsheet_write import unescape_formula

_lt = LazyTranslate(__name__, default_lang="en_US")

#: Beyond this an entry is a slip of the keyboard or a code in the wrong column.
LARGEST = Decimal(10) ** 13
#: How a day in figures is written where the year does not come first.
DAY_ORDERS = ("ymd", "dmy", "mdy")

#: The signs that may stand beside an amount
CURRENCY_SIGN = r"(?:人民币|rmb|cny|cn¥|¥|us\$|usd|hk\$|hkd|\$|eur|€|gbp|£)"
_NUMBER_RE = re.compile(
    rf"(?P<open>\()?(?P<sign>[+-])?{CURRENCY_SIGN}?(?P<inner>[+-])?(?P<digits>[\d.,]+)"
    rf"(?P<exponent>e[+-]?\d{{1,2}})?(?P<scale>[千万亿])?(?:元|{CURRENCY_SIGN})?(?P<percent>%)?"
    r"(?P<close_early>\))?(?P<trailing>[+-])?(?P<close>\))?"
)
# Groups of three, or of four as Chinese counts
_PLAIN_RE = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,4}(?:,\d{4})+)?(?:\.\d*)?")
#: The units that numbers are counted in
CHINESE_UNITS = {"千": 1000, "万": 10_000, "亿": 100_000_000}
_MINUSES = str.maketrans({c: "-" for c in "−–—﹣‐‑"})
_ERROR_RE = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)", re.IGNORECASE)

_YEAR_FIRST_RE = re.compile(r"(\d{4}|\d{2}(?=年))[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?")
_YEAR_LAST_RE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_COMPACT_RE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH_DAY_RE = re.compile(r"(\d{1,2})月(\d{1,2})[日号]")
_CHINESE_DAY_RE = re.compile(
    r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号]"
)
_TIME_RE = re.compile(r"[ T]*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
_CHINESE_DIGITS = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
#: Excel's 31 December 9999
_LAST_SERIAL = 2_958_465


class CellProblem(ValueError):
    """A cell has no meaning where it stands; ``env._(problem.message)`` says why."""

    def __init__(self, message: LazyGettext):
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class Code(NamedTuple):
    """A code, reference or serial number.

    :param text: as it is shown
    :param is_number: the cell held a number, which has no left zeros even where the code has some
    """

    text: str
    is_number: bool = False

    @property
    def key(self) -> str:
        return fold(self.text)


def normalise(text: str) -> str:
    """Return a text with half-width letters, digits and punctuation."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_MINUSES)
    return text.strip()


def fold(text: str) -> str:
    """Return what two spellings of one code have in common."""
    if text.isalnum() and text.isascii():
        return text.casefold()
    return "".join(normalise(text).split()).casefold()


def strip_zeros(key: str) -> str:
    """Return the key of a code as a spreadsheet keeps it once it has taken it for a number."""
    if key.isascii() and key.isdecimal():
        return key.lstrip("0") or "0"
    return key


def get_key(text: str) -> str:
    """Return what two spellings of a number have in common, left zeros or not."""
    return strip_zeros(fold(text))


def parse_number(cell: Cell | float | int, decimal_comma: bool = False) -> Decimal | None:
    """Return the number of a cell.

    :param decimal_comma: texts are written 1.234,50 instead of 1,234.50
    :raises CellProblem: the cell is an error or no number
    """
    if cell is None:
        return None
    if isinstance(cell, Decimal):
        return check_size(cell)
    if isinstance(cell, CellError):
        raise error_cell(cell.code)
    if isinstance(cell, (bool, date)):
        raise _no_number(cell)
    if isinstance(cell, (int, float)):
        return check_size(Decimal(repr(cell)))
    return _parse_number_text(cell, decimal_comma)


def parse_code(cell: Cell | float | int, is_text_file: bool = False) -> Code | None:
    """Return the code of a cell.

    :param is_text_file: the file has no numbers at all (.csv): figures without a left zero may
        have lost theirs in Excel
    """
    if cell is None:
        return None
    if isinstance(cell, CellError):
        raise error_cell(cell.code)
    if isinstance(cell, float):
        cell = Decimal(int(cell)) if cell.is_integer() else Decimal(repr(cell))
    if isinstance(cell, int) and not isinstance(cell, bool):
        cell = Decimal(cell)
    if isinstance(cell, Decimal):
        return Code(format(cell, "f"), is_number=True)
    text = unescape_formula(as_text(cell)).strip()
    if not text:
        return None
    if _ERROR_RE.fullmatch(text):
        raise error_cell(text)
    lost = is_text_file and text.isascii() and text.isdecimal() and not text.startswith("0")
    return Code(text, is_number=lost)


def parse_day(
    cell: Cell | float | int,
    order: str = "ymd",
    dates_1904: bool = False,
    year: int | None = None,
) -> date | None:
    """Return the day of a cell.

    :param order: "ymd", "dmy" or "mdy": how days in figures are written
    :param dates_1904: bare numbers count days from 1904 instead of 1900
    :param year: of a day that is written without one (11月5日)
    :raises CellProblem: the cell is an error or no day
    """
    if cell is None:
        return None
    if isinstance(cell, CellError):
        raise error_cell(cell.code)
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool):
        raise _no_day(cell)
    if isinstance(cell, (int, float, Decimal)):
        return _parse_day_number(
            Decimal(repr(cell) if isinstance(cell, float) else cell), dates_1904
        )
    return _parse_day_text(cell, order, dates_1904, year)


def _parse_number_text(cell: str, decimal_comma: bool) -> Decimal | None:
    text = "".join(normalise(unescape_formula(cell)).casefold().split())
    # Accountants write nothing as a dash
    if not text or text in ("-", "/"):
        return None
    if _ERROR_RE.fullmatch(text):
        raise error_cell(text.upper())
    found = _NUMBER_RE.fullmatch(text)
    if not found:
        raise _no_number(cell)
    digits = found["digits"]
    if decimal_comma:
        digits = digits.translate(str.maketrans(".,", ",."))
    closed = [mark for mark in (found["close_early"], found["close"]) if mark]
    signs = [sign for sign in (found["sign"], found["inner"], found["trailing"]) if sign]
    if (
        not _PLAIN_RE.fullmatch(digits)
        or not any(c.isdecimal() for c in digits)
        or len(closed) != bool(found["open"])
        or len(signs) + len(closed) > 1
    ):
        raise _no_number(cell)
    number = Decimal(digits.replace(",", "") + (found["exponent"] or ""))
    number *= CHINESE_UNITS.get(found["scale"], 1)
    if found["percent"]:
        number /= 100
    return check_size(-number if closed or "-" in signs else number)


def _parse_day_number(number: Decimal, dates_1904: bool) -> date:
    whole = int(number)
    if whole > _LAST_SERIAL and number == whole:
        compact = _COMPACT_RE.fullmatch(str(whole))
        if compact:
            return _make_day(number, *map(int, compact.groups()))
    if not 0 <= number < _LAST_SERIAL + 1 or (whole in (0, 60) and not dates_1904):
        # Day 60 is 29 February 1900, which never was
        raise _no_day(number)
    first = date(1904, 1, 1) if dates_1904 else date(1899, 12, 31 if whole < 60 else 30)
    try:
        return first + timedelta(days=whole)
    except OverflowError as error:
        raise _no_day(number) from error


def _parse_day_text(cell: str, order: str, dates_1904: bool, year: int | None) -> date | None:
    text = normalise(cell)
    if not text or text in ("-", "/"):
        return None
    if _ERROR_RE.fullmatch(text):
        raise error_cell(text)
    text = "".join(_TIME_RE.sub("", text).split())
    found = _YEAR_FIRST_RE.fullmatch(text) or _COMPACT_RE.fullmatch(text)
    if found:
        first, month, day = map(int, found.groups())
        return _make_day(cell, first + 2000 if first < 100 else first, month, day)
    found = _CHINESE_DAY_RE.fullmatch(text)
    if found:
        year_digits = "".join(str(_CHINESE_DIGITS[c]) for c in found[1])
        return _make_day(cell, int(year_digits), *map(_chinese_count, found.groups()[1:]))
    found = _YEAR_LAST_RE.fullmatch(text)
    if found and order != "ymd":
        one, two, last = map(int, found.groups())
        day, month = (one, two) if order == "dmy" else (two, one)
        return _make_day(cell, last, month, day)
    found = _MONTH_DAY_RE.fullmatch(text)
    if found and year:
        return _make_day(cell, year, *map(int, found.groups()))
    if text.isascii() and text.isdecimal() and len(text) <= len(str(_LAST_SERIAL)):
        return _parse_day_number(Decimal(text), dates_1904)
    raise _no_day(cell)


def _chinese_count(text: str) -> int:
    """Return 1 to 99 from 一 to 九十九."""
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return int("".join(str(_CHINESE_DIGITS[c]) for c in text))
    return 10 * (_CHINESE_DIGITS.get(tens, 0) if tens else 1) + _CHINESE_DIGITS.get(ones, 0)


def _make_day(cell, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise _no_day(cell) from error


def check_size(number: Decimal) -> Decimal:
    if not number.is_finite() or abs(number) >= LARGEST:
        raise CellProblem(_lt("“%(cell)s” is too large", cell=f"{number:.15g}"))
    return number


def error_cell(code: str) -> CellProblem:
    return CellProblem(
        _lt("the cell holds the error %(code)s; repair its formula and save the file", code=code)
    )


def _no_number(cell) -> CellProblem:
    return CellProblem(_lt("“%(cell)s” is no number", cell=as_text(cell)))


def _no_day(cell) -> CellProblem:
    text = format(cell, "f") if isinstance(cell, Decimal) else as_text(cell)
    return CellProblem(
        _lt("“%(cell)s” is no day; write it as 2026-11-05 or 2026年11月5日", cell=text)
    )
