"""What a volume of a period earns: the target that its true-ups lead to, in decimals."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from .brackets import Bracket, slices

_HUNDRED = Decimal(100)


def target(
    *,
    percent: bool,
    by_amount: bool,
    mode: str,
    brackets: Sequence[Bracket],
    value: Decimal,
    quantity: Decimal,
    amount: Decimal,
) -> Decimal:
    """Return what a period's volume earns, not rounded.

    The scale is measured by quantity or by amount; what it says is paid for each unit or, as a
    percentage, of the amount. Where both differ (3 % of the amount from 100 units on), a slice of
    the measure stands for the same share of what is paid for.

    :param percent: the value of a bracket is a percentage of the amount
    :param by_amount: brackets are of the amount, not of the quantity
    :param value: what counts when there are no brackets
    """
    paid = amount if percent else quantity
    measure = amount if by_amount else quantity
    if not brackets:
        earned = paid * value
    elif measure <= 0:
        earned = Decimal(0)
    else:
        parts = slices(mode, brackets, measure)
        earned = sum((part * bracket.value for bracket, part in parts), Decimal(0))
        if paid != measure:
            earned = earned * paid / measure
    return earned / _HUNDRED if percent else earned
