"""Handles: the small facts by which a person or an organisation is recognised.

No environment here: what stands in this file is the same for every database.
"""

import re
import unicodedata
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

# A value is part of a unique index, and no number, address or id that exists is longer.
MAX_LENGTH: Final = 255
MAX_EMAIL_LENGTH: Final = 254
MAX_PHONE_LENGTH: Final = 40
# Letters of these scripts look like Latin ones: a part that mixes both is made to deceive.
_LOOK_ALIKE_SCRIPTS: Final = frozenset({"ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GREEK"})
# Control, format (zero-width, direction marks), surrogate, private and unassigned characters.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


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
        if len(self.value) > MAX_LENGTH or any(
            unicodedata.category(character) in _INVISIBLE for character in self.value
        ):
            raise ValueError(
                f"A {self.id_type} handle has at most {MAX_LENGTH} characters, all of them visible"
            )
        if self.id_type == "phone" and not _PHONE_RE.fullmatch(self.value):
            raise ValueError("A phone handle is written in E.164, see normalise_phone()")
        if self.id_type == "email" and self.value != normalise_email(self.value):
            raise ValueError("An e-mail handle is normalised, see normalise_email()")

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes the handle unique."""
        return (self.id_type, self.scope, self.value)


def clean_text(text: str | None, limit: int = MAX_LENGTH) -> str:
    """Return a text from outside as it can be stored and shown: in one line, of a limited length.

    Invisible characters are left out: WeChat pastes direction marks around phone numbers, and a
    NUL no database stores.
    """
    # Twice the limit is enough to cut from, however long the text is.
    shown = (
        " " if character.isspace() else character
        for character in (text or "")[: 2 * limit]
        if character.isspace() or unicodedata.category(character) not in _INVISIBLE
    )
    return "".join(shown).strip()[:limit].strip()


def normalise_phone(text: str | None, country_code: str | None = "CN") -> str | None:
    """Return a phone number in E.164 (``+8613826001001``), or None when it is none.

    Numbers with an extension belong to a switchboard, not to a person, and local numbers
    without an area code to nobody: both give None.

    :param text: as somebody wrote it; full-width digits and any punctuation are understood
    :param country_code: ISO code of the country that a national number is read in
    """
    if not text or len(text) > 2 * MAX_PHONE_LENGTH:
        return None
    text = unicodedata.normalize("NFKC", clean_text(text))
    if not text or len(text) > MAX_PHONE_LENGTH:
        return None
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
    """Return an e-mail address trimmed and in lower case, or None when it is not one address.

    Full-width letters are understood. Parts that mix Latin letters with letters of another
    script that look like them give None: they are written to be taken for somebody else's.
    """
    if not text or len(text) > 2 * MAX_EMAIL_LENGTH:
        return None
    value = unicodedata.normalize("NFKC", clean_text(text)).strip().lower()
    if len(value) > MAX_EMAIL_LENGTH or not _EMAIL_RE.fullmatch(value):
        return None
    if any(_is_deceptive(part) for part in re.split(r"[@.]", value)):
        return None
    return value


def _is_deceptive(part: str) -> bool:
    if part.isascii():
        return False
    scripts = {unicodedata.name(c, "").split(" ")[0] for c in part if c.isalpha()}
    return "LATIN" in scripts and bool(scripts & _LOOK_ALIKE_SCRIPTS)


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
