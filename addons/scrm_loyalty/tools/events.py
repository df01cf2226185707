"""Why a card's balance is about to change, carried from the document to the ledger."""

from __future__ import annotations

from dataclasses import dataclass

CONTEXT_KEY = "_scrm_point_event"


@dataclass(frozen=True)
class PointEvent:
    """What happens to whom.

    It travels in the context, where nothing that comes over RPC can be an instance of a Python
    class: a caller cannot pass off a change as another document's.

    :param kind: ``confirm``, ``cancel`` or ``edit`` of the documents, or ``adjust``
    :param model: the documents' model, which answers ``_scrm_get_point_parts(kind, cards)``
    :param ids: the documents' ids
    :param reason: what a person gave as reason
    """

    kind: str
    model: str = ""
    ids: tuple[int, ...] = ()
    reason: str = ""


def in_context(record, kind: str, documents=None, reason: str = ""):
    """Give ``record`` in a context that says why balances change."""
    event = PointEvent(
        kind,
        documents._name if documents is not None else "",
        tuple(documents.ids) if documents is not None else (),
        reason,
    )
    return record.with_context(**{CONTEXT_KEY: event})


def from_context(record) -> PointEvent | None:
    """Give the event that ``record``'s context carries, if a real one."""
    event = record.env.context.get(CONTEXT_KEY)
    return event if isinstance(event, PointEvent) else None


class PointsBasis(dict):
    """What the tier made of a programme's points: programme id → ``Basis``.

    A class of its own for the same reason as ``PointEvent``.
    """

    CONTEXT_KEY = "_scrm_points_basis"

    @classmethod
    def of(cls, record) -> PointsBasis:
        """Give the basis that ``record``'s context carries, an empty one if none."""
        basis = record.env.context.get(cls.CONTEXT_KEY)
        return basis if isinstance(basis, cls) else cls()


@dataclass(frozen=True)
class Basis:
    """``total`` = ``base`` × the multiplier of ``tier_id``, both in minor units."""

    total: int
    base: int
    tier_id: int
    multiplier: float
