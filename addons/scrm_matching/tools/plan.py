"""What is compared of two rows, and which rows are compared at all."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

Value = str | tuple[str, ...] | None

# A value that more rows than this share says little of a person (a hotline, a shop's tablet):
# it makes no pairs. It bounds the pairs of one key to its square.
BLOCK_CAP = 200
# A common value is one of at least so many rows of the sample; only these are remembered.
COMMON = 3


class TrainingError(Exception):
    """There is nothing to learn from in these rows."""


@dataclass(frozen=True)
class Field:
    """One thing that is compared.

    ``kind`` says how: ``exact``, ``digits`` (typing errors count less), ``text`` (spelling),
    ``name`` (a person's), ``phones`` and ``emails`` (any of several; the column named in
    ``tails`` holds the part that is still the same when the rest differs).
    ``frequent`` lets a rare value count for more than a common one.
    """

    name: str
    kind: str
    frequent: bool = False
    tails: str = ""


@dataclass(frozen=True)
class Plan:
    """A list of fields, and the columns whose equal values make two rows worth comparing.

    ``blocks`` finds the pairs to score, ``training`` those to learn from (each must leave the
    other fields free to differ), ``sure`` those that are nearly always one.
    """

    fields: tuple[Field, ...]
    blocks: tuple[tuple[str, ...], ...]
    training: tuple[tuple[str, ...], ...]
    sure: tuple[tuple[str, ...], ...]

    @property
    def columns(self) -> dict[str, bool]:
        """Return {column: whether it holds several values}."""
        columns = {}
        for field in self.fields:
            columns[field.name] = bool(field.tails)
            if field.tails:
                columns[field.tails] = True
        for block in (*self.blocks, *self.training, *self.sure):
            for column in block:
                columns.setdefault(column, False)
        return columns


@dataclass(frozen=True)
class Row:
    """One record as it is compared: prepared values by column."""

    id: int
    values: dict[str, Value]


@dataclass(frozen=True)
class FieldWeight:
    """What one field says about a pair: bits for it (or against, below zero)."""

    field: str
    left: str
    right: str
    weight: float
    agrees: bool | None


@dataclass(frozen=True)
class ScoredPair:
    left_id: int
    right_id: int
    probability: float
    field_weights: tuple[FieldWeight, ...]


@dataclass(frozen=True)
class Level:
    """One way in which a field can agree: how often it does for one person and for two."""

    field: str
    level: str
    m: float
    u: float


def keys_of(row: Row, plan: Plan) -> Iterator[str]:
    """Yield what a row is found by: short hashes, one for each block and combination of values.

    Hashes, since where they are stored nobody needs to read names or numbers.
    """
    seen = set()
    for number, block in enumerate(plan.blocks):
        combinations = [()]
        for column in block:
            value = row.values.get(column)
            choices = value if isinstance(value, tuple) else (value,) if value else ()
            combinations = [(*start, choice) for start in combinations for choice in choices]
        for combination in combinations:
            text = "\x1f".join((str(number), *combination))
            key = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
            if key not in seen:
                seen.add(key)
                yield key


def fingerprint(row: Row) -> str:
    """Return what changes when anything that is compared changes."""
    text = repr(sorted(row.values.items()))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
