"""From a dealer's sheet to claims: which column is which, what is no claim but a total."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.spreadsheet import Cell, CellError, as_text

from .claim_amounts import (
    check_currency,
    find_currency,
    find_scale,
    names_other_currency,
    parse_amount,
)
from .claim_cells import (
    CellProblem,
    Code,
    fold,
    normalise,
    parse_code,
    parse_day,
    parse_number,
)

_lt = LazyTranslate(__name__, default_lang="en_US")

#: What a column may hold, and the titles by which dealers' systems call it.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "ref": (
        "单号", "单据号", "单据编号", "订单号", "订单编号", "出库单号", "发货单号", "送货单号",
        "销售单号", "来源单号", "参考", "参考号", "reference", "ref", "document", "document no",
        "order", "order no", "delivery", "delivery no",
    ),
    "code": (
        "产品编码", "产品编号", "产品代码", "商品编码", "商品编号", "物料编码", "物料编号", "料号",
        "货号", "编码", "备件编码", "code", "item code", "product code", "part no", "part number",
        "item", "sku", "internal reference",
    ),
    "serial": (
        "序列号", "机身号", "sn", "工单号", "工单编号", "服务单号", "serial", "serial no",
        "serial number", "ticket", "ticket no", "ticket number",
    ),
    "date": (
        "日期", "单据日期", "发生日期", "业务日期", "出库日期", "发货日期", "完工日期", "服务日期",
        "date", "day", "document date",
    ),
    "quantity": ("数量", "件数", "结算数量", "数目", "quantity", "qty"),
    "amount": (
        "金额", "结算金额", "含税金额", "总金额", "应结金额", "应付金额", "费用", "amount",
        "total amount", "claim", "claim amount",
    ),
    "currency": (
        "币种", "货币", "币别", "结算币种", "货币代码", "currency", "currency code", "curr", "cur",
    ),
    "description": (
        "名称", "产品名称", "商品名称", "物料名称", "品名", "摘要", "备注", "说明", "description",
        "name", "product", "remark", "remarks", "note",
    ),
}  # fmt: skip
#: Rows that begin like this add up others.
TOTALS = ("合计", "小计", "总计", "共计", "累计", "本页合计", "total", "subtotal", "grand total")
_TOTALS = frozenset(map(fold, TOTALS))
# What may stand behind one of these: “Total” is a make of oil, “累计保养第3次” a service.
_TOTAL_TAIL_RE = re.compile(
    r"(?:s|amount|sum|金额|数量|费用|件数)?"
    r"(?:[:(\[=].*|共?\d+[笔件条行项].*)?"
)
#: A letterhead is no longer than this.
LAST_HEADER_ROW = 50


@dataclass(frozen=True)
class Layout:
    """How one dealer writes his file.

    :param header_row: its number, 0 to find it
    :param titles: {target: the titles that this dealer gives the column}; a target that is
        missing here is known by its synonyms
    :param totals: folded beginnings of rows that are left out
    """

    header_row: int = 0
    titles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decimal_comma: bool = False
    day_order: str = "ymd"
    is_reversed: bool = False
    totals: tuple[str, ...] = tuple(map(fold, TOTALS))

    def is_header(self, number: int, cells: Sequence[Cell]) -> bool:
        """Tell whether a row holds the titles; for ``read_sheet``."""
        if self.header_row:
            return number == self.header_row
        return number <= LAST_HEADER_ROW and is_complete(self.find_columns(cells))

    def find_columns(self, header: Sequence[Cell], currency: str = "") -> dict[str, int]:
        """Return {target: index of its column}; titles of the dealer's own come first.

        :param currency: ISO code of what is compared: of amounts in several currencies, those in
            this one are taken
        """
        places: dict[str, list[int]] = {}
        for place, cell in enumerate(header):
            places.setdefault(fold_title(cell), []).append(place)
        columns: dict[str, int] = {}
        for target, synonyms in SYNONYMS.items():
            found = [
                place
                for title in self.titles.get(target) or synonyms
                for place in places.get(fold_title(title), ())
                if place not in columns.values()
            ]
            if currency and target == "amount":
                found.sort(key=lambda place: names_other_currency(header[place], currency))
            if found:
                columns[target] = found[0]
        return columns


class ClaimRow(NamedTuple):
    """What one row of the file claims; with a problem, its values are what could be read."""

    number: int
    cells: tuple[Cell, ...]
    ref: Code | None = None
    code: Code | None = None
    serial: Code | None = None
    date: date | None = None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    description: str = ""
    problems: tuple[tuple[str, object], ...] = ()
    is_total: bool = False


def fold_title(cell: Cell) -> str:
    """Return a title without what differs from file to file: units in brackets, marks, case."""
    if not isinstance(cell, str):
        return ""
    text = normalise(cell).casefold().partition("(")[0]
    return "".join(c for c in text if c.isalnum())


def is_complete(columns: Iterable[str]) -> bool:
    """Tell whether the columns suffice: an amount, and something to know each claim by."""
    found = set(columns)
    return "amount" in found and bool(found & {"ref", "code", "serial"})


def is_total(
    cells: Sequence[Cell], totals: tuple[str, ...], identifying: Iterable[int] = ()
) -> bool:
    """Tell whether a row adds up others, by its first text.

    :param identifying: the columns that say what a claim is for; a total has nothing there but
        its own text
    """
    texts = (i for i, cell in enumerate(cells) if isinstance(cell, str) and cell.strip())
    place = next(texts, None)
    if place is None or any(cells[i] is not None for i in identifying if i != place):
        return False
    key = fold(cells[place])
    return any(
        key.startswith(word)
        and (word not in _TOTALS or _TOTAL_TAIL_RE.fullmatch(key[len(word) :]) is not None)
        for word in totals
    )


def make_parser(
    layout: Layout,
    columns: Mapping[str, int],
    header: Sequence[Cell] = (),
    *,
    decimal_places: int = 2,
    currency: str = "",
    dates_1904: bool = False,
    is_text_file: bool = False,
    year: int | None = None,
) -> Callable[[int, tuple[Cell, ...]], ClaimRow]:
    """Return a function of row number and cells.

    :param header: the titles; that of the amount may name its currency and its unit (万元)
    :param currency: ISO code of what is compared; an amount in another is a problem
    """
    title = header[columns["amount"]] if header else None
    scale = find_scale(title)
    readers: dict[str, Callable] = {
        "ref": lambda cell: parse_code(cell, is_text_file),
        "code": lambda cell: parse_code(cell, is_text_file),
        "serial": lambda cell: parse_code(cell, is_text_file),
        "date": lambda cell: parse_day(cell, layout.day_order, dates_1904, year),
        "quantity": lambda cell: parse_number(cell, layout.decimal_comma),
        "amount": lambda cell: parse_amount(
            cell, decimal_places, layout.decimal_comma, currency, scale
        ),
        "description": lambda cell: "" if cell is None else as_text(cell),
    }
    identifying = [columns[t] for t in ("ref", "code", "serial") if t in columns]
    wanted = [
        (columns[target], target, read) for target, read in readers.items() if target in columns
    ]
    place = columns.get("currency")
    named: Cell = find_currency(title)
    sign = -1 if layout.is_reversed else 1

    def parse(number: int, cells: tuple[Cell, ...]) -> ClaimRow:
        nonlocal named
        values: dict[str, object] = {}
        problems: list[tuple[str, object]] = []
        for index, target, read in wanted:
            try:
                values[target] = read(cells[index])
            except CellProblem as problem:
                problems.append((target, problem.message))
            except ValueError:  # an error cell in a text
                values[target] = ""
        is_left_out = is_total(cells, layout.totals, identifying)
        if currency and not is_left_out:
            # An empty cell repeats the one above it, as merged cells do, at last the title
            if place is not None and cells[place] is not None:
                named = cells[place]
            try:
                check_currency(named, currency)
            except CellProblem as problem:
                problems.append(("currency", problem.message))
        if not problems:
            problems = _find_gaps(values)
        if sign < 0:
            for target in ("amount", "quantity"):
                if values.get(target) is not None:
                    values[target] = -values[target]
        found = () if is_left_out else tuple(problems)
        return ClaimRow(number, cells, problems=found, is_total=is_left_out, **values)

    return parse


def get_first_text(cells: Iterable[Cell]) -> str:
    """Return the text by which a row is taken for a total."""
    return next((cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()), "")


def show_cells(cells: Iterable[Cell]) -> list[str]:
    """Return a row as it was, in texts."""
    return [cell.code if isinstance(cell, CellError) else as_text(cell) for cell in cells]


def _find_gaps(values: Mapping[str, object]) -> list[tuple[str, object]]:
    if values.get("amount") is None:
        return [("amount", _lt("the amount is missing"))]
    if not any(values.get(target) for target in ("ref", "code", "serial")):
        return [("", _lt("nothing says what it is for: give a reference, code or serial number"))]
    return []
