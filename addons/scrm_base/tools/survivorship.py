"""Which of several values of a field a customer is shown with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

# In the order in which they are asked; the first that tells two values apart decides.
REASONS: Final = ("verified", "manual", "newest", "complete", "priority", "first")


@dataclass(frozen=True, slots=True)
class Claim:
    """What one source says about a field.

    :param identity: id of the handle that it came with
    :param source: code of the kind of source, kept beside the value
    :param verified: the value itself was proven
    :param manual: how far a person vouches for it: 0 not at all, the more the better
    :param at: when it was said
    :param priority: of the kind of source, the higher the better
    """

    value: Any
    identity: int
    source: str
    verified: bool = False
    manual: int = 0
    at: datetime = datetime.min
    priority: int = 0

    def rank(self) -> tuple:
        """Return what two claims are compared by, the greater wins; see :data:`REASONS`."""
        complete = len(self.value) if isinstance(self.value, str) else 0
        return (self.verified, self.manual, self.at, complete, self.priority, -self.identity)


def choose(claims: Iterable[Claim]) -> tuple[Claim, str] | None:
    """Return the claim that wins and why, or None without a claim.

    Independent of the order of the claims. The reason is that which set the winner apart from
    the best claim of another value; where all say the same, ``only``.
    """
    ranked = sorted(claims, key=lambda claim: (claim.rank(), str(claim.value)), reverse=True)
    if not ranked:
        return None
    best = ranked[0]
    rival = next((claim for claim in ranked if claim.value != best.value), None)
    if rival is None:
        return best, "only"
    pairs = zip(REASONS, best.rank(), rival.rank(), strict=True)
    return best, next((reason for reason, mine, theirs in pairs if mine != theirs), "first")
