"""Erasing a person: what a table's plan says, and how their traces are found in texts.

Pure data, no environment.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: What stands where something was erased and the column may not be empty.
ERASED: Final = "***"
#: How the value of an erased handle begins; its salted hash follows.
ERASED_PREFIX: Final = "erased:"
# Shorter ones (a card number 1001) stand in texts that have nothing to do with the person.
_SHORTEST_TRACE: Final = 6


@dataclass(frozen=True)
class TablePlan:
    """What an erasure does to one table: rows stay, personal columns are emptied.

    :param owners: paths to the person's handle, customer or contact; the rows that lead there
        are theirs (``"identity_id"``, ``"ticket_id.identity_id"``)
    :param values: columns that hold a handle itself; the rows with one of the person's are theirs
    :param erased: columns that are emptied in their rows; in all other rows of the companies,
        their phone numbers, addresses and openids are struck out of these columns
    :param hashed: columns with a part in a unique index: wherever one of their handles stands in
        it, the whole is replaced by a salted hash
    :param kept: the other text columns: they never say anything about a person, or have to stay
    :param record: the two columns (model, id) of a log about records of any model; rows about
        records of the person are theirs
    """

    owners: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    hashed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    record: tuple[str, str] | tuple[()] = ()

    @property
    def columns(self) -> frozenset[str]:
        """Return every column that the plan speaks of."""
        return frozenset((*self.erased, *self.hashed, *self.kept))


@dataclass(frozen=True)
class OpenBusiness:
    """Business with a person that is not finished.

    :param sentence: what it is, and what becomes of it or what to do first
    :param is_barrier: whether the person cannot be erased before it is finished
    """

    sentence: str
    is_barrier: bool = False


def hash_handle(salt: str, id_type: str, scope: str, value: str) -> str:
    """Return what stays of an erased handle: enough to know it again, not to read it."""
    message = "\x1f".join((id_type, scope, value)).encode()
    return hmac.new(salt.encode(), message, hashlib.sha256).hexdigest()


def get_trace_pattern(phones: Iterable[str], others: Iterable[str]) -> str | None:
    """Return a PostgreSQL regular expression that finds a person's handles in a text.

    :param phones: numbers in E.164; found with and without +86, blanks and hyphens
    :param others: e-mail addresses, openids and the like, found letter by letter
    """
    parts = set()
    for phone in phones:
        digits = re.sub(r"\D", "", phone)
        national = digits[2:] if digits.startswith("86") and len(digits) > 10 else digits
        if len(national) >= _SHORTEST_TRACE:
            prefix = r"(?:\+?86[\s-]*)?" if national != digits else r"\+?"
            parts.add(r"(?<!\d)" + prefix + r"[\s-]*".join(national) + r"(?!\d)")
    for other in others:
        if len(other) >= _SHORTEST_TRACE:
            quoted = re.sub(r"([^\w@])", r"\\\1", other, flags=re.ASCII)
            # whole ones only: the address of Ann is a part of the address of Joann
            parts.add(r"(?<![\w.%+-])" + quoted + r"(?![\w-]|\.\w)")
    return "|".join(sorted(parts)) or None
