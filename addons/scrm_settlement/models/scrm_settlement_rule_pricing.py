from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import float_round

from ..tools.brackets import Bracket, slices
from ..tools.pricing import decimal_of, round_step, scaled_price, unit_price
from ..tools.resolution import POSITIONS, REGION_FIRST, Query, resolve
from .scrm_settlement_tier import PRICING_STATES

# Losers named in a line's explanation; the price tester shows all.
EXPLAINED_LOSERS = 20
PRICE_DIGITS = 6
BASE_STEP = Decimal("0.000001")
# From so many different requests on, one set of SQL statements finds the rules.
SET_BASED_FROM = 500


@dataclass
class _Book:
    """What one company's prices are looked up in: read once per batch, never per line."""

    company: models.BaseModel
    order: tuple = POSITIONS
    records: dict = field(default_factory=dict)
    """Rule id -> record."""
    rules: dict = field(default_factory=dict)
    """(target, id of the item or 0) -> rules, so that a line judges only those that name it."""
    brackets: dict = field(default_factory=dict)
    """Rule id -> {bracket as arithmetic: its record}."""
    library_prices: dict = field(default_factory=dict)
    """Product id -> [(library record, first day, last day or False, price)], in library order."""
    regions: dict = field(default_factory=dict)
    """Partner id -> {region id: closeness}."""


@dataclass(frozen=True)
class _Price:
    """What one rule makes of one request: a price, `exact` before it was rounded, or a reason."""

    price: Decimal | str
    currency: models.BaseModel
    base: Decimal | None = None
    library: models.BaseModel | None = None
    bracket: Bracket | None = None
    exact: Decimal | None = None


