"""Handles: the small facts by which a person or an organisation is recognised.

No environment here: what stands in this file is the same for every database.
"""

import re
from dataclasses import dataclass
from typing import Final

import phonenumbers

ID_TYPES: Final = (
    "partner",
    "phone",
    "email",
    "unionid",
    "openid",
    "external_userid",
    "card",
    "visitor",
)

_PHONE_RE: Final = re.compile(r"\+[1-9]\d{4,14}")
_CHINESE_MOBILE_RE: Final = re.compile(r"\+861[3-9]\d{9}")
# One address, no display name, no blanks; whether it receives mail is another question.
_EMAIL_RE: Final = re.compile(
    r"[^\s@<>,;\"'()\[\]]+@[^\s@<>,;\"'()\[\].]+(\.[^\s@<>,;\"'()\[\].]+)+"
)


@dataclass(frozen=True, slots=True)
class Handle:
    """One way to recognise somebody, unique by (id_type, scope, value).

    :param id_type: one of :data:`ID_TYPES`
    :param scope: whose numbering this is: ``pool:<id>`` for phone, email, card and partner,
        the provider's account (``oa:<appid>``) for its own ids
    :param value: normalised; ids of providers are taken letter by letter
    :param value_raw: what was really written, for people
    :param verified: the handle was proven to be theirs (a code, a provider's signature)
    :raise ValueError: an unknown type, an empty part or a value that is not normalised
    """

    id_type: str
    scope: str
    value: str
    value_raw: str = ""
    verified: bool = False

    def __post_init__(self):
        if self.id_type not in ID_TYPES:
            raise ValueError(f"Unknown type of handle: {self.id_type!r}")
        if not self.scope or not self.value or self.value != self.value.strip():
            raise ValueError(f"A {self.id_type} handle needs a scope and a value without blanks")
        if self.id_type == "phone" and not _PHONE_RE.fullmatch(self.value):
            raise ValueError("A phone handle is written in E.164, see normalise_phone()")
        if self.id_type == "email" and self.value != normalise_email(self.value):
            raise ValueError("An e-mail handle is normalised, see normalise_email()")

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes the handle unique."""
        return (self.id_type, self.scope, self.value)


def normalise_phone(text: str | None, country_code: str | None = "CN") -> str | None:
    """Return a phone number in E.164 (``+8613826001001``), or None when it is none.

    Numbers with an extension belong to a switchboard, not to a person, and local numbers
    without an area code to nobody: both give None.

    :param text: as somebody wrote it; full-width digits and any punctuation are understood
    :param country_code: ISO code of the country that a national number is read in
    """
    if not text or not text.strip():
        return None
    text = text.strip()
    if text.startswith("00"):
        text = f"+{text[2:]}"
    try:
        number = phonenumbers.parse(text, region=country_code or None)
    except phonenumbers.NumberParseException:
        return None
    value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # A new mobile prefix is in use before the library's tables know it.
    known = phonenumbers.is_valid_number(number) or _CHINESE_MOBILE_RE.fullmatch(value)
    if number.extension or not known or not _PHONE_RE.fullmatch(value):
        return None
    return value


def normalise_email(text: str | None) -> str | None:
    """Return an e-mail address trimmed and in lower case, or None when it is not one address."""
    value = (text or "").strip().lower()
    return value if _EMAIL_RE.fullmatch(value) else None


def mask(id_type: str, value: str | None) -> str:
    """Return the handle as people without the right to the raw value may see it.

    Enough stays to recognise a number that one knows already, too little to dial it.
    """
    if not value:
        return ""
    if id_type == "partner":
        return value  # the id of a record, readable where the record is
    if id_type == "email":
        local, _, domain = value.partition("@")
        return f"{local[:1]}***@{domain}" if domain else "***"
    if len(value) < 8:
        return f"****{value[-2:]}"
    if id_type == "phone":
        return f"{value[:-8]}****{value[-4:]}"
    return f"{value[:3]}****{value[-4:]}"
