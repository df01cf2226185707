"""Dividing scarce stock: 100,000 demands of 5,000 products, beside a plain sort and one pass.

The plain way is first come, first served, whatever the class: shares by demand or by weight sort
each product a second time and keep account of each dealer's remainder.
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

SIZES = {"small": 20_000, "full": 100_000}
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
                    guaranteed=quantity // 10 if keeps else 0,
                )
            )
        products.append((sum(d.quantity for d in demands) // 2, demands))
    return products


def plain(products):
    """First come, first served, as one would write it without any policy."""
    for supply, demands in products:
        got = {}
        for demand in sorted(demands, key=lambda demand: (demand.date, demand.key)):
            taken = min(demand.quantity, supply)
            got[demand.key] = taken
            supply -= taken


def divide(products):
    for supply, demands in products:
        allocate(supply, demands)


def seconds(work, products) -> float:
    started = time.process_time()
    work(products)
    return time.process_time() - started


def measure(products) -> tuple[float, float]:
    """Return the medians of the plain way and ours, taken in turns."""
    plains, ours = [], []
    for _round in range(ROUNDS):
        plains.append(seconds(plain, products))
        ours.append(seconds(divide, products))
    return statistics.median(plains), statistics.median(ours)


def main() -> None:
    scale = chosen().name
    count = SIZES[scale]
    print(f"\n  scale {scale}: {count:,} demands of {count // PER_PRODUCT:,} products,")
    print(f"  {ROUNDS} rounds in turns, medians of CPU seconds")
    print(f"  {'':28}{'plain':>9}{'ours':>9}{'ratio':>8}{'target':>8}{'10x':>8}{'target':>8}")
    for name, classes in CLASSES.items():
        products = seed(count, classes)
        bare, ours = measure(products)
        _bare, tenth = measure(products[: len(products) // 10])
        ratio, growth = ours / bare, ours / tenth
        good = ratio <= TARGET and growth <= TARGET_LINEAR
        print(
            f"  {name:28}{bare:9.3f}{ours:9.3f}{ratio:8.2f}"
            f"{TARGET:8.2f}{growth:8.2f}{TARGET_LINEAR:8.2f}"
            f"{'' if good else '  MISSED'}",
            flush=True,
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  peak memory {peak} MB")


if __name__ == "__main__":
    main()
