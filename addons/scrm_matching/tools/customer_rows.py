"""A customer as it is compared: from what stands on cards and handles to prepared columns."""

import re
import unicodedata
from collections.abc import Iterable

from .names import normalise_name, split_name
from .plan import Field, Plan, Row

CUSTOMERS = Plan(
    fields=(
        Field("name", "name", frequent=True),
        Field("phones", "phones", tails="phone_tails"),
        Field("emails", "emails", tails="email_locals"),
        Field("city", "exact", frequent=True),
    ),
    # A person and an organisation are never one customer: "kind" stands in every block.
    blocks=(
        ("kind", "name"),
        ("kind", "phone_tails"),
        ("kind", "email_locals"),
        ("kind", "given", "city"),
    ),
    training=(("kind", "name"), ("kind", "phones"), ("kind", "emails")),
    sure=(("kind", "name", "phones"), ("kind", "name", "emails")),
)

# Digits that stay when the country, the area or a dialling prefix is written differently.
TAIL = 8
_ROLES = frozenset(
    "info sales sale service services contact admin office hr support mail email marketing hello"
    " noreply no-reply postmaster webmaster kefu xiaoshou caiwu shop store market business".split()
)
_FILLER = re.compile(r"(\d)\1{5,}|01234567|12345678|87654321|38001380")


def phone_digits(text: str | None) -> str | None:
    """Return a number's digits, or None for one that is no person's (too short, filler)."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text or ""))
    return digits if len(digits) >= TAIL and not _FILLER.search(digits) else None


def email_local(email: str | None) -> str | None:
    """Return what stands before the @ without a tag, or None where it is an office's."""
    local = (email or "").strip().lower().partition("@")[0].partition("+")[0]
    return local if len(local) > 2 and local not in _ROLES else None


def normalise_city(text: str | None) -> str | None:
    """Return a city without blanks, case and the word for city."""
    city = "".join(unicodedata.normalize("NFKC", text or "").casefold().split())
    if len(city) > 2:
        city = city.removesuffix("市")
    return city or None


def _unique(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))


def prepare(
    id_: int,
    kind: str | None,
    name: str | None,
    phones: Iterable[str] | None,
    emails: Iterable[str] | None,
    city: str | None,
) -> Row:
    """Return the row of one customer (or, in a sample, of one card)."""
    name = normalise_name(name)
    _surname, given = split_name(name) if kind != "organisation" else ("", "")
    numbers = _unique(map(phone_digits, phones or ()))
    addresses = _unique((email or "").strip().lower() for email in emails or ())
    return Row(
        id_,
        {
            "kind": kind or "person",
            "name": name,
            "given": given or None,
            "phones": numbers,
            "phone_tails": _unique(number[-TAIL:] for number in numbers),
            "emails": addresses,
            "email_locals": _unique(map(email_local, addresses)),
            "city": normalise_city(city),
        },
    )
