"""Answers: from Discuss through the outbox to the customer."""

from odoo import fields, models
from odoo.tools import html2plaintext

from ..providers import errors
from .conversation import PREVIEW_LENGTH


class ScrmConversation(models.Model):
    _inherit = "scrm.conversation"

    def _get_refusal(self) -> type[errors.ProviderError] | None:
        """Return the error by which an answer would be refused now, or None."""
        self.ensure_one()
        # sudo: whether an answer arrives is told to whoever reads the conversation
        if self.identity_id.sudo().follow_state == "unfollowed":
            return errors.RecipientUnreachable
        if self.answers_left:
            return None
        is_open = self.window_until and self.window_until > fields.Datetime.now()
        return errors.WindowUsedUp if is_open else errors.WindowClosed

    def _send_answer(self, message, user) -> None:
        """Queue an agent's message for the customer and keep the conversation's figures.

        The outbox row is written with the message: either both exist or neither.
        """
        self.ensure_one()
        text = html2plaintext(message.body or "", include_references=False).strip()
        if self.state == "resolved":
            self._move_along("reopen", resolved_at=False)
        if not self.user_id:
            self.user_id = user
        link = self._create_outbound_link(text, message=message)
        link.outbox_id = self.env["scrm.outbox"]._post(
            [
                {
                    "medium": "wechat",
                    "identity_id": self.identity_id.id,
                    "body": text,
                    "idem_key": f"mail.message,{message.id}",
                    "res_model": self._name,
                    "res_id": self.id,
                    "company_id": self.company_id.id,
                    "payload": {"message_link_id": link.id},
                }
            ]
        )
        self._note_message(text, fields.Datetime.now(), inbound=False)

    def _create_outbound_link(self, text: str, message=None, outbox=None):
        return self.env["scrm.message.link"].create(
            {
                "conversation_id": self.id,
                "channel_id": self.channel_id.id,
                "direction": "out",
                "mail_message_id": message.id if message else False,
                "message_type": "text",
                "text": text[:PREVIEW_LENGTH],
                "outbox_id": outbox.id if outbox else False,
            }
        )
