"""Which tier a set of facts gives, and how long it holds. No environment, no clock of its own.

A fact is "so many qualifying points were earned on this local day". The day is the unit: the
order in which the facts of a day arrive, and how often somebody looks, cannot matter.

Rules
-----
- Points of day *d* count from *d* to the last day of their window, both included:
  ``d + n days`` or ``d + n months`` (31 January + 1 month is 28 February).
- A member stands on the highest rung whose threshold the points in the window reach.
- Rising is immediate. Falling waits for the end of the month in which the points fell short
  when the programme keeps tiers to the month's end, otherwise it is immediate too.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytz
from dateutil.relativedelta import relativedelta

KEEP_NONE = "day"
KEEP_MONTH = "month"


@dataclass(frozen=True)
class Window:
    """How long a point counts: ``length`` (above zero) of ``unit``, "days" or "months"."""

    unit: str
    length: int

    def last_day(self, earned: date) -> date:
        """Give the last day on which points of the day ``earned`` count."""
        return earned + relativedelta(**{self.unit: self.length})

    def first_day(self, today: date) -> date:
        """Give the earliest day whose points still count on ``today``."""
        first = today - relativedelta(**{self.unit: self.length})
        # 31 March - 1 month is 28 February, whose points ended on 28 March
        while self.last_day(first) < today:
            first += timedelta(days=1)
        return first


@dataclass(frozen=True)
class Rung:
    """A step of the ladder: ``key`` (the tier's id) and ``threshold`` in minor units."""

    key: int
    threshold: int


@dataclass(frozen=True)
class Standing:
    """What the facts say on a day.

    :param total: qualifying points in the window, minor units
    :param key: the rung stood on, ``None`` below the lowest
    :param window_from: first day of the window
    :param valid_until: last day on which ``key`` holds when nothing more is earned, ``None``
        when it cannot be lost
    :param review_on: first day on which ``total`` or ``key`` differs when nothing more is
        earned, ``None`` when nothing will change
    """

    total: int
    key: int | None
    window_from: date
    valid_until: date | None
    review_on: date | None


def local_day(moment: datetime, tz: str) -> date:
    """Give the day of ``moment`` (naive UTC, as Odoo stores it) in the time zone ``tz``."""
    return pytz.utc.localize(moment).astimezone(pytz.timezone(tz)).date()


def month_end(day: date) -> date:
    """Give the last day of the month of ``day``."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


class _Ladder:
    """The facts of one member seen against the rungs of one group."""

    def __init__(self, facts, rungs: Sequence[Rung], window: Window, today: date):
        self.rungs = sorted(rungs, key=lambda rung: (rung.threshold, rung.key))
        self.window = window
        by_day = Counter()
        for day, quantity in facts:
            by_day[day] += quantity
        # Reversals stand on the day of what they reverse, so a day below zero is a mistake of
        # somebody else; it must not eat the points of other days.
        self.by_day = {day: net for day, net in by_day.items() if day <= today and net > 0}

    def total(self, on: date) -> int:
        """Sum the points that count on the day ``on``."""
        return sum(
            net for day, net in self.by_day.items() if day <= on <= self.window.last_day(day)
        )

    def level(self, on: date) -> int:
        """Give the index of the highest rung reached on the day ``on``, -1 for none."""
        total = self.total(on)
        return sum(1 for rung in self.rungs if rung.threshold <= total) - 1


def evaluate(
    facts: Iterable[tuple[date, int]],
    rungs: Sequence[Rung],
    window: Window,
    today: date,
    keep: str = KEEP_MONTH,
) -> Standing:
    """Say where a member stands on ``today``.

    :param facts: pairs of local day and qualifying points in minor units, in any order; facts
        after ``today`` do not count
    :param keep: ``KEEP_MONTH`` or ``KEEP_NONE``, see the module's rules
    """
    ladder = _Ladder(facts, rungs, window, today)
    now = ladder.level(today)
    level = now
    if keep == KEEP_MONTH:
        # Within a month the total falls by expiry alone, so it peaked on its first day or on a
        # day on which something was earned.
        start = today.replace(day=1)
        peaks = {start} | {day for day in ladder.by_day if start <= day < today}
        level = max([now, *(ladder.level(day) for day in peaks)])

    drops = sorted({window.last_day(day) + timedelta(days=1) for day in ladder.by_day})
    drops = [day for day in drops if day > today]
    valid_until = _valid_until(ladder, level, now, drops, today, keep)
    changes = drops[:1] + ([valid_until + timedelta(days=1)] if valid_until else [])
    return Standing(
        total=ladder.total(today),
        key=ladder.rungs[level].key if level >= 0 else None,
        window_from=window.first_day(today),
        valid_until=valid_until,
        review_on=min(changes, default=None),
    )


def _valid_until(ladder, level, now, drops, today, keep) -> date | None:
    """Give the last day of rung ``level``; ``drops`` are the coming days of expiry, sorted."""
    if level < 0:
        return None
    if now < level:
        return month_end(today)
    for day in drops:
        if ladder.level(day) < level:
            if keep == KEEP_MONTH and day.day != 1:
                return month_end(day)
            return day - timedelta(days=1)
    return None


def missing(standing_total: int, threshold: int) -> int:
    """Give what is still to be earned to reach ``threshold``, in minor units, never below 0."""
    return max(threshold - standing_total, 0)
