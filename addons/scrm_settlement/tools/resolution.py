"""Which settlement rule prices a delivery, and why every other one does not.

Specificity is compared dimension by dimension, the first difference wins. It is an order, never
a weighted sum: sums of weights collide. The last position is the rule's id, so the order is
total and does not depend on how the rules were read.

    1 partner    the dealer is named, then an upline of his with its downline, the nearest
                 first                              before  any dealer
    2 scenario   the cooperation scenario is given before  any scenario
    3 region     designated accounts, then city or group of cities, province, nation, none
    4 grade      the dealer's level is given       before  any level
    5 item       product, category (deepest first), library, all
    6 start      the rule that starts later
    7 sequence   the lower sequence
    8 id         the older rule

A company may have regions go before scenarios: positions 2 and 3 change places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

POSITIONS = ("partner", "scenario", "region", "grade", "item", "start", "sequence", "id")
REGION_FIRST = ("partner", "region", "scenario", *POSITIONS[3:])
TARGETS = ("product", "category", "library", "all")
# Ranks of a rule that names nobody and no region: behind all that do.
NO_PARTNER = 255
NO_REGION = 9


@dataclass(frozen=True)
class Rule:
    """What decides about a rule; an empty set means "any"."""

    id: int
    target: str = "all"
    target_id: int = 0
    partners: frozenset[int] = frozenset()
    scenarios: frozenset[int] = frozenset()
    regions: frozenset[int] = frozenset()
    grades: frozenset[int] = frozenset()
    date_from: date | None = None
    date_to: date | None = None
    """Last day, included: as time the period ends where the next local day begins."""
    sequence: int = 10
    scope: str = "service"
    downline: bool = False
    """The partners stand for those below them in the hierarchy, too."""
    since: date | None = None
    """What a rule without a first day does not reach back before; no start of its own."""


@dataclass(frozen=True)
class Query:
    """One delivery to price: who (the commercial partner), what, where and on which local day."""

    partner: int
    product: int
    day: date
    scenario: int = 0
    grade: int = 0
    regions: Mapping[int, int] = field(default_factory=dict)
    """Region id -> closeness (0 designated accounts, 1 city or group, 2 province, 3 nation)."""
    categories: tuple[int, ...] = ()
    """Categories of the product, deepest first."""
    libraries: tuple[int, ...] = ()
    """Libraries that hold the product, in their own order."""
    scope: str = "service"
    uplines: tuple[int, ...] = ()
    """Who stands above the dealer in the hierarchy, nearest first."""


@dataclass(frozen=True)
class Verdict:
    """How one rule fared: `won`, `lost` at a position of the order, or `mismatch` in a dimension.

    `price` is None for a mismatch; dimension `price` means that the base price is unknown,
    `bracket` that no bracket of the rule holds the quantity or amount.
    """

    rule: int
    outcome: str
    reason: str
    price: Decimal | None = None


def mismatch(rule: Rule, query: Query) -> str | None:
    """Return the first dimension in which the rule does not cover the query, or None."""
    if rule.scope != query.scope:
        return "scope"
    if partner_rank(rule, query) is None:
        return "partner"
    if rule.scenarios and query.scenario not in rule.scenarios:
        return "scenario"
    if rule.regions and not any(region in rule.regions for region in query.regions):
        return "region"
    if rule.grades and query.grade not in rule.grades:
        return "grade"
    if _item_rank(rule, query) is None:
        return "item"
    first = rule.date_from or rule.since
    if (first and query.day < first) or (rule.date_to and query.day > rule.date_to):
        return "date"
    return None


def partner_rank(rule: Rule, query: Query) -> int | None:
    """Return how near the rule names the dealer, smaller is nearer; None when it does not."""
    if not rule.partners:
        return NO_PARTNER
    if query.partner in rule.partners:
        return 0
    if rule.downline:
        for distance, upline in enumerate(query.uplines, start=1):
            if upline in rule.partners:
                return min(distance, NO_PARTNER - 1)
    return None


def specificity(rule: Rule, query: Query, order: tuple[str, ...] = POSITIONS) -> tuple:
    """Return the sort key of a rule that covers the query; the smallest key wins."""
    closeness = [query.regions[region] for region in rule.regions if region in query.regions]
    ranks = {
        "partner": partner_rank(rule, query),
        "scenario": 0 if rule.scenarios else 1,
        "region": min(closeness) if closeness else NO_REGION,
        "grade": 0 if rule.grades else 1,
        "item": _item_rank(rule, query),
        "start": -rule.date_from.toordinal() if rule.date_from else 0,
        "sequence": rule.sequence,
        "id": rule.id,
    }
    return tuple(ranks[name] for name in order)


def resolve(
    rules: Iterable[Rule],
    query: Query,
    price_of: Callable[[Rule], Decimal | str | None],
    order: tuple[str, ...] = POSITIONS,
) -> list[Verdict]:
    """Judge every rule for the query: the winner first, then the losers, then the mismatches.

    A rule whose price cannot be computed (no base price on that day, no bracket) is no
    candidate: the next one is taken, and nothing is ever priced 0 for want of a rule.

    :param price_of: the price of one unit; or why there is none, None for want of a base
    :param order: `POSITIONS`, or `REGION_FIRST` where the company wants that
    """
    candidates, rejected = [], []
    for rule in rules:
        reason = mismatch(rule, query)
        price = None if reason else price_of(rule)
        if not isinstance(price, Decimal):
            rejected.append(Verdict(rule.id, "mismatch", reason or price or "price"))
        else:
            candidates.append((specificity(rule, query, order), rule, price))
    candidates.sort(key=lambda candidate: candidate[0])
    verdicts = []
    for position, (key, rule, price) in enumerate(candidates):
        if position == 0:
            reason = "best" if len(candidates) > 1 else "only"
            verdicts.append(Verdict(rule.id, "won", reason, price))
            continue
        best = candidates[0][0]
        reason = next(name for name, mine, its in zip(order, key, best, strict=True) if mine != its)
        if reason == "partner" and best[0]:
            reason = "upline"
        verdicts.append(Verdict(rule.id, "lost", reason, price))
    return verdicts + sorted(rejected, key=lambda verdict: verdict.rule)


def _item_rank(rule: Rule, query: Query) -> tuple[int, int] | None:
    """Return how closely the rule names the product, smaller is closer; None when it does not."""
    if rule.target == "product":
        return (0, 0) if rule.target_id == query.product else None
    if rule.target == "category":
        in_tree = rule.target_id in query.categories
        return (1, query.categories.index(rule.target_id)) if in_tree else None
    if rule.target == "library":
        return (2, 0) if rule.target_id in query.libraries else None
    return (3, 0)
