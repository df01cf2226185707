"""Rows of a price list as people keep them in spreadsheets, without the ORM."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from odoo.tools.translate import LazyGettext, LazyTranslate

from odoo.addons.scrm_base.tools.spreadsheet import Cell, CellError, as_text

_lt = LazyTranslate(__name__, default_lang="en_US")

# What columns are called, without blanks, in lower case.
TITLES = {
    "code": {
        *("code", "itemcode", "item", "productcode", "internalreference", "sku", "编码", "编号"),
        *("产品编码", "商品编码", "物料编码", "物料号", "备件编码", "项目编码", "料号", "货号"),
    },
    "price": {
        *("price", "standardprice", "unitprice", "标准价", "标准价格", "单价", "价格", "结算价"),
        *("标准单价", "含税单价"),
    },
    "minutes": {
        "minutes",
        "labourminutes",
        "standardminutes",
        "标准工时(分钟)",
        "工时(分钟)",
        "分钟",
    },
    "hours": {
        "hours",
        "labourhours",
        "standardhours",
        "标准工时",
        "工时",
        "标准工时(小时)",
        "小时",
    },
    "cost": {"cost", "referencecost", "参考成本", "成本", "成本价"},
}
_NOT_A_NUMBER = re.compile(r"[\s,¥$€元]|cny|rmb", re.IGNORECASE)
_MAX_PRICE = Decimal(10) ** 9


@dataclass
class PriceRow:
    """One row: what it says, and everything that is wrong with it."""

    code: str = ""
    price: Decimal | None = None
    minutes: int | None = None
    cost: Decimal | None = None
    problems: list[LazyGettext] = field(default_factory=list)


def recognise(header: Sequence[str]) -> dict[str, int]:
    """Return the position of each column that is known by its title."""
    columns: dict[str, int] = {}
    for position, title in enumerate(header):
        plain = "".join(unicodedata.normalize("NFKC", title).lower().split())
        for name, titles in TITLES.items():
            if plain in titles:
                columns.setdefault(name, position)
    return columns


def parse_row(cells: Sequence[Cell], columns: dict[str, int]) -> PriceRow:
    """Read one row; what cannot be read is a problem of this row and of no other."""
    row = PriceRow()
    code = cells[columns["code"]]
    if isinstance(code, CellError):
        row.problems.append(_lt("The code is the error %(value)s.", value=code.code))
    else:
        row.code = as_text(code)
        if not row.code:
            row.problems.append(_lt("The code is missing."))
    row.price = _number(row, cells, columns, "price")
    if row.price is None and not row.problems:
        row.problems.append(_lt("The price is missing."))
    row.cost = _number(row, cells, columns, "cost")
    minutes = _number(row, cells, columns, "minutes")
    hours = _number(row, cells, columns, "hours", _MAX_PRICE / 60)
    if minutes is None and hours is not None:
        minutes = hours * 60
    if minutes is not None:
        row.minutes = int(minutes.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return row


def _number(
    row: PriceRow,
    cells: Sequence[Cell],
    columns: dict[str, int],
    name: str,
    limit: Decimal = _MAX_PRICE,
) -> Decimal | None:
    cell = cells[columns[name]] if name in columns else None
    if cell is None:
        return None
    number = None
    if isinstance(cell, Decimal):
        number = cell
    elif isinstance(cell, str):
        try:
            number = Decimal(_NOT_A_NUMBER.sub("", unicodedata.normalize("NFKC", cell)))
        except InvalidOperation:
            number = None
    if number is None or not number.is_finite() or not 0 <= number < limit:
        shown = cell.code if isinstance(cell, CellError) else as_text(cell)
        row.problems.append(_lt("“%(value)s” is not a price or duration.", value=shown))
        return None
    return number
