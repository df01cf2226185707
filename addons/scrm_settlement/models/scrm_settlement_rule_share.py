from odoo import models

from ..tools.pricing import decimal_of, scaled_price


class ScrmSettlementRule(models.Model):
    """Shares of what a source sold for: of the amount, never of a unit price that was rounded."""

    _inherit = "scrm.settlement.rule"

    def _get_share(self, product, quantity, amount):
        """Return the share of an amount as a positive Decimal, not rounded.

        Brackets are found and weighed as for the unit price; only what they are a share of differs.
        """
        self.ensure_one()
        sold = abs(decimal_of(amount))

        def share_of(percentage):
            return sold * percentage / 100

        if not self.bracket_ids:
            return share_of(decimal_of(self.value))
        measure = self._get_measure({"quantity": quantity, "amount": amount}, product, None)
        brackets = self.bracket_ids._to_brackets()
        share, _bracket = scaled_price(self.bracket_mode, brackets, measure, share_of)
        return share
