"""Dividing scarce stock: 100,000 demands of 5,000 products, beside loops written for one policy.

Each plain loop does the whole job of its policy and nothing else: whole units, a dealer's orders
shared for together, leftovers by largest remainder, the earliest first. That both give everybody
the same is checked before they are timed. The last column sets the same work beside first come,
first served, the least that any division takes: one sort and one pass.
"""

import random
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "addons" / "scrm_settlement" / "tools"))

from allocation import Demand, allocate  # noqa: E402  (pure: no Odoo is needed)
from harness.scales import chosen  # noqa: E402

SIZES = {"small": 50_000, "full": 100_000}
PER_PRODUCT = 20
ROUNDS = 7
# What the design asks for.
TARGET = 2.0
TARGET_LINEAR = 12.0
CLASSES = {
    "first come": [("win", "fifo", 1)],
    "levels in order": [("win", "fifo", 1), ("redistribute", "fifo", 2), ("lose", "fifo", 3)],
    "by demand": [("redistribute", "proportional", 1)],
    "by weight": [("redistribute", "weight", 1)],
    "gain, fill, guarantees": [("gain", "weight", 1), ("fill", "fifo", 2), ("lose", "fifo", 3)],
}


def seed(count: int, classes: list[tuple[str, str, int]]) -> list[tuple[int, list[Demand]]]:
    """Return (supply, demands) for each product; the supply is half of what is asked."""
    draw = random.Random(4)
    products = []
    for first in range(0, count, PER_PRODUCT):
        demands = []
        for number in range(first, first + PER_PRODUCT):
            strategy, method, position = classes[draw.randrange(len(classes))]
            quantity = draw.randint(1, 100)
            keeps = strategy in ("gain", "fill")
            demands.append(
                Demand(
                    key=number,
                    quantity=quantity,
                    date=f"2026-11-{draw.randint(1, 28):02} {draw.randint(0, 23):02}:00:00",
                    owner=draw.randint(1, 1000),
                    position=position,
                    strategy=strategy,
                    method=method,
                    weight=position * 10,
                    reserved=quantity // 5 if keeps else 0,
                    guaranteed=quantity // 3 if keeps else 0,  # more than most hold
                )
            )
        products.append((sum(d.quantity for d in demands) // 2, demands))
    return products


def plain_turns(supply, demands):
    """First come, first served, as one would write it without any policy."""
    got = {}
    for demand in sorted(demands, key=lambda demand: (demand.date, demand.key)):
        taken = min(demand.quantity, supply)
        got[demand.key] = taken
        supply -= taken
    return got


def plain_levels(supply, demands):
    """One level after the other, the earliest first."""
    got = {}
    for demand in sorted(demands, key=lambda d: (d.position, d.date, d.key)):
        taken = min(demand.quantity, supply)
        got[demand.key] = taken
        supply -= taken
    return got


def plain_share(amount, wants, weights):
    """Share among dealers, none above their want; equal remainders go in the order of `wants`."""
    shares = dict(wants)
    if amount >= sum(wants.values()):
        return shares
    total = sum(weights.values())
    short = list(wants)
    while weights is not wants:  # by want, all get the same part of it
        full = {dealer for dealer in short if wants[dealer] * total <= amount * weights[dealer]}
        if not full:
            break
        for dealer in full:
            amount -= wants[dealer]
            total -= weights[dealer]
        short = [dealer for dealer in short if dealer not in full]
    for dealer in short:
        shares[dealer] = amount * weights[dealer] // total
    left = amount - sum(shares[dealer] for dealer in short)
    short.sort(key=lambda dealer: -(amount * weights[dealer] % total))
    for dealer in short[:left]:
        shares[dealer] += 1
    return shares


def plain_demand(supply, demands):
    """Shares of dealers by what they ask, handed out to the earliest of their orders."""
    order = sorted(demands, key=lambda demand: (demand.date, demand.key))
    wants = {}
    for demand in order:
        wants[demand.owner] = wants.get(demand.owner, 0) + demand.quantity
    has = plain_share(supply, wants, wants)
    got = {}
    for demand in order:
        taken = min(demand.quantity, has[demand.owner])
        got[demand.key] = taken
        has[demand.owner] -= taken
    return got


def plain_weight(supply, demands, got=None):
    """The same by weight, beside what each has got before."""
    got = got or dict.fromkeys([demand.key for demand in demands], 0)
    order = sorted(demands, key=lambda demand: (demand.date, demand.key))
    wants, weights = {}, {}
    for demand in order:
        wants[demand.owner] = wants.get(demand.owner, 0) + demand.quantity - got[demand.key]
        weights[demand.owner] = max(weights.get(demand.owner, 0), demand.weight)
    has = plain_share(supply, wants, weights)
    for demand in order:
        taken = min(demand.quantity - got[demand.key], has[demand.owner])
        got[demand.key] += taken
        has[demand.owner] -= taken
    return got


def plain_mixed(supply, demands):
    """What is held, then what is guaranteed, then a class by weight and two in turn."""
    got = {demand.key: demand.reserved for demand in demands}  # those who lose hold nothing
    left = supply - sum(got.values())
    lacks = {d.key: d.guaranteed - d.reserved for d in demands if d.guaranteed > d.reserved}
    for key, units in plain_share(left, lacks, lacks).items():
        got[key] += units
    plain_weight(supply - sum(got.values()), [d for d in demands if d.strategy == "gain"], got)
    left = supply - sum(got.values())
    for strategy in ("fill", "lose"):
        members = [demand for demand in demands if demand.strategy == strategy]
        for demand in sorted(members, key=lambda demand: (demand.date, demand.key)):
            taken = min(demand.quantity - got[demand.key], left)
            got[demand.key] += taken
            left -= taken
    return got


PLAIN = {
    "first come": plain_turns,
    "levels in order": plain_levels,
    "by demand": plain_demand,
    "by weight": plain_weight,
    "gain, fill, guarantees": plain_mixed,
}


def seconds(work, products) -> float:
    started = time.process_time()
    for supply, demands in products:
        work(supply, demands)
    return time.process_time() - started


def check(plain, products) -> None:
    """Make sure that the plain loop gives everybody what we give."""
    for supply, demands in products:
        got = {key: sum(parts) for key, parts in allocate(supply, demands).items()}
        assert got == plain(supply, demands), (supply, demands)


def measure(*works) -> list[float]:
    """Return the medians of these (way, products), taken in turns."""
    rounds = [[seconds(*work) for work in works] for _round in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def main() -> None:
    scale = chosen().name
    count = SIZES[scale]
    print(f"\n  scale {scale}: {count:,} demands of {count // PER_PRODUCT:,} products,")
    print(f"  {ROUNDS} rounds in turns, medians of CPU seconds")
    print(f"  {'':24}{'plain':>8}{'ours':>8}{'ratio':>7}{'target':>8}{'10x':>7}{'target':>8}"
          f"{'to first come':>15}")  # fmt: skip
    for name, classes in CLASSES.items():
        products = seed(count, classes)
        check(PLAIN[name], products)
        plain, ours, turns, tenth = measure(
            (PLAIN[name], products),
            (allocate, products),
            (plain_turns, products),
            (allocate, products[: len(products) // 10]),
        )
        ratio, growth = ours / plain, ours / tenth
        good = ratio <= TARGET and growth <= TARGET_LINEAR
        print(
            f"  {name:24}{plain:8.3f}{ours:8.3f}{ratio:7.2f}{TARGET:8.2f}"
            f"{growth:7.2f}{TARGET_LINEAR:8.2f}{ours / turns:15.2f}"
            f"{'' if good else '  MISSED'}",
            flush=True,
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  peak memory {peak} MB")


if __name__ == "__main__":
    main()
