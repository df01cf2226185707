"""What the conditions of a segment mean, and in which order segments are made."""

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_HOLDS = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_OPPOSITE = {"=": "!=", "!=": "=", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}
NUMBER_OPERATORS = tuple(_HOLDS)


@dataclass(frozen=True)
class FigureTest:
    """Rows of figures to look for, and whether whoever has such a row meets the condition.

    A customer without a row has bought nothing: that is zero, and never. What zero meets is
    asked the other way round, by who has a row that does not meet it.
    """

    leaf: tuple[str, str, Any]
    has_row: bool


def compare_number(name: str, sign: str, value: float) -> FigureTest:
    """Return how to find whoever's figure compares so to a value."""
    if _HOLDS[sign](0, value):
        return FigureTest((name, _OPPOSITE[sign], value), False)
    return FigureTest((name, sign, value), True)


def compare_date(name: str, sign: str, limit: Any = None) -> FigureTest:
    """Return how to find whoever's date lies so to a limit; never is a date of nobody.

    :param sign: since, before, not_since, ever or never
    :param limit: date, or datetime for a figure with a time; none for ever and never
    """
    return {
        "since": FigureTest((name, ">=", limit), True),
        "before": FigureTest((name, "<", limit), True),
        "not_since": FigureTest((name, ">=", limit), False),
        "ever": FigureTest((name, "!=", False), True),
        "never": FigureTest((name, "!=", False), False),
    }[sign]


def order_by_dependency(reads: Mapping[int, Iterable[int]]) -> list[int]:
    """Return the keys, each after those that it reads; what reads itself comes in any order.

    :param reads: {key: keys that it reads}; unknown ones do not matter
    """
    ordered: dict[int, None] = {}
    entered = set()

    def visit(key):
        if key in entered or key not in reads:
            return
        entered.add(key)
        for other in sorted(reads[key]):
            visit(other)
        ordered[key] = None

    for key in sorted(reads):
        visit(key)
    return list(ordered)


def find_cycle(reads: Mapping[int, Iterable[int]]) -> list[int]:
    """Return keys that read one another in a ring, in reading order, or an empty list."""
    done = set()

    def visit(key, path):
        if key in path:
            return path[path.index(key) :]
        if key in done:
            return []
        for other in sorted(reads.get(key, ())):
            ring = visit(other, [*path, key])
            if ring:
                return ring
        done.add(key)
        return []

    for key in sorted(reads):
        ring = visit(key, [])
        if ring:
            return ring
    return []
