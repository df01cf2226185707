"""The customer's conversations."""

from odoo import fields, models


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"

    conversation_ids = fields.One2many("scrm.conversation", "customer_id", readonly=True)
    conversation_count = fields.Integer(compute="_compute_conversation_count")

    def _compute_conversation_count(self):
        counts = dict(
            self.env["scrm.conversation"]._read_group(
                [("customer_id", "in", self.ids)], ["customer_id"], ["__count"]
            )
        )
        for customer in self:
            customer.conversation_count = counts.get(customer, 0)

    def action_open_conversations(self):
        self.ensure_one()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_social.scrm_conversation_action"
        ) | {"domain": [("customer_id", "=", self.id)], "context": {}}
