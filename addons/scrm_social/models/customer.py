"""The customer's conversations."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"

    conversation_ids = fields.One2many("scrm.conversation", "customer_id", readonly=True)
    conversation_count = fields.Integer(compute="_compute_conversation_count")
    is_on_wechat = fields.Boolean("On WeChat", compute="_compute_is_on_wechat")

    def _compute_conversation_count(self):
        counts = dict(
            self.env["scrm.conversation"]._read_group(
                [("customer_id", "in", self.ids)], ["customer_id"], ["__count"]
            )
        )
        for customer in self:
            customer.conversation_count = counts.get(customer, 0)

    @api.depends("identity_ids.id_type")
    def _compute_is_on_wechat(self):
        for customer in self:
            customer.is_on_wechat = "openid" in customer.identity_ids.mapped("id_type")

    def action_open_conversations(self):
        self.ensure_one()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_social.scrm_conversation_action"
        ) | {"domain": [("customer_id", "=", self.id)], "context": {}}

    def action_write_wechat(self):
        """Open the customer's newest conversation in Discuss; say when no answer would arrive."""
        self.ensure_one()
        self.check_access("read")
        domain = [("customer_id", "=", self.id), ("channel_id.active", "=", True)]
        # the rules leave those of the user's accounts
        conversation = self.env["scrm.conversation"].search(domain, limit=1)
        if not conversation:
            raise UserError(self._explain_no_conversation(domain))
        action = conversation.action_open_discuss()
        refusal = conversation._get_refusal()
        if not refusal:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": conversation.channel_id._get_meaning(refusal),
                "sticky": True,
                "next": action,
            },
        }

    def _explain_no_conversation(self, domain) -> str:
        """Return why the user has no conversation to open, and what to do."""
        domain = [*domain, ("company_id", "in", self.env.companies.ids)]
        # sudo: whom to ask is said of accounts that the user does not see
        channels = self.env["scrm.conversation"].sudo().search(domain).channel_id
        if channels:
            return self.env._(
                "%(customer)s writes to an account that you are no agent of (%(accounts)s). Ask a "
                "channel administrator to add you to the account's agents.",
                customer=self.display_name,
                accounts=", ".join(channels.mapped("name")),
            )
        return self.env._(
            "%s has no conversation on an account in use yet. WeChat lets a company write only "
            "after the customer has written: ask them to send the account a message.",
            self.display_name,
        )
