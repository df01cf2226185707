"""What amounts are in: their currency and how many of its units, in cells and in titles."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import list_currencies

from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.spreadsheet import Cell, CellError, as_text
from odoo.addons.scrm_base.tools.spreadsheet_write import unescape_formula

from .claim_cells import (
    CHINESE_UNITS,
    CURRENCY_SIGN,
    CellProblem,
    check_size,
    error_cell,
    normalise,
    parse_number,
)

_lt = LazyTranslate(__name__, default_lang="en_US")

_CURRENCY_RE = re.compile(CURRENCY_SIGN)
#: Which currencies a sign may be; one that is not here is its own code.
_CURRENCIES = {
    "人民币": ("CNY",), "rmb": ("CNY",), "cn¥": ("CNY",), "¥": ("CNY", "JPY"), "us$": ("USD",),
    "hk$": ("HKD",), "$": ("USD", "HKD", "SGD", "TWD", "AUD", "CAD", "NZD"), "€": ("EUR",),
    "£": ("GBP",),
}  # fmt: skip
#: The words of a column of currencies; a code of three letters needs no entry.
_CURRENCY_WORDS = {
    **_CURRENCIES, "yuan": ("CNY",), "renminbi": ("CNY",), "元": ("CNY", "HKD", "TWD", "JPY"),
    "美元": ("USD",), "美金": ("USD",), "港元": ("HKD",), "港币": ("HKD",), "欧元": ("EUR",),
    "英镑": ("GBP",), "日元": ("JPY",), "日圆": ("JPY",), "新台币": ("TWD",), "台币": ("TWD",),
    "新加坡元": ("SGD",), "澳元": ("AUD",), "加元": ("CAD",), "韩元": ("KRW",), "卢布": ("RUB",),
    "us dollar": ("USD",), "euro": ("EUR",),
}  # fmt: skip
_CURRENCY_WORD_RE = re.compile(
    "|".join(map(re.escape, sorted(_CURRENCY_WORDS, key=len, reverse=True))) + "|[a-z]{3}"
)
_CURRENCY_CELL_RE = re.compile(rf"(?:(?:{_CURRENCY_WORD_RE.pattern})[\s()/_,:·-]*)+")
# Codes that may also be words, such as ALL and TRY, so only in capitals
_CODES = list_currencies()
_BRACKETS_RE = re.compile(r"\(([^()]+)")
_BRACKET_PART_RE = re.compile(r"[/,;:·|]")
#: How many units one of a column is; the longer word first, for 百万 ends like 万.
_SCALES = {
    "千万": 10_000_000, "百万": 1_000_000, "十万": 100_000, **CHINESE_UNITS, "百": 100,
    "thousands": 1000, "thousand": 1000, "millions": 1_000_000, "million": 1_000_000,
    "billions": 1_000_000_000, "billion": 1_000_000_000, "'000": 1000, "k": 1000, "mn": 1_000_000,
    "m": 1_000_000, "bn": 1_000_000_000,
}  # fmt: skip
#: What means something else, metres for one, where no currency stands beside it
_BESIDE_CURRENCY = ("mn", "m", "bn")
_SCALE_RE = re.compile(
    rf"(?P<before>.*?)(?<![a-z](?=[a-z]))(?P<scale>{'|'.join(_SCALES)})\s*(?P<after>[^\s\d]*)",
    re.IGNORECASE | re.DOTALL,
)
_OWN_SCALE_RE = re.compile(f"[{''.join(CHINESE_UNITS)}]")


def parse_amount(
    cell: Cell | float | int,
    decimal_places: int = 2,
    decimal_comma: bool = False,
    currency: str = "",
    scale: int = 1,
) -> Decimal | None:
    """Return the number of a cell in the currency's digits, halves away from zero.

    :param currency: its ISO code
    :param scale: units that one of the column is, see `find_scale`; a cell may say its own
    :raises CellProblem: the cell is no number, or bears the sign of another currency
    """
    number = parse_number(cell, decimal_comma)
    if currency and isinstance(cell, str):
        sign = _CURRENCY_RE.search(normalise(cell).casefold())
        if sign and not _may_be(sign[0], currency):
            raise _other_currency(cell, currency)
    if number is None:
        return None
    if not (isinstance(cell, str) and _OWN_SCALE_RE.search(cell)):
        number = check_size(number * scale)
    return number.quantize(Decimal(1).scaleb(-decimal_places), rounding=ROUND_HALF_UP)


def check_currency(cell: Cell, currency: str) -> None:
    """Refuse a cell that names another currency, by code, sign or name; an empty one names none.

    :param currency: its ISO code
    :raises CellProblem: the cell names another currency, or none that is known
    """
    if cell is None:
        return
    if isinstance(cell, CellError):
        raise error_cell(cell.code)
    text = normalise(unescape_formula(as_text(cell))).casefold()
    if not text:
        return
    if not _CURRENCY_CELL_RE.fullmatch(text):
        raise CellProblem(
            _lt("“%(cell)s” is no currency; write its code, such as CNY", cell=as_text(cell))
        )
    if not all(_may_be(word, currency) for word in _CURRENCY_WORD_RE.findall(text)):
        raise _other_currency(as_text(cell), currency)


def names_other_currency(title: Cell, currency: str) -> bool:
    """Tell whether a title names a currency that is not this one.

    :param currency: its ISO code
    """
    try:
        check_currency(find_currency(title), currency)
    except CellProblem:
        return True
    return False


def find_currency(title: Cell) -> str | None:
    """Return the currency that a title names in brackets, beside what else it says there."""
    return next((name for name, _scale in map(_read_unit, _split_title(title)[1:]) if name), None)


def find_scale(title: Cell) -> int:
    """Return how many units one of a column is that is written in thousands, in 万元 …"""
    scales = (scale for _name, scale in map(_read_unit, _split_title(title)))
    return next((scale for scale in scales if scale != 1), 1)


def _read_unit(part: str) -> tuple[str, int]:
    """Return the currency that a part of a title names, if any, and how many units one is.

    The currency may stand on either side: 万美元, USD million.
    """
    scaled = _SCALE_RE.fullmatch(part)
    if not scaled:
        return (part if _is_currency(part) else ""), 1
    unit, after = scaled["scale"].casefold(), scaled["after"]
    before = re.sub(r"^in\b\s*", "", scaled["before"].strip(), flags=re.IGNORECASE)
    for named in (after,) if after else (before, before.rpartition(" ")[2]):
        if _is_currency(named):
            return named, _SCALES[unit]
    is_alone = not (before or after)
    return "", (_SCALES[unit] if is_alone and unit not in _BESIDE_CURRENCY else 1)


def _split_title(title: Cell) -> list[str]:
    """Return a title without brackets, and what it says in them, part by part."""
    if not isinstance(title, str):
        return []
    text = normalise(title)
    parts = (
        part for inside in _BRACKETS_RE.findall(text) for part in _BRACKET_PART_RE.split(inside)
    )
    return [text.partition("(")[0].strip(), *(part.strip() for part in parts)]


def _may_be(word: str, currency: str) -> bool:
    return currency in _CURRENCY_WORDS.get(word, (word.upper(),))


def _is_currency(text: str) -> bool:
    """Tell whether a text is nothing but a currency, and no word of three letters."""
    lower = text.casefold()
    return bool(_CURRENCY_CELL_RE.fullmatch(lower)) and all(
        word in _CURRENCY_WORDS
        or _CURRENCY_RE.fullmatch(word)
        or (text.isupper() and word.upper() in _CODES)
        for word in _CURRENCY_WORD_RE.findall(lower)
    )


def _other_currency(cell: str, currency: str) -> CellProblem:
    return CellProblem(
        _lt(
            "the amount is in another currency: %(cell)s, but %(currency)s is compared",
            cell=cell,
            currency=currency,
        )
    )
