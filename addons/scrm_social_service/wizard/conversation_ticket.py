"""Open a ticket from a conversation."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context

# Messages of the customer that are proposed as the description.
RECENT_MESSAGES = 10


class ScrmConversationTicket(models.TransientModel):
    """What the agent fills in to turn a conversation into a ticket."""

    _name = "scrm.conversation.ticket"
    _description = "Ticket from a Conversation"

    conversation_id = fields.Many2one("scrm.conversation", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="conversation_id.company_id")
    customer_id = fields.Many2one(related="conversation_id.customer_id", related_sudo=False)
    template_id = fields.Many2one(
        "scrm.service.template",
        "Service",
        required=True,
        domain="[('state', '=', 'active'), ('company_id', 'in', (False, company_id))]",
        compute="_compute_template_id",
        store=True,
        readonly=False,
    )
    # What the customer wrote is proposed to those alone who may read it
    name = fields.Char(
        "Subject",
        required=True,
        compute="_compute_texts",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    description = fields.Text(
        "What Is Wrong",
        compute="_compute_texts",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    equipment_id = fields.Many2one("scrm.equipment", domain="[('customer_id', '=', customer_id)]")

    @api.depends("conversation_id")
    def _compute_template_id(self):
        for wizard in self:
            templates = self.env["scrm.service.template"].search(
                [
                    ("state", "=", "active"),
                    ("company_id", "in", (False, wizard.company_id.id)),
                ],
                limit=2,
            )
            wizard.template_id = templates if len(templates) == 1 else False

    @api.depends("conversation_id")
    def _compute_texts(self):
        for wizard in self:
            links = wizard.conversation_id.message_link_ids
            received = links.filtered(lambda link: link.direction == "in").sorted("id")
            texts = [text for text in received[-RECENT_MESSAGES:].mapped("text") if text]
            wizard.name = texts[-1][:80] if texts else False
            wizard.description = "\n".join(texts)

    def action_create_ticket(self):
        """Create the ticket, tied to conversation and customer, and open it."""
        self.ensure_one()
        conversation = self.conversation_id
        conversation.check_access("read")
        if self.template_id.state != "active":
            raise UserError(self.env._("Choose a service that is in use."))
        # sudo: business begins here, so a visitor gets a contact; agents need not create contacts
        partner = conversation.customer_id.sudo()._ensure_partner().sudo(False)
        # Defaults of the context are the wizard's
        tickets = self.env["scrm.service.ticket"].with_context(clean_context(self.env.context))
        ticket = tickets.create(
            {
                "template_id": self.template_id.id,
                "company_id": conversation.company_id.id,
                "identity_id": conversation.identity_id.id,
                "partner_id": partner.id,
                "equipment_id": self.equipment_id.id,
                "channel": "wechat",
                "name": self.name,
                "description": self.description,
            }
        )
        # sudo: where a ticket came from is the system's to say
        ticket.sudo().conversation_id = conversation
        # sudo: the system says it in the conversation
        conversation.sudo()._post_note(
            self.env._("Ticket %s has been opened.", ticket.display_name)
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.service.ticket",
            "res_id": ticket.id,
            "view_mode": "form",
        }
