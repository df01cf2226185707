"""Which entry of our journal answers which row of a dealer's file.

Ordered passes, each one-to-one and in the order of (day, id), so that the same file gives the
same result whoever runs it: reference, item, quantity and amount; reference and item; serial or
ticket number; item, a day nearby and an amount within tolerance. Then what corrects an entry is
counted with it where the dealer writes one row for both. Hashes and sorted lists only: 50,000 rows
take no longer per row than 500.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from .claim_cells import Code, fold, strip_zeros

STATUSES = ("matched", "amount", "quantity", "only_ours", "only_theirs", "duplicate")
TOLERANCE = Decimal("0.01")
_ZERO = Decimal(0)


class Ours(NamedTuple):
    """An entry of the journal.

    :param item: the product
    :param codes: by which the product may be called
    :param refs: of its documents: delivery, order, ticket
    :param serials: serial numbers and ticket numbers
    :param origin: the entry that this one corrects
    """

    id: int
    day: date
    item: Hashable
    codes: tuple[str, ...]
    quantity: Decimal
    amount: Decimal
    refs: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    origin: int | None = None


class Theirs(NamedTuple):
    """A row of the file, by its number."""

    id: int
    day: date | None
    amount: Decimal
    quantity: Decimal | None = None
    ref: Code | None = None
    code: Code | None = None
    serial: Code | None = None


class Pair(NamedTuple):
    """A row and what answers it.

    :param corrections: of the entry, which are counted in ``ours``
    """

    theirs: Theirs
    ours: Ours
    status: str
    step: int
    corrections: tuple[Ours, ...] = ()


@dataclass
class Result:
    """Every entry and every row stands in exactly one of these.

    :param cancelled: entries that came to nothing with what corrects them, and that no row names
    :param ambiguous: those of ``only_theirs`` whose number is the code of several items
    """

    pairs: list[Pair] = field(default_factory=list)
    only_ours: list[Ours] = field(default_factory=list)
    only_theirs: list[Theirs] = field(default_factory=list)
    duplicates: list[Theirs] = field(default_factory=list)
    cancelled: list[Ours] = field(default_factory=list)
    ambiguous: set[int] = field(default_factory=set)

    def subtotals(self) -> dict[str, tuple[int, Decimal, Decimal]]:
        """Return {status: (number, ours, theirs)}; together they are the two totals."""
        sums = {status: [0, _ZERO, _ZERO] for status in STATUSES}

        def add(status: str, ours: Decimal = _ZERO, theirs: Decimal = _ZERO):
            sums[status][0] += 1
            sums[status][1] += ours
            sums[status][2] += theirs

        for pair in self.pairs:
            add(pair.status, pair.ours.amount, pair.theirs.amount)
        for entry in self.only_ours:
            add("only_ours", ours=entry.amount)
        for status, rows in (("only_theirs", self.only_theirs), ("duplicate", self.duplicates)):
            for row in rows:
                add(status, theirs=row.amount)
        return {status: tuple(values) for status, values in sums.items()}


AMBIGUOUS = object()


class CodeIndex:
    """Finds what a code of the file stands for.

    A text is compared as a text. A number has lost its left zeros, if there were any: it stands
    for what has this code with or without them, as long as that is one thing only.
    """

    def __init__(self, named: Iterable[tuple[Hashable, Iterable[str]]]):
        """Take things and the folded codes by which they are known."""
        self._exact: dict[str, set] = defaultdict(set)
        self._bare: dict[str, set] = defaultdict(set)
        for thing, keys in named:
            for key in keys:
                self._exact[key].add(thing)
                self._bare[strip_zeros(key)].add(thing)

    def find(self, code: Code | None) -> Hashable:
        """Return the thing, None, or ``AMBIGUOUS``."""
        if code is None:
            return None
        if code.is_number:
            found = self._bare.get(strip_zeros(code.key), ())
        else:
            found = self._exact.get(code.key, ())
        if len(found) > 1:
            return AMBIGUOUS
        return next(iter(found), None)


def compare(ours: Ours, theirs: Theirs, tolerance: Decimal = TOLERANCE) -> str:
    """Return the status of a pair; where both differ, the quantity is the reason."""
    if theirs.quantity is not None and theirs.quantity != ours.quantity:
        return "quantity"
    if abs(theirs.amount - ours.amount) > tolerance:
        return "amount"
    return "matched"


def match(
    ours: Sequence[Ours],
    theirs: Sequence[Theirs],
    *,
    tolerance: Decimal = TOLERANCE,
    days: int = 3,
) -> Result:
    """Match a file with the journal."""
    return _Matcher(ours, theirs, tolerance, days).run()


class _Entry(NamedTuple):
    """An entry with the keys of its references and serial numbers."""

    ours: Ours
    refs: tuple[str, ...]
    serials: tuple[str, ...]


class _Row(NamedTuple):
    """A row with what its codes stand for."""

    theirs: Theirs
    item: Hashable
    ref: Hashable
    serial: Hashable


def _keys_by_all(entry: _Entry) -> list:
    ours = entry.ours
    return [(ref, ours.item, ours.quantity, ours.amount) for ref in entry.refs]


def _key_by_all(row: _Row) -> Hashable:
    return (row.ref, row.item, row.theirs.quantity, row.theirs.amount)


def _keys_by_ref(entry: _Entry) -> list:
    return [(ref, entry.ours.item) for ref in entry.refs]


def _key_by_ref(row: _Row) -> Hashable:
    return (row.ref, row.item)


def _keys_by_serial(entry: _Entry) -> list:
    marks = {*entry.serials, *entry.refs}
    return [key for mark in marks for key in ((mark, entry.ours.item), (mark, None))]


def _key_by_serial(row: _Row) -> Hashable:
    """A row without a code is known by its reference or serial number alone."""
    if row.theirs.code:
        return (row.serial, row.item)
    return (row.serial or row.ref, None)


#: For each pass: the keys of an entry, the key of a row.
_PASSES = (
    (_keys_by_all, _key_by_all),
    (_keys_by_ref, _key_by_ref),
    (_keys_by_serial, _key_by_serial),
)


class _Matcher:
    def __init__(self, ours, theirs, tolerance, days):
        self.tolerance, self.days = tolerance, timedelta(days=days)
        self.entries = [
            _Entry(entry, tuple(map(fold, entry.refs)), tuple(map(fold, entry.serials)))
            for entry in sorted(ours, key=lambda entry: (entry.day, entry.id))
        ]
        self.theirs = sorted(theirs, key=lambda row: (row.day or date.max, row.id))
        self.taken: set[int] = set()
        self.corrections: dict[int, list[Ours]] = {}
        self.result = Result()

    def run(self) -> Result:
        rows = self._resolve()
        for step, (keys_of, key_of) in enumerate(_PASSES, 1):
            rows = self._run_pass(step, rows, keys_of, key_of)
        rows = self._run_nearby_pass(4, rows)
        self._count_corrections()
        self._close({row.theirs.id for row in rows} | self.result.ambiguous)
        return self.result

    def _resolve(self) -> list[_Row]:
        """Return the rows that may be matched; ambiguous ones wait for a person."""
        codes = {ours.item: ours.codes for ours, _refs, _sns in self.entries}
        items = CodeIndex((item, tuple(map(fold, texts))) for item, texts in codes.items())
        refs = CodeIndex((ref, (ref,)) for entry in self.entries for ref in entry.refs)
        serials = CodeIndex((sn, (sn,)) for entry in self.entries for sn in entry.serials)
        rows = []
        for theirs in self.theirs:
            found = [
                items.find(theirs.code),
                refs.find(theirs.ref),
                serials.find(theirs.serial or (theirs.ref if not theirs.code else None)),
            ]
            if AMBIGUOUS in found:
                self.result.ambiguous.add(theirs.id)
            else:
                rows.append(_Row(theirs, *found))
        return rows

    def _run_pass(self, step, rows, keys_of, key_of) -> list[_Row]:
        queues: dict[Hashable, deque] = defaultdict(deque)
        for entry in self.entries:
            if entry.ours.id not in self.taken:
                for key in keys_of(entry):
                    queues[key].append(entry.ours)
        left = []
        for row in rows:
            queue = queues.get(key_of(row))
            while queue and queue[0].id in self.taken:
                queue.popleft()
            if queue:
                self._pair(queue.popleft(), row.theirs, step)
            else:
                left.append(row)
        return left

    def _run_nearby_pass(self, step, rows) -> list[_Row]:
        by_item: dict[Hashable, dict[Decimal, list[Ours]]] = defaultdict(lambda: defaultdict(list))
        for ours, _refs, _serials in self.entries:
            if ours.id not in self.taken:
                by_item[ours.item][ours.amount].append(ours)
        shelves = {
            item: [(amount, _Shelf(entries)) for amount, entries in sorted(amounts.items())]
            for item, amounts in by_item.items()
        }
        left = []
        for row in rows:
            entry = None
            # A number that we know names one document; another one is no answer
            is_named = row.ref or row.serial
            if row.theirs.day and row.item in shelves and not is_named:
                entry = self._take_nearby(shelves[row.item], row.theirs)
            if entry:
                self._pair(entry, row.theirs, step)
            else:
                left.append(row)
        return left

    def _take_nearby(self, shelves, theirs) -> Ours | None:
        """Take the entry with the closest amount, of these the earliest."""
        low = bisect_left(shelves, theirs.amount - self.tolerance, key=lambda pair: pair[0])
        high = bisect_right(shelves, theirs.amount + self.tolerance, key=lambda pair: pair[0])
        near = sorted(shelves[low:high], key=lambda pair: abs(pair[0] - theirs.amount))
        for _amount, shelf in near:
            entry = shelf.take(theirs.day - self.days, theirs.day + self.days)
            if entry:
                return entry
        return None

    def _pair(self, ours, theirs, step):
        self.taken.add(ours.id)
        status = compare(ours, theirs, self.tolerance)
        self.result.pairs.append(Pair(theirs, ours, status, step))

    def _count_corrections(self):
        """Count with an entry what corrects it and no row has asked for, where that settles it."""
        for ours, _refs, _serials in self.entries:
            if ours.origin:
                self.corrections.setdefault(ours.origin, []).append(ours)
        if not self.corrections:
            return
        self.result.pairs = [self._count_with_corrections(pair) for pair in self.result.pairs]
        for ours, _refs, _serials in self.entries:
            found = self._get_open_corrections(ours)
            if found and ours.id not in self.taken and not sum(o.amount for o in [ours, *found]):
                self.result.cancelled += [ours, *found]
                self.taken.update(other.id for other in [ours, *found])

    def _get_open_corrections(self, ours) -> list[Ours]:
        return [o for o in self.corrections.get(ours.id, ()) if o.id not in self.taken]

    def _count_with_corrections(self, pair) -> Pair:
        found = self._get_open_corrections(pair.ours)
        if not found or pair.status == "matched":
            return pair
        amount = sum((other.amount for other in found), pair.ours.amount)
        # A corrected price is written on the same pieces; a return takes some away
        less = sum((other.quantity for other in found), pair.ours.quantity)
        for quantity in (pair.ours.quantity, less):
            whole = pair.ours._replace(quantity=quantity, amount=amount)
            if compare(whole, pair.theirs, self.tolerance) == "matched":
                self.taken.update(other.id for other in found)
                return pair._replace(ours=whole, status="matched", corrections=tuple(found))
        return pair

    def _close(self, unmatched: set[int]):
        """Tell repetitions from claims that we do not know."""
        self.result.only_ours = [e.ours for e in self.entries if e.ours.id not in self.taken]
        seen = set()
        for row in sorted(self.theirs, key=lambda row: row.id):
            key = (row.ref, row.code, row.serial, row.day, row.quantity, row.amount)
            is_repeated = bool(row.ref or row.serial) and key in seen
            seen.add(key)
            if row.id not in unmatched:
                continue
            if is_repeated:
                self.result.duplicates.append(row)
                self.result.ambiguous.discard(row.id)
            else:
                self.result.only_theirs.append(row)


class _Shelf:
    """Entries in the order of their days, taken one by one; a taken one is skipped at once."""

    def __init__(self, entries: list[Ours]):
        self._entries = entries
        self._days = [entry.day for entry in entries]
        self._next = list(range(len(entries) + 1))

    def _free(self, index: int) -> int:
        while self._next[index] != index:
            self._next[index] = self._next[self._next[index]]
            index = self._next[index]
        return index

    def take(self, first: date, last: date) -> Ours | None:
        index = self._free(bisect_left(self._days, first))
        if index == len(self._entries) or self._days[index] > last:
            return None
        self._next[index] = index + 1
        return self._entries[index]
