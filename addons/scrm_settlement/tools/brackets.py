"""Scales of a settlement rule: which bracket a measure falls into, and what follows from all.

A bracket is half open, `[min, max)`, so that a measure on an edge belongs to exactly one. A scale
is `whole` (the bracket of the measure counts for all of it) or `stepped` (each bracket counts for
the slice of the measure that lies in it, as income tax does).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

MODES = ("whole", "stepped")


@dataclass(frozen=True)
class Bracket:
    """What counts from `min` on and below `max`; without `max`, for everything above."""

    min: Decimal
    max: Decimal | None
    value: Decimal


def find(brackets: Iterable[Bracket], measure: Decimal) -> Bracket | None:
    """Return the bracket that holds the measure, or None."""
    for bracket in brackets:
        if bracket.min <= measure and (bracket.max is None or measure < bracket.max):
            return bracket
    return None


def slices(
    mode: str, brackets: Iterable[Bracket], measure: Decimal
) -> list[tuple[Bracket, Decimal]]:
    """Return the brackets that count and the part of the measure each one counts for.

    :raises ValueError: for an unknown mode
    """
    if mode not in MODES:
        raise ValueError(f"Unknown bracket mode {mode!r}")
    if mode == "whole":
        bracket = find(brackets, measure)
        return [(bracket, measure)] if bracket else []
    found = []
    for bracket in sorted(brackets, key=lambda bracket: bracket.min):
        top = measure if bracket.max is None else min(measure, bracket.max)
        if top > bracket.min:
            found.append((bracket, top - bracket.min))
    return found


def total(mode: str, brackets: Iterable[Bracket], measure: Decimal) -> Decimal:
    """Return the sum of part × value; 0 where no bracket counts.

    Percentages come as percentages: divide by 100 who knows that they are.
    """
    return sum(
        (part * bracket.value for bracket, part in slices(mode, brackets, measure)), Decimal(0)
    )
