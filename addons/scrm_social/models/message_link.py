"""Which message of a platform is which message in Discuss."""

from odoo import api, fields, models


class ScrmMessageLink(models.Model):
    """The pair of a Discuss message and its message on the platform; core's message knows only
    its own side."""

    _name = "scrm.message.link"
    _description = "Channel Message"
    _order = "id desc"
    _rec_name = "external_msgid"

    conversation_id = fields.Many2one(
        "scrm.conversation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    channel_id = fields.Many2one("scrm.channel", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    direction = fields.Selection(
        [("in", "Received"), ("out", "Sent")], required=True, readonly=True
    )
    mail_message_id = fields.Many2one(
        "mail.message", readonly=True, index="btree_not_null", ondelete="set null"
    )
    external_msgid = fields.Char("Platform Message", readonly=True)
    message_type = fields.Char("Type", readonly=True)
    media_id = fields.Char(readonly=True, help="The platform's handle of a picture or voice.")
    text = fields.Char(readonly=True)
    occurred_at = fields.Datetime("When", required=True, readonly=True, default=fields.Datetime.now)
    outbox_id = fields.Many2one("scrm.outbox", readonly=True, ondelete="set null")
    outbox_state = fields.Selection(related="outbox_id.state", string="Delivery", related_sudo=True)
    outbox_error = fields.Char(compute="_compute_outbox_error", string="Reason")

    _external_uniq = models.UniqueIndex(
        "(channel_id, external_msgid) WHERE external_msgid IS NOT NULL",
        "This message of the platform is in a conversation already.",
    )
    _mail_message_uniq = models.UniqueIndex(
        "(mail_message_id) WHERE mail_message_id IS NOT NULL",
        "This message is in a conversation already.",
    )

    @api.depends("outbox_id.error")
    def _compute_outbox_error(self):
        for link in self:
            # sudo: the reason is shown to whoever sees the message, the outbox is not
            link.outbox_error = link.outbox_id.sudo().error

    @api.model
    def _find(self, channel, external_msgid: str):
        """Return the link of a platform's message, if it was received before."""
        if not external_msgid:
            return self.browse()
        return self.search(
            [("channel_id", "=", channel.id), ("external_msgid", "=", external_msgid)], limit=1
        )

    def _record_interaction(self, text: str, payload: dict) -> None:
        """Put a received message on the customer's timeline."""
        self.ensure_one()
        conversation = self.conversation_id
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": conversation.identity_id.id,
                    "kind": "message_in",
                    "summary": " ".join(text.split())[:80] or self.env._("(empty message)"),
                    "dedupe_key": f"{self._name},{self.id}",
                    "record": conversation,
                    "company_id": self.company_id.id,
                    "occurred_at": self.occurred_at,
                    "payload": payload,
                }
            ]
        )
