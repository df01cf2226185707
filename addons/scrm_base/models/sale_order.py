from odoo import api, models
from odoo.tools import format_amount, split_every

BACKFILL_BATCH = 1000


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        res = super()._action_confirm()
        self._scrm_record_confirmed()
        return res

    def _scrm_record_confirmed(self, occurred_at=None):
        """Put confirmed orders on the timelines; the first one makes a potential a customer."""
        identity_of = self.env["scrm.interaction"]._record_documents(
            self,
            "order",
            "confirmed",
            lambda order: self.env._(
                "Order %(name)s confirmed: %(amount)s",
                name=order.name,
                amount=format_amount(self.env, order.amount_total, order.currency_id),
            ),
            occurred_at=occurred_at,
        )
        for company, orders in self.sudo().grouped("company_id").items():  # sudo: any seller's
            reasons = {
                identity_of[order]: self.env._("First order: %s", order.name)
                for order in reversed(orders)
                if order in identity_of
            }
            customers = self.env["scrm.identity"].union(*reasons).sudo().customer_id
            customers.with_company(company)._advance_stage("potential", "customer", reasons)

    @api.model
    def _scrm_backfill(self):
        """Record the confirmed orders of the past, oldest first."""
        # sudo: all companies' orders, each recorded in its own company.
        orders = self.sudo().search([("state", "=", "sale")], order="date_order, id")
        for batch in split_every(BACKFILL_BATCH, orders.ids, self.sudo().browse):
            batch._scrm_record_confirmed(occurred_at=lambda order: order.date_order)

    def action_scrm_open_customer(self):
        """Open the page of the order's customer."""
        self.ensure_one()
        return self.partner_id.action_scrm_open_customer()
