"""The conversation that a ticket came from."""

from odoo import fields, models

from odoo.addons.scrm_service.models.scrm_service_ticket import ScrmServiceTicket as Ticket


class ScrmServiceTicket(models.Model):
    _inherit = "scrm.service.ticket"

    _system_fields = Ticket._system_fields | {"conversation_id"}

    conversation_id = fields.Many2one(
        "scrm.conversation",
        readonly=True,
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="set null",
    )

    def action_open_conversation(self):
        """Open the conversation in Discuss, to tell the customer something."""
        self.ensure_one()
        return self.conversation_id.action_open_discuss()
