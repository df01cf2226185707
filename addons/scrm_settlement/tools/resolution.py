"""Which settlement rule prices a delivery, and why every other one does not.

Specificity is compared dimension by dimension, the first difference wins. It is an order, never
a weighted sum: sums of weights collide. The last position is the rule's id, so the order is
total and does not depend on how the rules were read.

    1 partner    the dealer is named               before  any dealer
    2 scenario   the cooperation scenario is given before  any scenario
    3 region     designated accounts, then city or group of cities, province, nation, none
    4 grade      the dealer's level is given       before  any level
    5 item       product, category (deepest first), library, all
    6 start      the rule that starts later
    7 sequence   the lower sequence
    8 id         the older rule
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

POSITIONS = ("partner", "scenario", "region", "grade", "item", "start", "sequence", "id")
TARGETS = ("product", "category", "library", "all")


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


@dataclass(frozen=True)
class Verdict:
    """How one rule fared: `won`, `lost` at a position of the order, or `mismatch` in a dimension.

    `price` is None for a mismatch; dimension `price` means that the base price is unknown.
    """

    rule: int
    outcome: str
    reason: str
    price: Decimal | None = None


def mismatch(rule: Rule, query: Query) -> str | None:
    """Return the first dimension in which the rule does not cover the query, or None."""
    if rule.partners and query.partner not in rule.partners:
        return "partner"
    if rule.scenarios and query.scenario not in rule.scenarios:
        return "scenario"
    if rule.regions and not any(region in rule.regions for region in query.regions):
        return "region"
    if rule.grades and query.grade not in rule.grades:
        return "grade"
    if _item_rank(rule, query) is None:
        return "item"
    if (rule.date_from and query.day < rule.date_from) or (
        rule.date_to and query.day > rule.date_to
    ):
        return "date"
    return None


def specificity(rule: Rule, query: Query) -> tuple:
    """Return the sort key of a rule that covers the query; the smallest key wins."""
    closeness = [query.regions[region] for region in rule.regions if region in query.regions]
    return (
        0 if rule.partners else 1,
        0 if rule.scenarios else 1,
        min(closeness) if closeness else 9,
        0 if rule.grades else 1,
        _item_rank(rule, query),
        -rule.date_from.toordinal() if rule.date_from else 0,
        rule.sequence,
        rule.id,
    )


def resolve(
    rules: Iterable[Rule], query: Query, price_of: Callable[[Rule], Decimal | None]
) -> list[Verdict]:
    """Judge every rule for the query: the winner first, then the losers, then the mismatches.

    A rule whose price cannot be computed (no base price on that day) is no candidate: the next
    one is taken, and nothing is ever priced 0 for want of a rule.
    """
    candidates, rejected = [], []
    for rule in rules:
        reason = mismatch(rule, query)
        price = None if reason else price_of(rule)
        if reason or price is None:
            rejected.append(Verdict(rule.id, "mismatch", reason or "price"))
        else:
            candidates.append((specificity(rule, query), rule.id, price))
    candidates.sort(key=lambda candidate: candidate[0])
    verdicts = []
    for position, (key, rule_id, price) in enumerate(candidates):
        if position == 0:
            reason = "best" if len(candidates) > 1 else "only"
            verdicts.append(Verdict(rule_id, "won", reason, price))
            continue
        best = candidates[0][0]
        reason = next(
            name for name, mine, its in zip(POSITIONS, key, best, strict=True) if mine != its
        )
        verdicts.append(Verdict(rule_id, "lost", reason, price))
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
