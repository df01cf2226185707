"""A conversation's tickets."""

from odoo import fields, models


class ScrmConversation(models.Model):
    _inherit = "scrm.conversation"

    ticket_ids = fields.One2many(
        "scrm.service.ticket",
        "conversation_id",
        "Tickets",
        readonly=True,
        groups="scrm_service.group_scrm_service_technician",
    )
    ticket_count = fields.Integer(
        compute="_compute_ticket_count", groups="scrm_service.group_scrm_service_technician"
    )

    def _compute_ticket_count(self):
        counts = dict(
            self.env["scrm.service.ticket"]._read_group(
                [("conversation_id", "in", self.ids)], ["conversation_id"], ["__count"]
            )
        )
        for conversation in self:
            conversation.ticket_count = counts.get(conversation, 0)

    def action_open_ticket_wizard(self):
        """Ask which service is needed, and open a ticket for this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open Ticket"),
            "res_model": "scrm.conversation.ticket",
            "view_mode": "form",
            "target": "new",
            "context": {"default_conversation_id": self.id},
        }

    def action_open_tickets(self):
        self.ensure_one()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_service.scrm_service_ticket_action"
        ) | {"domain": [("conversation_id", "=", self.id)], "context": {"create": False}}
