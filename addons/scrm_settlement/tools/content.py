"""The content of a statement as one number, and the documents that settle it (no ``env``)."""

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal

# Document by mode, for a positive and for a negative total.
DOCUMENT_TYPES = {
    "vendor_bill": ("in_invoice", "in_refund"),
    "customer_credit_note": ("out_refund", "out_invoice"),
    "customer_invoice": ("out_invoice", "out_refund"),
}
# Those by which the dealer owes us.
RECEIVABLE_MODES = ("customer_invoice",)


def document_type(mode: str, negative: bool) -> str:
    """Return the kind of Odoo document (``move_type``) of a statement."""
    return DOCUMENT_TYPES[mode][negative]


def _plain(value) -> str:
    """Return a number as text that does not depend on trailing zeros."""
    number = Decimal(str(value))
    return format(number.normalize() if number else Decimal(0), "f")


def digest(header: dict, rows: Iterable[dict]) -> str:
    """Return the SHA-256 of a statement's content; the order of its lines does not matter.

    :param header: what the statement is about; numbers as Decimal
    :param rows: its lines, each with an ``id``
    """
    content = [header, *sorted(rows, key=lambda row: row["id"])]
    text = json.dumps(content, sort_keys=True, default=_plain, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
