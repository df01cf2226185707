from odoo import api, fields, models


class ScrmCreditRequest(models.TransientModel):
    """Tell whoever confirms an order that the dealer has no credit for it, and ask what to do."""

    _name = "scrm.credit.request"
    _description = "Request Credit Audit"

    order_id = fields.Many2one("sale.order", required=True, readonly=True)
    sentence = fields.Text(readonly=True)
    note = fields.Text(string="Why it should be released")

    @api.model
    def _open(self, order, account, assessment):
        request = self.create(
            {
                "order_id": order.id,
                "sentence": order._scrm_explain_refusal(account, assessment),
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit Audit"),
            "res_model": self._name,
            "res_id": request.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_request(self):
        """Confirm the order and keep its goods back until a credit manager decides."""
        self.ensure_one()
        order = self.order_id.with_context(
            scrm_credit_ask=False, scrm_credit_note=self.note or False
        )
        order.action_confirm()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_show_items(self):
        self.ensure_one()
        return self.order_id.action_scrm_open_credit()
