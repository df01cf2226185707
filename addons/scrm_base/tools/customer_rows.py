"""What the rows of a customer list mean: which column is which, and what is wrong with a row."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from odoo.tools.translate import LazyGettext, LazyTranslate

from .handles import normalise_email, normalise_phone
from .spreadsheet import Cell, CellError, as_text
from .spreadsheet_write import unescape_formula

_lt = LazyTranslate(__name__, default_lang="en_US")

MAX_TEXT = 200
#: A number in scientific notation with fewer digits than this has lost its last ones.
MIN_DIGITS = 9
#: A long number as spreadsheet programs write it into a .csv.
_SCIENTIFIC_RE: Final = re.compile(r"(\d)(?:\.(\d+))?E\+?(\d{1,2})", re.IGNORECASE)

#: What people write over a column, in English and in Chinese.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "name": (
        *("name", "full name", "customer", "customer name", "contact", "contact name"),
        *("姓名", "名称", "客户", "客户名称", "客户姓名", "联系人", "会员姓名"),
    ),
    "phone": (
        *("phone", "phone number", "mobile", "mobile phone", "cell phone", "tel", "telephone"),
        *("手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "联系方式"),
    ),
    "email": ("email", "mail", "email address", "邮箱", "电子邮箱", "电子邮件", "邮件", "邮箱地址"),
    "city": ("city", "town", "城市", "所在城市", "市"),
    "company": (
        *("company", "company name", "organisation", "organization"),
        *("公司", "公司名称", "单位", "单位名称", "工作单位", "企业", "企业名称"),
    ),
    "tags": ("tag", "tags", "label", "labels", "category", "标签", "客户标签", "分类"),
    "code": (
        *("code", "customer code", "external code", "reference", "ref", "customer number"),
        *("编号", "编码", "客户编号", "客户编码", "客户代码", "外部编码"),
    ),
}


@dataclass(frozen=True)
class CustomerRow:
    """A row, understood.

    :param phone: E.164 or ""
    :param email: normalised or ""
    :param problems: why it cannot be imported, sentences; empty when it can
    """

    name: str = ""
    phone: str = ""
    email: str = ""
    city: str = ""
    company: str = ""
    tags: tuple[str, ...] = ()
    code: str = ""
    problems: tuple[LazyGettext, ...] = field(default=(), compare=False)

    def get_content_key(self) -> str:
        """Return the same text for the same content, in whichever file and row it stands."""
        content = [self.name, self.phone, self.email, self.city, self.company, self.code]
        text = json.dumps([*content, sorted(self.tags)], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:40]


def recognise_columns(header: Sequence[str]) -> dict[str, int]:
    """Return ``{field: index}`` for the columns that are understood; the first of a kind wins."""
    by_title = {_clean_title(t): name for name, titles in HEADERS.items() for t in titles}
    columns: dict[str, int] = {}
    for index, title in enumerate(header):
        name = by_title.get(_clean_title(title))
        if name:
            columns.setdefault(name, index)
    return columns


def get_column_problem(columns: Sequence[str]) -> LazyGettext | None:
    """Return a sentence when a list whose columns are read as these can never be imported."""
    if "name" not in columns:
        return _lt(
            "No column of names was found. Choose below which column holds the name, or write "
            "“Name” or “姓名” over it in the first row and upload the file again."
        )
    if not {"phone", "email", "code"}.intersection(columns):
        return _lt(
            "No column of phone numbers, e-mail addresses or codes was found, and without one "
            "nobody can be recognised. Choose below which column holds them, or write “Phone”, "
            "“Email” or “Code” (“手机”, “邮箱”, “编号”) over it and upload the file again."
        )
    if len(set(columns)) < len(columns):
        return _lt(
            "Two columns are read as the same. Leave one of them out: each can be read once."
        )
    return None


def parse_row(
    cells: Sequence[Cell], columns: Mapping[str, int], header: Sequence[str], country_code: str
) -> CustomerRow:
    """Understand one row.

    :param columns: ``{field: index}`` of ``recognise_columns``
    :param country_code: ISO code of the country that national phone numbers are read in
    """
    problems: list[LazyGettext] = []
    values: dict[str, str] = {}
    for name, index in columns.items():
        cell = cells[index] if index < len(cells) else None
        text, problem = _read_cell(name, cell, header[index])
        values[name] = text
        if problem is not None:
            problems.append(problem)
    broken = bool(problems)
    if values.get("phone"):
        phone = normalise_phone(values["phone"], country_code)
        if not phone:
            problems.append(_lt("“%(value)s” is not a phone number.", value=values["phone"]))
        values["phone"] = phone or ""
    if values.get("email"):
        email = normalise_email(values["email"])
        if not email:
            problems.append(_lt("“%(value)s” is not an e-mail address.", value=values["email"]))
        values["email"] = email or ""
    if not broken and not values.get("name"):
        problems.append(_lt("The name is missing."))
    if not problems and not any(values.get(key) for key in ("phone", "email", "code")):
        problems.append(
            _lt("Phone number, e-mail address and code are all missing; one of them is needed.")
        )
    tags = tuple(
        filter(None, (t.strip() for t in re.split(r"[,，;；、|]", values.pop("tags", ""))))
    )
    return CustomerRow(**values, tags=tags, problems=tuple(problems))


def _read_cell(name: str, cell: Cell, title: str) -> tuple[str, LazyGettext | None]:
    """Return a cell's text, or "" and what is wrong with it."""
    if isinstance(cell, CellError):
        return "", _lt(
            "Column “%(column)s” holds the error %(error)s.", column=title, error=cell.code
        )
    wrong = isinstance(cell, bool | date)
    if isinstance(cell, Decimal):
        # A phone number or a code may be stored as a whole number; nothing else is a number.
        wrong = name in ("name", "email") or cell != cell.to_integral_value()
    if wrong:
        return "", _lt(
            "Column “%(column)s” holds “%(value)s”, which is of the wrong type.",
            column=title,
            value=as_text(cell),
        )
    text = " ".join(unescape_formula(as_text(cell)).split())
    scientific = _SCIENTIFIC_RE.fullmatch(text) if name in ("phone", "code") else None
    if scientific:
        first, rest, exponent = scientific.groups(default="")
        if len(rest.rstrip("0")) > int(exponent) or len(first + rest) < MIN_DIGITS:
            return "", _lt(
                "Column “%(column)s” holds “%(value)s”: the spreadsheet program has cut the last "
                "digits off. Format the column as text and enter the number again.",
                column=title,
                value=text,
            )
        text = format(Decimal(text), "f")
    if len(text) > MAX_TEXT:
        return "", _lt(
            "Column “%(column)s” holds more than %(limit)s characters.",
            column=title,
            limit=MAX_TEXT,
        )
    return text, None


def _clean_title(title: str) -> str:
    """Return a title without case, blanks, punctuation and what stands in brackets."""
    text = unicodedata.normalize("NFKC", title).casefold()
    text = re.sub(r"\(.*?\)|\[.*?\]|【.*?】", "", text)
    return re.sub(r"[\W_]+", "", text)
