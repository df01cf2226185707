"""What a KPI is made of: two numbers, each of records that can be shown."""

from __future__ import annotations

from dataclasses import dataclass

from odoo.tools import SQL


@dataclass(frozen=True)
class Part:
    """One number of a KPI.

    :param label: what is counted, for people
    :param model: name of the model of the records
    :param domain: which records, as a client can send it back
    :param measure: what is summed up over the records; their number by default
    :param is_amount: whether it is money in the company's currency
    """

    label: str
    model: str
    domain: list
    measure: SQL | None = None
    is_amount: bool = False


@dataclass(frozen=True)
class Definition:
    """A KPI: ``numerator / denominator`` over a window of days.

    :param days: how many, today included; 0 for all time
    :param unit: how the quotient reads: ``percent``, ``ratio`` or ``amount``
    """

    numerator: Part
    denominator: Part
    days: int
    unit: str = "percent"
