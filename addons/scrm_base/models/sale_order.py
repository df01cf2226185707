from odoo import api, models
from odoo.tools import SQL, format_amount


class SaleOrder(models.Model):
    _inherit = "sale.order"

    _scrm_captures_messages = True

    def _action_confirm(self):
        res = super()._action_confirm()
        self._scrm_record_confirmed()
        return res

    def write(self, vals):
        res = super().write(vals)
        if vals.get("state") == "sent":
            self._scrm_record_event("sent", self.env._("Quotation {name} sent: {amount}"))
        elif vals.get("state") == "cancel":
            self._scrm_record_event("cancelled", self.env._("Order {name} cancelled"))
        return res

    def _scrm_record_event(self, event, sentence):
        """Put an event of these orders on the timelines and return {order: scrm.identity}.

        An order confirmed now stands before what follows from it (points, a tier), which is
        of the transaction's time: the clock that dated the order has gone on meanwhile.

        :param str sentence: with ``{name}`` and, if it is said, ``{amount}`` in it
        """
        return self.env["scrm.interaction"]._record_documents(
            self,
            "order",
            event,
            lambda order: sentence.replace("{name}", order.name).replace(
                "{amount}", format_amount(self.env, order.amount_total, order.currency_id)
            ),
            occurred_at=(
                (lambda order: min(order.date_order, self.env.cr.now()))
                if event == "confirmed"
                else None
            ),
        )

    def _scrm_record_confirmed(self):
        """Put confirmed orders on the timelines; the first one makes a potential a customer."""
        identity_of = self._scrm_record_event(
            "confirmed", self.env._("Order {name} confirmed: {amount}")
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
    def _scrm_get_past(self, in_range):
        """Return SQL of what happened to past orders, see ``scrm.interaction._insert_past``.

        Of an order's states the last alone is known, and since when it was not written to.
        """
        Interaction = self.env["scrm.interaction"]
        sentences = {
            "sale": ("confirmed", self.env._("Order {name} confirmed: {amount}")),
            "sent": ("sent", self.env._("Quotation {name} sent: {amount}")),
            "cancel": ("cancelled", self.env._("Order {name} cancelled")),
        }
        amount = Interaction._get_amount(SQL("d.amount_total"), SQL.identifier("c"))
        return SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT d.id AS res_id, d.partner_id, d.company_id, 'order' AS kind,
                       %s AS event, %s AS summary, %s AS occurred_at, d.create_uid AS user_id
                  FROM sale_order d
                  JOIN res_currency c ON c.id = d.currency_id
                 WHERE d.state = %s AND %s
                """,
                event,
                Interaction._get_sentence(sentence, name=SQL("d.name"), amount=amount),
                SQL("d.date_order" if state == "sale" else "d.write_date"),
                state,
                in_range,
            )
            for state, (event, sentence) in sentences.items()
        )

    def action_scrm_open_customer(self):
        """Open the page of the order's customer."""
        self.ensure_one()
        return self.partner_id.action_scrm_open_customer()
