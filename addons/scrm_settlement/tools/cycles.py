"""Settlement periods: which days belong together (no ``env``)."""

from collections.abc import Iterable
from datetime import date, timedelta

CYCLES = ("month", "half_month", "week", "quarter")
DAY = timedelta(days=1)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def period(cycle: str, day: date) -> tuple[date, date]:
    """Return the first and the last day of the period that a day belongs to."""
    month = day.replace(day=1)
    if cycle == "week":
        first = day - DAY * day.weekday()
        return first, first + 6 * DAY
    if cycle == "half_month":
        if day.day <= 15:
            return month, month.replace(day=15)
        return month.replace(day=16), _next_month(month) - DAY
    if cycle == "quarter":
        first = month.replace(month=(day.month - 1) // 3 * 3 + 1)
        return first, _next_month(_next_month(_next_month(first))) - DAY
    return month, _next_month(month) - DAY


def find_period(cycle: str, day: date, stated: Iterable[tuple[date, date]]) -> tuple[date, date]:
    """Return the period in which a day is to be settled.

    A day of a period that was stated already belongs to that one. After a change of cycle the
    new period is cut where it would overlap a stated one.
    """
    stated = list(stated)
    for first, last in stated:
        if first <= day <= last:
            return first, last
    first, last = period(cycle, day)
    before = [other for _first, other in stated if other < day]
    after = [other for other, _last in stated if other > day]
    return max([first, *(d + DAY for d in before)]), min([last, *(d - DAY for d in after)])