class ScrmSettlementRule(models.Model):
    _inherit = "scrm.settlement.rule"

    @api.model
    def _resolve(self, company, requests, all_rules=False):
        """Find the rule, the price and the reasons for each request.

        The number of queries depends on the number of addresses, not of requests. A few requests
        are judged one by one, with the reasons of every rule that lost; from `SET_BASED_FROM`
        different ones on, SQL finds the same winners for all at once, and the losers are not
        listed (`verdicts` holds the winner alone): the price tester finds them when somebody asks.

        :param company: the company that settles
        :param requests: list of dicts with `partner` (the dealer), `product` (product.product),
            `day` (local date) and optionally `scenario` (default: the dealer's), `scope` (of the
            tiers that may answer, default "service"), `quantity` (in the product's unit, default
            1), `amount` (money of the source), `source_price` (its unit price) and `currency`
            (of these two, default: the company's); an amount or price of 0 is not known
        :param all_rules: judge rules for other items too, for a screen that shows them all
        :return: list of dicts in the order of the requests: `rule` (maybe empty), `bracket`
            (maybe empty), `price_unit`, `price_exact` (not rounded), `base_price`, `currency`,
            `scenario`, `grade`, `verdicts` (list of :class:`~..tools.resolution.Verdict`, the
            winner first) and `explanation` (JSON). A rule that accumulates over the period has a
            price of 0: `_get_period_amount` prices its lines at the end.
        """
        # sudo: whoever closes a ticket or ships goods may not read what dealers are paid.
        # active_test: a rule for an archived region or level is not a rule for everybody.
        self = self.sudo().with_company(company).with_context(active_test=False)
        distinct = {}
        for request in requests:
            distinct.setdefault(self._get_request_key(request), request)
        if len(distinct) >= SET_BASED_FROM and not all_rules:
            found = self._resolve_many(company, list(distinct.values()))
        else:
            book = self._load_book(company, distinct.values(), all_rules)
            found = [self._resolve_one(book, r, all_rules) for r in distinct.values()]
        known = dict(zip(distinct, found, strict=True))
        return [known[self._get_request_key(request)] for request in requests]

    def _get_request_key(self, request):
        scenario, currency = request.get("scenario"), request.get("currency")
        return (
            request["partner"].id,
            request["product"].id,
            request["day"],
            scenario.id if scenario else 0,
            request.get("scope") or "service",
            request.get("quantity"),
            request.get("amount") or 0,
            request.get("source_price") or 0,
            currency.id if currency else 0,
        )

    # === THE BOOK === #

    def _load_book(self, company, requests, all_rules):
        book = _Book(company, self._get_order(company))
        products = self.env["product.product"].union(*(r["product"] for r in requests))
        lines = self.env["scrm.library.line"].search(
            [
                ("company_id", "=", company.id),
                ("product_id", "in", products.ids),
                ("library_id.active", "=", True),
            ]
        )
        for line in lines.sorted(lambda line: (line.library_id.sequence, line.library_id.id)):
            book.library_prices.setdefault(line.product_id.id, []).append(
                (line.library_id, line.valid_from, line.valid_to, line.price)
            )
        domain = self._get_pricing_domain(company)
        if not all_rules:
            domain &= self._get_item_domain(products, lines.library_id)
        for record in self.search(domain):
            rule = record._prepare_resolution_rule()
            book.records[record.id] = record
            book.rules.setdefault((rule.target, rule.target_id), []).append(rule)
            brackets = record.bracket_ids
            book.brackets[record.id] = dict(zip(brackets._to_brackets(), brackets, strict=True))
        partners = self.env["res.partner"].union(*(r["partner"] for r in requests))
        book.regions = partners.sudo().commercial_partner_id._scrm_get_region_closeness()
        return book

    @api.model
    def _get_order(self, company):
        return REGION_FIRST if company.scrm_region_before_scenario else POSITIONS

    @api.model
    def _get_pricing_domain(self, company):
        """Return which rules may price at all: not those of drafts."""
        return (
            Domain("company_id", "=", company.id)
            & Domain("active", "=", True)
            & Domain("tier_id.active", "=", True)
            & Domain("tier_id.state", "in", PRICING_STATES)
        )

    @api.model
    def _get_item_domain(self, products, libraries):
        path = "/".join(products.categ_id.mapped(lambda category: category.parent_path or ""))
        categories = [int(step) for step in path.split("/") if step]
        return (
            Domain("target", "=", "all")
            | Domain("product_id", "in", products.ids)
            | Domain("category_id", "in", categories)
            | Domain("library_id", "in", libraries.ids)
        )

    # === ONE REQUEST === #

    def _resolve_one(self, book, request, all_rules):
        partner = request["partner"].sudo().commercial_partner_id
        # with_company: cost is a property of the company that settles
        product = request["product"].sudo().with_company(book.company)
        scenario = (request.get("scenario") or partner.scrm_scenario_id).sudo()
        day = request["day"]
        prices = [
            (library, price)
            for library, first, last, price in book.library_prices.get(product.id, ())
            if first <= day and (not last or day <= last)
        ]
        # parent_path is "1/4/9/": the category itself comes first when reversed
        path = (product.categ_id.parent_path or "").split("/")
        query = Query(
            partner=partner.id,
            product=product.id,
            day=day,
            scenario=scenario.id or 0,
            grade=partner.grade_id.id or 0,
            regions=book.regions[partner.id],
            categories=tuple(int(step) for step in reversed(path) if step),
            libraries=tuple(library.id for library, _price in prices),
            scope=request.get("scope") or "service",
            uplines=tuple(partner._scrm_get_uplines().ids),
        )
        found = {}

        def price_of(rule):
            found[rule.id] = self._price_one(book, rule.id, request, product, prices)
            return found[rule.id].price

        rules = self._get_rules_to_judge(book, query, all_rules)
        verdicts = resolve(rules, query, price_of, book.order)
        won = verdicts[0] if verdicts and verdicts[0].outcome == "won" else None
        record = book.records[won.rule] if won else self.browse()
        priced = found[won.rule] if won else _Price("price", book.company.currency_id)
        bracket = self.env["scrm.settlement.bracket"]
        if priced.bracket:
            bracket = book.brackets[record.id][priced.bracket]
        losers = [
            {
                "rule": book.records[verdict.rule].name,
                "price": float(verdict.price),
                "reason": verdict.reason,
            }
            for verdict in verdicts
            if verdict.outcome == "lost"
        ]
        return {
            "rule": record,
            "bracket": bracket,
            "price_unit": float(won.price) if won else None,
            "price_exact": float(priced.exact or won.price) if won else None,
            "base_price": float(priced.base) if priced.base is not None else None,
            "currency": priced.currency,
            "scenario": scenario,
            "grade": partner.grade_id,
            "verdicts": verdicts,
            "explanation": record._prepare_explanation(
                bracket, priced.base, priced.library, losers[:EXPLAINED_LOSERS]
            ),
        }

    def _get_rules_to_judge(self, book, query, all_rules):
        if all_rules:
            return [rule for rules in book.rules.values() for rule in rules]
        items = [
            ("product", query.product),
            ("all", 0),
            *(("category", category) for category in query.categories),
            *(("library", library) for library in query.libraries),
        ]
        return [rule for item in items for rule in book.rules.get(item, ())]

    def _price_one(self, book, rule_id, request, product, prices):
        rule, brackets = book.records[rule_id], book.brackets[rule_id]
        if rule.method == "pricelist":
            base = library = shown = None
            price, currency = rule._get_pricelist_price(request, product)
            if price is None:
                return _Price("price", currency)
        else:
            base, currency, library = self._get_base(book, rule, request, product, prices)
            if base is None and rule.method != "fixed":
                return _Price("price", currency)
            shown = base if rule.method != "fixed" else None
            if rule.accumulation == "period":
                return _Price(Decimal(0), currency, shown, library)

        def price_of(value):
            if rule.method == "pricelist":
                return price
            return unit_price(
                rule.method,
                value,
                base,
                decimal_of(rule.price_round),
                surcharge=decimal_of(rule.surcharge),
                floor=decimal_of(rule.price_min),
                ceiling=decimal_of(rule.price_max),
            )

        bracket = None
        exact = price_of(decimal_of(rule.value))
        if brackets:
            measure = rule._get_measure(request, product, base)
            mode = rule.bracket_mode
            scaled = measure is not None and scaled_price(mode, brackets, measure, price_of)
            if not scaled:
                return _Price("bracket", currency)
            exact, bracket = scaled
        return _Price(round_step(exact, BASE_STEP), currency, shown, library, bracket, exact)

    @api.model
    def _get_base(self, book, rule, request, product, prices):
        """Return what the rule starts from: `(Decimal or None, currency, library or None)`.

        A price of 0 in core's product fields means "not filled in", so it is no base.
        """
        kind = rule._get_base_kind()
        source_currency = request.get("currency") or book.company.currency_id
        library = None
        if kind == "cost":
            base, currency = _known(product.standard_price), product.cost_currency_id
        elif kind == "list_price":
            base, currency = _known(product.list_price), product.currency_id
        elif kind == "source":
            base, currency = _known(request.get("source_price")), source_currency
        elif kind == "share":
            amount, quantity = request.get("amount"), request.get("quantity")
            base, currency = _known(request.get("source_price")), source_currency
            if amount and quantity:
                base = round_step(abs(decimal_of(amount) / decimal_of(quantity)), BASE_STEP)
        else:
            base, currency = None, rule.currency_id
            for candidate, price in prices:
                if rule.target != "library" or candidate == rule.library_id:
                    base, currency, library = (
                        decimal_of(price),
                        candidate.currency_id,
                        candidate,
                    )
                    break
        if rule.method == "fixed":
            currency, library = rule.currency_id, None
        return base, currency, library

    def _get_base_kind(self):
        """Return what the method starts from, whatever stands in the hidden field."""
        self.ensure_one()
        return {"margin": "cost", "percent": "share"}.get(self.method, self.base)

    def _get_pricelist_price(self, request, product):
        """Return core's price for the quantity and day, or None where no price rule applies."""
        self.ensure_one()
        price, item = self.pricelist_id._get_product_price_rule(
            product,
            abs(_get_quantity(request)),
            uom=product.uom_id,
            date=datetime.combine(request["day"], time(12)),
        )
        currency = self.pricelist_id.currency_id
        return (_round_float(price) if item else None), currency

    def _get_measure(self, request, product, base):
        """Return what brackets are looked up with, as positive as a return is negative."""
        quantity = round_step(
            abs(decimal_of(_get_quantity(request))), decimal_of(product.uom_id.rounding)
        )
        if self.basis == "quantity":
            return quantity
        amount = request.get("amount")
        if not amount and base is None:
            return None
        amount = abs(decimal_of(amount)) if amount else quantity * base
        return round_step(amount, decimal_of(self.company_id.currency_id.rounding))

    def _prepare_explanation(self, bracket, base, library, losers):
        """Return the reasons as they stood, with names, because rules change and lines do not.

        :param losers: list of dicts, or None where they were not looked for
        """
        return {
            "tier": self.tier_id.name or "",
            "rule": self.name or "",
            "method": self.method or "",
            "value": bracket.value if bracket else self.value,
            "bracket": [bracket.min_value, bracket.max_value] if bracket else None,
            "stepped": bool(bracket) and self.bracket_mode == "stepped",
            "accumulation": self.accumulation or "line",
            "base_kind": self._get_base_kind() if self else None,
            "base": float(base) if base is not None else None,
            "library": library.name if library else None,
            "pricelist": self.pricelist_id.name or None,
            "round": self.price_round,
            "lost": losers,
        }

    # === THE PERIOD === #

    def _get_period_amount(self, quantity, amount):
        """Return what a rule that accumulates over the period owes for all of it, so far.

        :param quantity: of the period, signed, in the product's unit
        :param amount: money of the period, signed: what the sources came to
        :return: Decimal, not rounded; 0 where the brackets begin higher
        """
        self.ensure_one()
        quantity, amount = decimal_of(quantity), decimal_of(amount)
        measure = max(quantity if self.basis == "quantity" else amount, Decimal(0))

        def earned(value):
            if self.method == "fixed":
                return quantity * value
            return amount * value / 100

        if not self.bracket_ids:
            return earned(decimal_of(self.value))
        steps = slices(self.bracket_mode, self.bracket_ids._to_brackets(), measure)
        if self.bracket_mode == "whole":
            return earned(steps[0][0].value) if steps else Decimal(0)
        if not measure:
            return Decimal(0)
        return sum((earned(step.value) * part / measure for step, part in steps), Decimal(0))


def _get_quantity(request):
    quantity = request.get("quantity")
    return 1 if quantity is None else quantity


def _round_float(value):
    """Return a float of core's product fields or a request as a decimal of six places."""
    return decimal_of(float_round(value, precision_digits=PRICE_DIGITS))


def _known(value):
    return _round_float(abs(value)) if value else None
