"""What dealers type on the portal, as numbers."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation

#: More than any price, quantity or amount, and less than what a column can hold.
LIMIT = Decimal(10) ** 9
#: The largest number of a record.
MAX_ID = 2**31 - 1


def parse_value(text: str | None) -> Decimal | None:
    """Return the number a person typed, or None when there is none that can be one.

    Full-width digits, currency signs, thousands separators and blanks are how people write.
    """
    plain = unicodedata.normalize("NFKC", text or "")
    plain = "".join(plain.split()).strip("¥$€").replace(",", "")
    if "_" in plain:  # Decimal reads 1_0 as ten
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < LIMIT else None


def parse_day(text: str | None) -> date | None:
    """Return the day that a browser's date field sends, or None when it is no day."""
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        return None


def is_id(text: str) -> bool:
    """Tell whether the text can be the number of a record: the database knows no larger one."""
    return text.isdecimal() and len(text) < 12 and int(text) <= MAX_ID
