"""What dealers type on the portal, as numbers."""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation

#: More than any price, quantity or amount, and less than what a column can hold.
LIMIT = Decimal(10) ** 9


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
