"""The table of a flow: which step leads from which state to which, and who may take it.

Pure data: nothing here knows an environment. ``scrm.flow.mixin`` reads these tables and is the
only place that acts on them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from odoo.tools.translate import LazyGettext


@dataclass(frozen=True)
class Transition:
    """One step of a flow.

    :param key: the step's code, unique per source state; also the notice event it raises
    :param source: selection key (or record id) the step starts from; a tuple means "any of these"
    :param target: selection key (or record id) the step ends in
    :param label: the step's name for people: a text, or a lazy translation (``_lt("Start")``)
    :param groups: xmlids of groups; having one of them is enough, none means everybody who may
        write the record
    """

    key: str
    source: Hashable
    target: Hashable
    # Lazy texts refuse to be compared.
    label: str | LazyGettext = field(default="", compare=False)
    groups: tuple[str, ...] = ()

    def starts_at(self, state: Hashable) -> bool:
        """Tell whether the step can be taken from ``state``."""
        if isinstance(self.source, tuple):
            return state in self.source
        return state == self.source


def find_by_key(
    transitions: Iterable[Transition], key: str, state: Hashable
) -> tuple[Transition | None, bool]:
    """Return the step ``key`` that starts at ``state`` and whether ``key`` exists at all."""
    named = [transition for transition in transitions if transition.key == key]
    return next((t for t in named if t.starts_at(state)), None), bool(named)


def find_to_target(
    transitions: Iterable[Transition], target: Hashable, state: Hashable
) -> list[Transition]:
    """Return every step that leads from ``state`` to ``target``."""
    return [t for t in transitions if t.target == target and t.starts_at(state)]
