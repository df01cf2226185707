from odoo import api, models
from odoo.tools import SQL

from ..tools.pricing import decimal_of
from ..tools.resolution import Verdict


class ScrmSettlementRule(models.Model):
    _inherit = "scrm.settlement.rule"

    @api.model
    def _resolve_many(self, company, requests):
        """Answer many requests by SQL, as `_resolve` describes; the results are its own."""
        # sudo: as in _prepare_request_row; one query for all dealers
        partners = self.env["res.partner"].sudo().browse({r["partner"].id for r in requests})
        partners.commercial_partner_id.fetch(["scrm_scenario_id", "grade_id"])
        self._make_request_table()
        self.env.cr.execute_values(
            "INSERT INTO scrm_tmp_request VALUES %s",
            [self._prepare_request_row(*numbered) for numbered in enumerate(requests)],
            page_size=1000,
        )
        self._resolve_set(company)
        found = self.env.execute_query(
            SQL(
                "SELECT id, rule_id, bracket_id, base_price, price_unit,"
                "       COALESCE(price_exact, price_unit), currency_id, library_id"
                "  FROM scrm_tmp_price WHERE NOT by_pricelist"
            )
        )
        nothing = self._prepare_no_price(company)
        results = [{**nothing, **self._prepare_dealer(request)} for request in requests]
        rules = self.browse({row[1] for row in found})  # one prefetch for all
        explanations = {}
        for number, rule_id, *priced in found:
            rule = self.browse(rule_id).with_prefetch(rules.ids)
            results[number].update(self._prepare_result(explanations, rule, *priced))
        self._resolve_by_pricelist(company, requests, results)
        return results

    def _resolve_by_pricelist(self, company, requests, results):
        """Judge one by one what the best rule leaves to core, which may have no price for it."""
        rest = self.env.execute_query(SQL("SELECT id FROM scrm_tmp_price WHERE by_pricelist"))
        if rest:
            book = self._load_book(company, [requests[number] for (number,) in rest], False)
            for (number,) in rest:
                results[number] = self._resolve_one(book, requests[number], False)

    @api.model
    def _prepare_request_row(self, number, request):
        def numeric(name):
            value = request.get(name)
            return None if value is None else decimal_of(value)

        scenario, currency = request.get("scenario"), request.get("currency")
        return (
            number,
            request["partner"].sudo().commercial_partner_id.id,
            request["product"].id,
            request["day"],
            scenario.id if scenario else None,
            request.get("scope") or "service",
            numeric("quantity"),
            numeric("amount"),
            numeric("source_price"),
            currency.id if currency else None,
        )

    def _prepare_no_price(self, company):
        """Return the result where no rule applies, without what is the dealer's."""
        bracket = self.env["scrm.settlement.bracket"]
        return {
            "rule": self.browse(),
            "bracket": bracket,
            "price_unit": None,
            "price_exact": None,
            "base_price": None,
            "currency": company.currency_id,
            "verdicts": [],
            "explanation": self.browse()._prepare_explanation(bracket, None, None, []),
        }

    def _prepare_dealer(self, request):
        partner = request["partner"].sudo().commercial_partner_id
        return {
            "scenario": (request.get("scenario") or partner.scrm_scenario_id).sudo(),
            "grade": partner.grade_id,
        }

    @api.model
    def _prepare_result(
        self, explanations, rule, bracket_id, base, price, exact, currency_id, library_id
    ):
        """Return what a rule makes of a request; equal reasons are written once.

        :param explanations: those that are known by now, and what this one adds
        """
        bracket = self.env["scrm.settlement.bracket"].browse(bracket_id or [])
        key = (rule.id, bracket_id, base, library_id)
        if key not in explanations:
            library = self.env["scrm.library"].browse(library_id or [])
            explanations[key] = rule._prepare_explanation(bracket, base, library or None, None)
        return {
            "rule": rule,
            "bracket": bracket,
            "price_unit": float(price),
            "price_exact": float(exact),
            "base_price": float(base) if base is not None else None,
            "currency": self.env["res.currency"].browse(currency_id),
            "verdicts": [Verdict(rule.id, "won", "best", price)],
            "explanation": explanations[key],
        }
