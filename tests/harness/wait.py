"""Wait for a state, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(what: str, probe: Callable[[], T], deadline: float = 60) -> T:
    """Return the first true value of `probe`.

    :param what: the sentence that the failure shows
    :param deadline: seconds after which it is a failure
    :raise AssertionError: when the deadline has passed; names the last value seen
    """
    end = time.monotonic() + deadline
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"Not within {deadline} s: {what} (last seen: {value!r})")
        time.sleep(0.1)
