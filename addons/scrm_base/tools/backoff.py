"""How long to wait before the next attempt."""

from __future__ import annotations

MAX_ATTEMPTS = 8
FIRST_WAIT = 10
LONGEST_WAIT = 3600


def seconds_to_wait(attempts: int, asked: int | float | None = None) -> int:
    """Return the seconds until the next attempt: 10 s, 20 s, 40 s … at most an hour.

    :param attempts: attempts made so far, at least 1
    :param asked: what the other side asked for; it is obeyed also beyond the hour
    """
    doubled = min(FIRST_WAIT * 2 ** min(max(attempts, 1) - 1, 20), LONGEST_WAIT)
    return int(max(doubled, asked or 0))
