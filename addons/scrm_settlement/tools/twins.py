"""Which lines of the journal wait because another one seems to settle the same."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple


class Pair(NamedTuple):
    """Two lines about the same dealer and product.

    :param line: the one that would wait
    :param twin: the one that may settle the same
    :param has_number: a number of the one is a number of the other
    :param days: between them
    :param asked: quantity, or money, of the line
    :param room: quantity, or money, of the twin that nothing answers yet
    """

    line: int
    twin: int
    has_number: bool
    days: int
    asked: Decimal
    room: Decimal


def choose(pairs: Iterable[Pair]) -> dict[int, int]:
    """Return {line that waits: its twin}.

    A shared number is reason enough, whatever the quantity. Without one the nearest lines wait,
    until together they make up what the twin settles.
    """
    chosen: dict[int, int] = {}
    left: dict[int, Decimal] = {}
    for pair in sorted(pairs, key=_get_rank):
        room = left.setdefault(pair.twin, pair.room)
        if pair.line not in chosen and (pair.has_number or room > 0):
            chosen[pair.line] = pair.twin
            left[pair.twin] = room - pair.asked
    return chosen


def _get_rank(pair: Pair) -> tuple:
    return not pair.has_number, pair.days, pair.line, pair.twin
