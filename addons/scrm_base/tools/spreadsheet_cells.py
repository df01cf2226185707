"""What an uploaded table may hold, whatever kind of file it stands in, and what says no."""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from odoo.tools.translate import LazyGettext

#: Excel keeps 15 significant digits; what stands after them is noise of binary fractions.
SIGNIFICANT_DIGITS = 15
#: Whole numbers below this have no more digits.
_EXACT = 10**SIGNIFICANT_DIGITS

#: No person typed them; the database and the XML of a workbook refuse some.
_CONTROL_RE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class SpreadsheetError(Exception):
    """The file cannot be read; the message is a sentence that says what to do.

    ``env._(error.message)`` gives it in the reader's language.
    """

    def __init__(self, message: LazyGettext):
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True)
class CellError:
    """A cell without a usable value: a failed formula (``#N/A``), an impossible date."""

    code: str

    def __str__(self) -> str:
        return self.code


Cell = str | Decimal | date | datetime | bool | None | CellError


def clean_number(value: float | int) -> Decimal | CellError:
    """Return a spreadsheet's number as it is shown: 0.1 + 0.2 is 0.3, 42.0 is 42."""
    if isinstance(value, int):
        return Decimal(value)
    if value.is_integer() and abs(value) < _EXACT:
        return Decimal(int(value))
    if not math.isfinite(value):
        return CellError("#NUM!")
    number = Decimal(format(value, f".{SIGNIFICANT_DIGITS}g"))
    if number == number.to_integral_value():
        # int() turns 1E+20 into digits; Decimal("-0") into 0
        return Decimal(int(number))
    return number


def as_text(cell: Cell) -> str:
    """Return a cell as a person would read it; "" for an empty one.

    :raises ValueError: the cell is a ``CellError``
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, CellError):
        raise ValueError(cell.code)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat()


def clean_text(text: str) -> str | None:
    if not text.isprintable():
        text = _CONTROL_RE.sub("", text)
    return text.strip() or None


def clean_date(value: date | datetime) -> date | datetime:
    """Return a date where the time of the day is midnight: the cell shows no time."""
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return value
