from dataclasses import dataclass, field

from odoo import api, models
from odoo.tools import float_round, format_amount

from ..tools.pricing import decimal_of, unit_price
from ..tools.resolution import Query, resolve

# How close a region of each kind is to the dealer; designated accounts are closest.
REGION_CLOSENESS = {"accounts": 0, "city": 1, "group": 1, "province": 2, "nation": 3}
# Losers named in a line's explanation; the price tester shows all.
EXPLAINED_LOSERS = 20
PRICE_DIGITS = 6


@dataclass
class _Book:
    """What one company's prices are looked up in: read once per batch, never per line."""

    company: models.BaseModel
    records: dict = field(default_factory=dict)
    """Rule id -> record."""
    rules: dict = field(default_factory=dict)
    """(target, id of the item or 0) -> rules, so that a line judges only those that name it."""
    library_prices: dict = field(default_factory=dict)
    """Product id -> [(library record, first day, last day or False, price)], in library order."""
    regions: dict = field(default_factory=dict)
    """Partner id -> {region id: closeness}."""


class ScrmSettlementRule(models.Model):
    _inherit = "scrm.settlement.rule"

    @api.model
    def _resolve(self, company, requests, all_rules=False):
        """Find the rule, the price and the reasons for each request.

        The number of queries depends on the number of dealers, not of requests.

        :param company: the company that settles
        :param requests: list of dicts with `partner` (the dealer), `product` (product.product),
            `day` (local date) and optionally `scenario` (default: the dealer's)
        :param all_rules: judge rules for other items too, for a screen that shows them all
        :return: list of dicts in the order of the requests: `rule` (maybe empty), `price_unit`,
            `base_price`, `currency`, `scenario`, `grade`, `verdicts` (list of
            :class:`~..tools.resolution.Verdict`, the winner first) and `explanation` (JSON)
        """
        # sudo: whoever closes a ticket or ships goods may not read what dealers are paid
        self = self.sudo().with_company(company)
        book = self._load_book(company, requests)
        known = {}
        for request in requests:
            key = self._get_request_key(request)
            if key not in known:
                known[key] = self._resolve_one(book, request, all_rules)
        return [known[self._get_request_key(request)] for request in requests]

    def _get_request_key(self, request):
        scenario = request.get("scenario")
        return (
            request["partner"].id,
            request["product"].id,
            request["day"],
            scenario.id if scenario else 0,
        )

    def _load_book(self, company, requests):
        book = _Book(company)
        records = self.search([("company_id", "=", company.id)])
        for record in records:
            rule = record._prepare_resolution_rule()
            book.records[record.id] = record
            book.rules.setdefault((rule.target, rule.target_id), []).append(rule)
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
        for request in requests:
            partner = request["partner"].sudo().commercial_partner_id
            if partner.id not in book.regions:
                regions = self.env["scrm.region"]._get_regions_of_partner(partner)
                book.regions[partner.id] = {
                    region.id: REGION_CLOSENESS.get(region.kind, 3) for region in regions
                }
        return book

    def _resolve_one(self, book, request, all_rules):
        partner = request["partner"].sudo().commercial_partner_id
        # with_company: cost is a property of the company that settles
        product = request["product"].sudo().with_company(book.company)
        day = request["day"]
        scenario = (request.get("scenario") or partner.scrm_scenario_id).sudo()
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
        )
        bases = {}

        def price_of(rule):
            record = book.records[rule.id]
            base, currency, library = self._get_base(record, product, prices)
            bases[rule.id] = (base, currency, library)
            return unit_price(
                record.method,
                decimal_of(record.value),
                base,
                decimal_of(record.price_round),
            )

        verdicts = resolve(self._get_rules_to_judge(book, query, all_rules), query, price_of)
        won = verdicts[0] if verdicts and verdicts[0].outcome == "won" else None
        record = book.records[won.rule] if won else self.browse()
        base, currency, library = bases[won.rule] if won else (None, None, None)
        return {
            "rule": record,
            "price_unit": float(won.price) if won else None,
            "base_price": float(base) if base is not None else None,
            "currency": currency or book.company.currency_id,
            "scenario": scenario,
            "grade": partner.grade_id,
            "verdicts": verdicts,
            "explanation": self._prepare_explanation(book, record, base, library, verdicts),
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

    @api.model
    def _get_base(self, rule, product, prices):
        """Return what the rule starts from: `(Decimal or None, currency, library or None)`.

        A price of 0 in core's product fields means "not filled in", so it is no base.
        """
        if rule.method == "fixed":
            return None, rule.currency_id, None
        if rule.method == "margin":
            cost = float_round(product.standard_price, precision_digits=PRICE_DIGITS)
            return decimal_of(cost) if cost else None, product.cost_currency_id, None
        if rule.base == "list_price":
            price = float_round(product.list_price, precision_digits=PRICE_DIGITS)
            return decimal_of(price) if price else None, product.currency_id, None
        for library, price in prices:
            if rule.target != "library" or library == rule.library_id:
                return decimal_of(price), library.currency_id, library
        return None, rule.currency_id, None

    def _prepare_explanation(self, book, rule, base, library, verdicts):
        """Return the reasons as they stood, with names, because rules change and lines do not."""
        lost = [verdict for verdict in verdicts if verdict.outcome == "lost"]
        return {
            "tier": rule.tier_id.name or "",
            "rule": rule.name or "",
            "method": rule.method or "",
            "value": rule.value,
            "base": float(base) if base is not None else None,
            "library": library.name if library else None,
            "round": rule.price_round,
            "lost": [
                {
                    "rule": book.records[verdict.rule].name,
                    "price": float(verdict.price),
                    "reason": verdict.reason,
                }
                for verdict in lost[:EXPLAINED_LOSERS]
            ],
        }

    # === WORDS === #

    @api.model
    def _describe_reason(self, outcome, reason):
        """Return why a rule won, lost or did not take part, as a sentence."""
        if outcome == "won":
            return (
                self.env._("Applies: the most specific rule.")
                if reason == "best"
                else self.env._("Applies.")
            )
        if outcome == "lost":
            return {
                "partner": self.env._("Another rule names this dealer."),
                "scenario": self.env._("Another rule names this scenario."),
                "region": self.env._("Another rule names a closer region."),
                "grade": self.env._("Another rule names this dealer's level."),
                "item": self.env._("Another rule names the item more closely."),
                "start": self.env._("Another rule started later."),
                "sequence": self.env._("Another rule comes first by its sequence."),
                "id": self.env._("Another rule is equally specific and older."),
            }[reason]
        return {
            "partner": self.env._("For other dealers."),
            "scenario": self.env._("For another scenario."),
            "region": self.env._("For another region."),
            "grade": self.env._("For another level."),
            "item": self.env._("For other items."),
            "date": self.env._("Not valid on this day."),
            "price": self.env._(
                "There is no base price on this day: complete the library or the cost."
            ),
        }[reason]

    @api.model
    def _describe_explanation(self, explanation, price_unit, currency):
        """Return a line's explanation in the reader's language, one sentence a reason."""
        if not explanation:
            return ""

        def money(amount):
            return format_amount(self.env, amount, currency)

        if explanation.get("note"):
            return explanation["note"]
        if not explanation.get("rule"):
            return self.env._("No rule applies.")
        value, base = explanation.get("value"), explanation.get("base")
        if explanation["method"] == "fixed":
            text = self.env._("Fixed price %(price)s", price=money(price_unit))
        elif explanation["method"] == "margin":
            text = self.env._(
                "Cost %(base)s + %(value)g %% = %(price)s",
                base=money(base),
                value=value,
                price=money(price_unit),
            )
        else:
            text = self.env._(
                "%(library)s %(base)s − %(value)g %% = %(price)s",
                library=explanation.get("library") or self.env._("Sales price"),
                base=money(base),
                value=value,
                price=money(price_unit),
            )
        parts = [f"{explanation['tier']} / {explanation['rule']}: {text}"]
        for loser in explanation.get("lost", ()):
            parts.append(
                self.env._(
                    "Not “%(rule)s” (%(price)s): %(reason)s",
                    rule=loser["rule"],
                    price=money(loser["price"]),
                    reason=self._describe_reason("lost", loser["reason"]),
                )
            )
        return "\n".join(parts)
