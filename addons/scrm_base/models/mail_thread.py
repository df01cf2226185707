"""Mails, calls and meetings with a customer, taken onto the timeline as they happen."""

from odoo import api, models

from ..tools.excerpt import make_excerpt

MAIL_TYPES = ("email", "comment", "email_outgoing")
ACTIVITY_KINDS = {"phonecall": "call", "meeting": "meeting"}


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    # Documents on which mails, calls and meetings with a customer take place; a model says yes.
    _scrm_captures_messages = False

    def _message_post_after_hook(self, message, msg_values):
        res = super()._message_post_after_hook(message, msg_values)
        if self._scrm_captures_messages:
            self._scrm_record_message(message)
        return res

    def _scrm_record_message(self, message):
        """Put a mail with a customer, or a call or meeting that was held, on the timeline.

        Internal notes are the company's own and stay off it.
        """
        # sudo: the timeline is written whoever writes to whom; contacts are looked up alone.
        message_sudo = message.sudo()
        subtype = message_sudo.subtype_id
        author = message_sudo.author_id
        kind = ACTIVITY_KINDS.get(message_sudo.mail_activity_type_id.category)
        partners = self.env["res.partner"].sudo()
        if kind and subtype == self.env.ref("mail.mt_activities"):
            partners = self.sudo()._scrm_get_message_partner()
        elif message_sudo.message_type in MAIL_TYPES and not (
            message_sudo.is_internal or subtype.internal
        ):
            kind = "message_in" if author.partner_share else "message_out"
            if kind == "message_in":
                partners = author
            elif author:
                partners = message_sudo.partner_ids
        if not partners:
            return
        company = message_sudo.record_company_id or self.env.company
        identities = partners.with_company(company)._scrm_get_identity_map()
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": identity.id,
                    "company_id": company.id,
                    "kind": kind,
                    "summary": self._scrm_summarise_message(
                        message_sudo.subject, message_sudo.body
                    ),
                    "occurred_at": message_sudo.date,
                    "dedupe_key": f"mail.message:{message.id}:{partner_id}",
                    "record": self,
                }
                for partner_id, identity in identities.items()
            ]
        )

    def _scrm_get_message_partner(self):
        """Return the contact that a call or meeting on this document was held with."""
        return self if self._name == "res.partner" else self.partner_id

    def _scrm_summarise_message(self, subject, body):
        """Return what the timeline says of a message on this document."""
        # A mail without a subject is sent under the document's name, which says nothing.
        subject = subject if subject != self.sudo().display_name else None
        return make_excerpt(subject, body) or self.env._("A message without text")

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        result = super()._routing_handle_bounce(email_message, message_dict)
        # sudo: the mail gateway has no right to write notices
        self.env["scrm.outbox"].sudo()._hear_bounce(message_dict.get("bounced_msg_ids"))
        return result
