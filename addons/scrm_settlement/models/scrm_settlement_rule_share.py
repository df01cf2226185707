from decimal import Decimal

from odoo import models

from ..tools.brackets import slices
from ..tools.pricing import decimal_of, round_step


class ScrmSettlementRule(models.Model):
    """Shares of what a source sold for: of the amount, never of a unit price that was rounded."""

    _inherit = "scrm.settlement.rule"

    def _get_share(self, bracket, product, quantity, amount):
        """Return the share of an amount as a positive Decimal, not rounded.

        :param bracket: the one that the resolution found, empty without a scale
        """
        self.ensure_one()
        amount = abs(decimal_of(amount))
        measure = amount
        if self.basis == "quantity":
            rounding = decimal_of(product.sudo().uom_id.rounding)  # sudo: as in _resolve
            measure = round_step(abs(decimal_of(quantity)), rounding)
        if not bracket or self.bracket_mode == "whole" or not measure:
            return amount * decimal_of((bracket or self).value) / 100
        parts = slices("stepped", self.bracket_ids._to_brackets(), measure)
        weighed = sum((step.value * part for step, part in parts), Decimal(0))
        return amount * weighed / measure / 100
