"""The arithmetic of dealer credit: what a dealer owes, and what stands against a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)

#: What an exposure is made of, in the order in which it is read; amounts are signed.
COMPONENTS = (
    "receivable",
    "delivered",
    "ordered",
    "draft_invoice",
    "statement",
    "payable",
    "deposit",
)


@dataclass(frozen=True)
class OrderLine:
    """Amounts of an order line, taxes included, in the company's currency."""

    delivered: Decimal
    undelivered: Decimal
    invoiced: Decimal
    in_horizon: bool = True


@dataclass(frozen=True)
class Exposure:
    """What a dealer owes and will owe, by component."""

    parts: Mapping[str, Decimal] = field(default_factory=dict)
    days_overdue: int = 0
    days_open: int = 0

    @property
    def total(self) -> Decimal:
        return sum(self.parts.values(), ZERO)


@dataclass(frozen=True)
class Terms:
    """What a dealer is allowed: ``None`` means that it is not limited."""

    limit: Decimal | None = None
    is_expired: bool = False
    max_days_overdue: int | None = None
    max_days_open: int | None = None


def get_open_order(lines: Iterable[OrderLine], is_held: bool = False) -> tuple[Decimal, Decimal]:
    """Return what of an order is (delivered but not invoiced, still to be delivered).

    What was invoiced pays for what was delivered first, then for what is due after the horizon,
    so an order that was invoiced ahead is not owed twice; neither part is below zero, so one that
    was invoiced too much frees no credit. Goods that a hold keeps back are not owed.
    """
    lines = list(lines)
    delivered = sum((line.delivered for line in lines), ZERO)
    invoiced = sum((line.invoiced for line in lines), ZERO)
    later = sum((line.undelivered for line in lines if not line.in_horizon), ZERO)
    soon = sum((line.undelivered for line in lines if line.in_horizon), ZERO)
    surplus = max(ZERO, max(ZERO, invoiced - delivered) - max(ZERO, later))
    ordered = ZERO if is_held else max(ZERO, soon - surplus)
    return max(ZERO, delivered - invoiced), ordered


def find_reasons(exposure: Exposure, amount: Decimal, terms: Terms) -> tuple[str, ...]:
    """Return why a document of this amount may not go on; nothing means that it may.

    A document that reaches the limit exactly passes.
    """
    reasons = []
    if terms.limit is not None and exposure.total + amount > terms.limit:
        reasons.append("expired" if terms.is_expired else "limit")
    if terms.max_days_overdue is not None and exposure.days_overdue > terms.max_days_overdue:
        reasons.append("overdue")
    if terms.max_days_open is not None and exposure.days_open > terms.max_days_open:
        reasons.append("age")
    return tuple(reasons)
