"""What reviewed pairs say about a threshold."""

from math import sqrt

# Pairs that people must have reviewed, none of them refused, before the machine may decide.
NEEDED = 200


def lowest_precision(right: int, total: int, z: float = 1.96) -> float:
    """Return the lower end of the 95 % interval of a share (Wilson), 0.0 of nothing."""
    if not total:
        return 0.0
    share = right / total
    middle = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(0.0, (middle - spread) / (1 + z * z / total))
