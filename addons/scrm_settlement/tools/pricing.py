"""Unit prices of settlement rules, in decimals, without the ORM.

Numeric columns arrive as floats; `decimal_of` takes their shortest text, so 33.335 stays 33.335
and rounds half up as accountants expect. Amounts of money are not rounded here: that is the
currency's and the tax engine's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

import pytz

from .brackets import Bracket, find, slices

METHODS = ("fixed", "discount", "margin", "formula", "percent")
_HUNDRED = Decimal(100)
# As many decimals as the numeric columns of unit prices hold.
_STORED_STEP = Decimal("0.000001")


def decimal_of(value: float | int | str | Decimal) -> Decimal:
    """Return `value` as the decimal that a person would read."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def round_step(amount: Decimal, step: Decimal) -> Decimal:
    """Round `amount` half away from zero to a multiple of `step`; a step of 0 rounds nothing."""
    if not step:
        return amount
    return (amount / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step


def unit_price(
    method: str,
    value: Decimal,
    base: Decimal | None,
    step: Decimal,
    *,
    surcharge: Decimal = Decimal(0),
    floor: Decimal = Decimal(0),
    ceiling: Decimal = Decimal(0),
) -> Decimal | None:
    """Return the price of one unit, or None when the base that the method needs is unknown.

    :param method: `fixed` (value is the price), `discount` (value is the percentage off the
        base), `margin` (value is the percentage added to the base, a cost), `formula` (a discount,
        then the step, the surcharge, the floor and the ceiling, as core's pricelists do) or
        `percent` (value is the share of the base, what the source sold for; the share of an
        amount is not rounded by the unit, so the step is not looked at)
    :param value: money per unit, or a percentage such as 8 for 8 %
    :param base: money per unit; ignored by `fixed`
    :param step: multiple to round to, 0 for none; the result never has more than 6 decimals
    :param ceiling: 0 for none
    :raises ValueError: for an unknown method
    """
    if method == "fixed":
        price = round_step(value, step)
    elif method not in METHODS:
        raise ValueError(f"Unknown price method {method!r}")
    elif base is None:
        return None
    elif method == "percent":
        price = base * value / _HUNDRED
    else:
        share = _HUNDRED + value if method == "margin" else _HUNDRED - value
        price = round_step(base * share / _HUNDRED, step)
        if method == "formula":
            price = max(price + surcharge, floor)
            price = min(price, ceiling) if ceiling else price
    return round_step(price, _STORED_STEP)


def scaled_price(
    mode: str,
    brackets: Iterable[Bracket],
    measure: Decimal,
    price_of: Callable[[Decimal], Decimal],
) -> tuple[Decimal, Bracket] | None:
    """Return the price of one unit under a scale and the bracket of the measure, or None.

    Stepped, it is the average over the slices, not rounded: × the quantity it is what they come to.

    :param price_of: the price of one unit for the value of a bracket
    """
    brackets = list(brackets)
    bracket = find(brackets, measure)
    if bracket is None:
        return None
    if mode == "whole" or not measure:
        return price_of(bracket.value), bracket
    amount = sum(
        (part * price_of(step.value) for step, part in slices(mode, brackets, measure)), Decimal(0)
    )
    return amount / measure, bracket


def local_day(moment: datetime, zone: str) -> date:
    """Return the calendar day of a naive UTC moment in the time zone named `zone`."""
    return pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).date()


def local_noon(day: date, zone: str) -> datetime:
    """Return noon of a calendar day in the time zone named `zone`, as a naive UTC moment."""
    noon = pytz.timezone(zone).localize(datetime.combine(day, time(12)))
    return noon.astimezone(pytz.utc).replace(tzinfo=None)
