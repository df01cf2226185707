from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import float_compare

DIGITS = 6


class ScrmSettlementTier(models.Model):
    """A tier as a table: a row for each of its rules, a column for each edge of their brackets."""

    _inherit = "scrm.settlement.tier"

    def action_open_matrix(self):
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "scrm_settlement_tier_matrix",
            "name": self.env._("Tier Matrix"),
            "context": {"tier_id": self.id},
        }

    @api.readonly
    @api.model
    def get_matrix(self, tier_id=False):
        """Return one tier as rows and columns, and the tiers there are to choose from."""
        tiers = self.search([("company_id", "=", self.env.company.id)])
        tier = self.browse(tier_id) if tier_id in tiers.ids else tiers[:1]
        edges = {bracket.min_value for bracket in tier.rule_ids.bracket_ids} | {0}
        return {
            "tiers": [{"id": t.id, "name": t._get_matrix_label()} for t in tiers],
            "tier": tier.id,
            "editable": bool(tier) and not tier.approved_by_id and tier.has_access("write"),
            "edges": sorted(edges),
            "rows": [rule._get_matrix_row() for rule in tier.rule_ids],
        }

    def _get_matrix_label(self):
        self.ensure_one()
        state = dict(self._fields["state"]._description_selection(self.env))[self.state]
        return self.env._(
            "%(tier)s, version %(version)s (%(state)s)",
            tier=self.name,
            version=self.version,
            state=state,
        )


class ScrmSettlementRule(models.Model):
    _inherit = "scrm.settlement.rule"

    def _get_matrix_row(self):
        self.ensure_one()
        item = self.product_id or self.category_id or self.library_id
        targets = dict(self._fields["target"]._description_selection(self.env))
        brackets = self.bracket_ids
        cells = {b.min_value: b.value for b in brackets} if brackets else {0: self.value}
        return {
            "id": self.id,
            "name": self.name,
            "item": item.display_name or targets[self.target],
            "scope": self.scope_label,
            "unit": self.currency_id.symbol if self.method == "fixed" else "%",
            "method": self.price_label,
            "fixed": self.method == "pricelist",
            "cells": [{"edge": edge, "value": value} for edge, value in sorted(cells.items())],
        }

    def set_matrix_cell(self, edge, value):
        """Let a value count from an edge on, or, without one, the bracket before it go on.

        A bracket that held the edge is cut there; a rule without brackets gets them.

        :param edge: quantity or amount where the value begins
        :param value: number, or False to take the edge away
        """
        self.ensure_one()
        self.check_access("write")
        if not isinstance(edge, int | float) or edge < 0:
            raise UserError(self.env._("A bracket begins at 0 or above."))
        brackets = self.bracket_ids
        here = brackets.filtered(lambda b: not float_compare(b.min_value, edge, DIGITS))
        if value is False:
            self._remove_matrix_edge(here)
        elif here:
            here.value = value
        elif not brackets and not edge:
            self.value = value
        else:
            self._add_matrix_edge(edge, value)
        return self._get_matrix_row()

    def _remove_matrix_edge(self, bracket):
        if not bracket:
            return
        end = bracket.max_value
        before = self.bracket_ids.filtered(
            lambda b: b.max_value and not float_compare(b.max_value, bracket.min_value, DIGITS)
        )
        bracket.unlink()
        before.max_value = end
        if len(self.bracket_ids) == 1 and not (before.min_value or before.max_value):
            # One bracket for everything is no bracket
            self.value = before.value
            before.unlink()

    def _add_matrix_edge(self, edge, value):
        Bracket = self.env["scrm.settlement.bracket"]
        if not self.bracket_ids:
            Bracket.create({"rule_id": self.id, "min_value": 0, "value": self.value})
        holding = self.bracket_ids.filtered(
            lambda b: b.min_value < edge and (not b.max_value or edge < b.max_value)
        )
        later = self.bracket_ids.filtered(lambda b: b.min_value > edge).sorted("min_value")
        end = holding.max_value if holding else later[:1].min_value
        holding.max_value = edge
        Bracket.create(
            {"rule_id": self.id, "min_value": edge, "max_value": end or 0, "value": value}
        )
