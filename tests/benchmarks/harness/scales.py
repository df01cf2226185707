"""How much there is: the sizes of the seeded databases."""

import os
from dataclasses import dataclass

# What a benchmark moves through the product at either size.
SLICE = 100_000
BATCH = 1000


@dataclass(frozen=True)
class Scale:
    name: str
    customers: int
    orders: int
    lines_per_order: int
    interactions: int


SCALES = {
    "tiny": Scale("tiny", 10_000, 0, 0, 0),
    "small": Scale("small", 100_000, 100_000, 3, 1_000_000),
    "full": Scale("full", 1_000_000, 1_000_000, 3, 10_000_000),
}


def chosen() -> Scale:
    """Return the scale that the environment names."""
    name = os.environ.get("SCALE") or "small"
    if name not in ("small", "full"):
        raise SystemExit(f"SCALE is small or full, not {name}.")
    return SCALES[name]
