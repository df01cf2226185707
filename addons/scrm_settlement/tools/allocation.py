"""Who gets how much of what is scarce: whole units, the same answer in whatever order one asks.

What the strategies of a class mean:

- ``gain`` and ``fill`` keep what they hold, whoever else wants it;
- guarantees come next, scaled down together when there is not enough for all of them;
- ``win`` is then served before everybody, ``gain`` and ``redistribute`` after it, in the order of
  the classes;
- ``fill`` gets more from what nobody holds only, so that nobody loses for it;
- ``lose`` gets what is left.

Within a class ``fifo`` serves the earliest order first; ``proportional`` shares by what dealers
ask, ``weight`` by their weights, both among dealers and then their earliest order first.
``quota`` is served like ``fifo``; its ceiling is the quota.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

STRATEGIES = ("win", "gain", "redistribute", "fill", "lose")
METHODS = ("fifo", "proportional", "weight", "quota")
_PHASES = {"win": 0, "gain": 1, "redistribute": 1, "fill": 2, "lose": 3}
_KEEPERS = frozenset({"gain", "fill"})

# What is done for every demand takes its fields by place: twice as fast as by name.
_by_date = itemgetter(2, 0)
_by_rank = itemgetter(8, 2, 0)
_by_weight = itemgetter(7)


class Demand(NamedTuple):
    """One open order line; quantities in whole units of the packaging multiple."""

    key: int
    quantity: int
    date: str = ""
    owner: int = 0
    position: int = 0
    strategy: str = "redistribute"
    method: str = "fifo"
    weight: int = 1
    rank: int = 0
    reserved: int = 0
    guaranteed: int = 0
    ceiling: int | None = None

    @property
    def eligible(self) -> int:
        """Return what it can get at most."""
        return self.quantity if self.ceiling is None else min(self.quantity, self.ceiling)


#: What a demand gets by what right, (kept, guaranteed, shared): their sum is the whole.
Grant = tuple[int, int, int]


def share(amount: int, wants: Sequence[int], weights: Sequence[int], ties: Sequence) -> list[int]:
    """Divide `amount` by weight, nobody above what they want; leftovers by largest remainder.

    Who would get more than wanted gets that, and the others share anew, until nobody would. The
    rounds are few: from one to the next the share grows by less than half as much as before, or
    half of the weight is gone.

    :param weights: positive, one for each want
    :param ties: sort keys that tell equals apart, all different
    """
    shares = list(wants)
    total = sum(weights)
    if amount >= sum(wants):
        return shares
    short: Sequence[int] = range(len(wants))
    while weights is not wants:  # else all have one ratio, and there is not enough for it
        places = short
        short = [i for i in places if wants[i] * total > amount * weights[i]]
        if len(short) == len(places):
            break
        for i in set(places).difference(short):
            amount -= wants[i]
            total -= weights[i]
    left, remainders = amount, []
    for i in short:
        shares[i], remainder = divmod(amount * weights[i], total)
        left -= shares[i]
        remainders.append(remainder)
    if left:
        least = sorted(remainders)[-left]
        equal = []
        for i, remainder in zip(short, remainders, strict=True):
            if remainder > least:
                shares[i] += 1
                left -= 1
            elif remainder == least:
                equal.append(i)
        equal.sort(key=ties.__getitem__)
        for i in equal[:left]:
            shares[i] += 1
    return shares


def spread(amount: int, demands: Iterable[Demand]) -> dict[int, int]:
    """Divide what a dealer may have over their demands, the earliest first."""
    result = {}
    for demand in sorted(demands, key=_by_date):
        result[demand.key] = taken = min(amount, demand.quantity)
        amount -= taken
    return result


def allocate(supply: int, demands: Sequence[Demand]) -> dict[int, Grant]:
    """Divide the supply of one product.

    :param supply: whole units that are free or held by these demands
    :param demands: each with a key of its own
    :return: {key: Grant}; the sum is at most the supply, each at most what was asked, and nothing
        is left while somebody eligible is short
    """
    kept: dict[int, int] = {}
    guarantees = []
    classes: dict[tuple, list[Demand]] = {}
    for demand in demands:
        if demand[9] and demand[5] in _KEEPERS:
            kept[demand.key] = min(demand.reserved, demand.quantity)
        if demand[10]:
            guarantees.append(demand)
        name = demand[4:7]  # position, strategy, method
        if name in classes:
            classes[name].append(demand)
        else:
            classes[name] = [demand]
    left = supply - sum(kept.values())
    if left < 0:
        raise ValueError("More is held than there is.")
    got = dict(kept)
    promised = _guarantee(left, guarantees, kept) if guarantees else {}
    for key, units in promised.items():
        got[key] = got.get(key, 0) + units
    left -= sum(promised.values())
    if left:
        _serve(left, classes, got)
    if not kept and not promised:
        # Most products: everything was shared.
        return {demand[0]: (0, 0, got.get(demand[0], 0)) for demand in demands}
    return {
        (key := demand[0]): (
            own := kept.get(key, 0),
            sure := promised.get(key, 0),
            got.get(key, 0) - own - sure,
        )
        for demand in demands
    }


def _guarantee(left: int, demands: list[Demand], kept: dict[int, int]) -> dict[int, int]:
    """Return what each gets beyond what it keeps, until it has what is guaranteed."""
    needs, ties = {}, []
    for demand in demands:
        need = min(demand.guaranteed, demand.eligible) - kept.get(demand.key, 0)
        if need > 0:
            needs[demand.key] = need
            ties.append(_by_rank(demand))
    wants = list(needs.values())
    return dict(zip(needs, share(left, wants, wants, ties), strict=True))


def _serve(left: int, classes: dict[tuple, list[Demand]], got: dict[int, int]) -> None:
    """Serve the classes in their order and add what each demand gets to `got`."""
    # Two strategies of one phase and position are told apart by name, so the order is complete.
    for name in sorted(classes, key=lambda name: (_PHASES[name[1]], name)):
        _position, strategy, method = name
        budget = left
        if strategy == "fill":
            budget = max(0, left - _get_losers_holdings(classes, got))
        if budget:
            left -= _serve_class(budget, method, classes[name], got)


def _get_losers_holdings(classes: dict[tuple, list[Demand]], got: dict[int, int]) -> int:
    return sum(
        max(0, min(demand.reserved, demand.eligible) - got.get(demand.key, 0))
        for (_position, strategy, _method), members in classes.items()
        if strategy == "lose"
        for demand in members
    )


def _serve_class(left: int, method: str, members: list[Demand], got: dict[int, int]) -> int:
    """Serve the members of one class and return how much they took."""
    if method in ("proportional", "weight"):
        return _serve_shares(left, method, members, got)
    return _serve_in_turn(left, members, got)


def _serve_in_turn(left: int, members: list[Demand], got: dict[int, int]) -> int:
    before = left
    for demand in sorted(members, key=_by_date):
        key, quantity, ceiling = demand[0], demand[1], demand[-1]
        if ceiling is not None and ceiling < quantity:
            quantity = ceiling
        has = got.get(key, 0)
        need = quantity - has
        if need > 0:
            taken = need if need < left else left
            got[key] = has + taken
            left -= taken
            if not left:
                break
    return before - left


def _serve_shares(left: int, method: str, members: list[Demand], got: dict[int, int]) -> int:
    heads, wants, groups = _gather(members, got)
    weights = wants if method == "proportional" else list(map(_by_weight, heads))
    ties = list(map(_by_rank, heads))
    for place, group in groups.items():
        ties[place] = min(map(_by_rank, group))
        if weights is not wants:
            weights[place] = max(map(_by_weight, group))
    shares = share(left, wants, weights, ties)
    for place, (demand, amount) in enumerate(zip(heads, shares, strict=True)):
        if place in groups:
            _serve_in_turn(amount, groups[place], got)
        else:
            got[demand[0]] = got.get(demand[0], 0) + amount
    return sum(shares)


def _gather(
    members: list[Demand], got: dict[int, int]
) -> tuple[list[Demand], list[int], dict[int, list[Demand]]]:
    """Return the first demand of each dealer who needs more and all that they need.

    :return: the demands, the needs, and {place in both: [demand]} of the few with several
    """
    places: dict[int, int] = {}
    heads, wants = [], []
    groups: dict[int, list[Demand]] = {}
    for demand in members:
        owner, need, ceiling = demand[3], demand[1], demand[-1]
        if ceiling is not None and ceiling < need:
            need = ceiling
        if got:
            need -= got.get(demand[0], 0)
        if need <= 0:
            continue
        if owner in places:
            place = places[owner]
            wants[place] += need
            groups.setdefault(place, [heads[place]]).append(demand)
        else:
            places[owner] = len(wants)
            wants.append(need)
            heads.append(demand)
    return heads, wants, groups


def fingerprint(supply: int, demands: Iterable[Demand], grants: dict[int, Grant]) -> str:
    """Return a hash of a question and its answer, the same in whatever order they are given."""
    rows = sorted(([*demand, *grants[demand.key]] for demand in demands), key=itemgetter(0))
    text = json.dumps([supply, rows], separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
