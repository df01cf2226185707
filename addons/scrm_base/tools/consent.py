"""What a person allows, derived from everything they ever said about it.

Pure data, no environment. The rules:

1. What was said for "any channel" counts for every channel. For one channel, the newest of what
   was said for it and for any channel is in force: refusing WeChat after a general consent
   refuses WeChat, a general consent given later allows it again.
2. Handles that turn out to be one person pool what they said. Each handle that spoke has a state
   of its own: the newest statement that covers it. A statement covers all handles that were
   known as one person when it was made, so whatever is said after a merge settles the past.
3. Where the handles contradict one another, the stricter wins: one refusal refuses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

ANY: Final = "any"


@dataclass(frozen=True, slots=True)
class Statement:
    """One consent given or withdrawn, for one purpose.

    :param number: the order of writing, decides between statements of the same moment
    :param covers: the handles that were known as this person when it was said
    :param text: the version of the text that it was said to
    """

    occurred_at: datetime
    number: int
    channel: str
    is_given: bool
    covers: frozenset[int]
    text: str | None = None

    @property
    def rank(self) -> tuple[datetime, int]:
        """What makes a statement newer than another."""
        return (self.occurred_at, self.number)


def get_deciding(statements: Iterable[Statement], channel: str = ANY) -> list[Statement]:
    """Return the newest statement of each handle about a channel, every one once."""
    newest: dict[int, Statement] = {}
    for statement in statements:
        if statement.channel not in (ANY, channel):
            continue
        for handle in statement.covers:
            if handle not in newest or newest[handle].rank < statement.rank:
                newest[handle] = statement
    return sorted(set(newest.values()), key=lambda statement: statement.rank)


def get_state(statements: Iterable[Statement], channel: str = ANY) -> bool | None:
    """Return whether the channel is allowed (True), refused (False) or was never spoken of."""
    deciding = get_deciding(statements, channel)
    return all(statement.is_given for statement in deciding) if deciding else None


def is_news(
    statements: Iterable[Statement], channel: str, is_given: bool, text: str | None = None
) -> bool:
    """Return whether saying this now changes anything.

    Said for any channel, it also has to be so on each channel that was ever named. A consent is
    to a text: to another one it is news.
    """
    statements = list(statements)
    channels = {channel}
    if channel == ANY:
        channels |= {statement.channel for statement in statements}
    if is_given and text is not None:
        return any(
            {(said.is_given, said.text) for said in get_deciding(statements, name)}
            != {(is_given, text)}
            for name in channels
        )
    return any(get_state(statements, name) is not is_given for name in channels)
