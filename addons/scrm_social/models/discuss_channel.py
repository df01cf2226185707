"""The Discuss side of a conversation: agents see it and answer it live."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from ..providers.wechat_api import TEXT_MAX_BYTES


class DiscussChannel(models.Model):
    _inherit = "discuss.channel"

    channel_type = fields.Selection(
        selection_add=[("scrm", "Customer Conversation")], ondelete={"scrm": "cascade"}
    )
    scrm_conversation_ids = fields.One2many(
        "scrm.conversation", "discuss_channel_id", "Conversations", readonly=True
    )

    def _scrm_get_conversation(self):
        """Return the conversation that is being held here: the running one, or the last."""
        self.ensure_one()
        conversations = self.scrm_conversation_ids.sorted("id", reverse=True)
        return (conversations.filtered(lambda c: c.state != "resolved") or conversations)[:1]

    def message_post(self, *, message_type="notification", **kwargs):
        if self.channel_type == "scrm" and message_type == "comment" and self._scrm_is_answer():
            self._scrm_check_answer(kwargs)
        return super().message_post(message_type=message_type, **kwargs)

    def _scrm_is_answer(self) -> bool:
        """Tell whether the one who writes is one of us, not the customer."""
        return self.env.user._is_internal()

    def _scrm_check_answer(self, post_kwargs: dict) -> None:
        """Raise a UserError when WeChat would not take what is about to be posted."""
        if post_kwargs.get("attachments") or post_kwargs.get("attachment_ids"):
            raise UserError(
                self.env._("Files are not sent to WeChat customers yet. Send text instead.")
            )
        text = html2plaintext(post_kwargs.get("body") or "", include_references=False).strip()
        if not text:
            raise UserError(self.env._("An empty message cannot be sent to a customer."))
        if len(text.encode()) > TEXT_MAX_BYTES:
            raise UserError(
                self.env._(
                    "WeChat takes at most 2048 bytes, about 680 Chinese characters, in one "
                    "message. Send this text in several."
                )
            )

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        if (
            self.channel_type == "scrm"
            and message.message_type == "comment"
            and not message.author_guest_id
            and self._scrm_is_answer()
        ):
            # sudo: posting here was allowed; the outbox and the links are the system's own
            conversation_sudo = self.sudo()._scrm_get_conversation()
            if conversation_sudo:
                conversation_sudo._send_answer(message.sudo(), self.env.user)
        return result

    def action_open_scrm_conversation(self):
        """Open the conversation's form from Discuss."""
        self.ensure_one()
        self.check_access("read")
        conversation = self._scrm_get_conversation()
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.conversation",
            "res_id": conversation.id,
            "views": [(False, "form")],
            "target": "current",
        }
