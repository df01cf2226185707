"""Which orders change their customers' figures."""

from odoo import models

# What of an order the figures are made of; its amounts come by its lines.
FIGURE_FIELDS = frozenset({"state", "partner_id", "date_order", "currency_id", "company_id"})


class SaleOrder(models.Model):
    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals):
        if not FIGURE_FIELDS.intersection(vals):
            return super().write(vals)
        confirmed = self.filtered(lambda order: order.state == "sale")
        before = confirmed._scrm_get_touched()
        res = super().write(vals)
        confirmed |= self.filtered(lambda order: order.state == "sale")
        confirmed._scrm_touch(before)
        return res

    def _scrm_get_touched(self):
        """Return {company: contacts whose figures these orders are in}."""
        # sudo: contacts of any seller's orders; they are only marked.
        return {
            company: orders.partner_id
            for company, orders in self.sudo().grouped("company_id").items()
        }

    def _scrm_touch(self, before=None):
        """Mark the customers of these orders, and of what they were before, as out of date."""
        for partners_of in (self._scrm_get_touched(), before or {}):
            for company, partners in partners_of.items():
                partners._scrm_touch_customers(company)
