"""Points as integers.

Core keeps a card's balance in a float with two meaningful digits. The ledger counts hundredths
of a point instead ("minor units"), so that sums are exact; the only way from the one to the
other is here, through core's own rounding.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from odoo.tools import float_round

DIGITS = 2
UNIT = 10**DIGITS


def to_minor(points: float) -> int:
    """Give the balance or amount ``points`` in hundredths of a point."""
    return int(round(float_round(points, precision_digits=DIGITS) * UNIT))


def from_minor(quantity: int) -> float:
    """Give ``quantity`` hundredths as the float that core expects in its own columns."""
    return float_round(quantity / UNIT, precision_digits=DIGITS)


def multiply(quantity: int, multiplier: float) -> int:
    """Give ``quantity`` (minor units) times a tier's ``multiplier``, rounded towards zero.

    Core rounds the points of an order down (``_program_check_compute_points``); a member never
    gets a part of a point that the programme would not have given.
    """
    exact = Decimal(quantity) * Decimal(str(multiplier))
    return int(exact.to_integral_value(rounding=ROUND_DOWN))


def format_minor(quantity: int) -> str:
    """Write ``quantity`` for a sentence: ``359,88`` hundredths read "359.88", ``300,00`` "300"."""
    whole, rest = divmod(abs(quantity), UNIT)
    sign = "-" if quantity < 0 else ""
    return f"{sign}{whole:,}.{rest:02d}" if rest else f"{sign}{whole:,}"
