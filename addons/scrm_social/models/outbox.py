"""WeChat as a medium of the outbox."""

import logging

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.scrm_base.exceptions import DeliveryRefused, DeliveryRetry, DeliveryUnknown

from ..providers import errors

_logger = logging.getLogger(__name__)

# What trying again later may cure; after the last attempt the row is given up and says why.
RETRY_ERRORS = (
    errors.Busy,
    errors.Undelivered,
    errors.TokenRejected,
    errors.CredentialsRejected,
)


class ScrmOutbox(models.Model):
    _inherit = "scrm.outbox"

    medium = fields.Selection(selection_add=[("wechat", "WeChat")], ondelete={"wechat": "cascade"})

    # === SEND === #

    def _deliver(self):
        """Send a customer's earlier answers before this one: they are read in order."""
        identities = self.filtered(lambda row: row.medium == "wechat").identity_id
        if identities:
            earlier = self.search(
                [
                    ("medium", "=", "wechat"),
                    ("identity_id", "in", identities.ids),
                    ("state", "=", "queued"),
                    ("id", "<", max(self.ids)),
                ]
            )
            return super(ScrmOutbox, (earlier | self).sorted("id"))._deliver()
        return super()._deliver()

    def _send_wechat(self):
        """Send the row as a customer service message; return WeChat's reference, if it has one.

        Everything that can fail on our side is done before the call.
        """
        channel = self._wechat_get_channel()
        self._wechat_wait_for_turn()
        self._wechat_reserve_answer(channel)
        try:
            # sudo: the address is for WeChat, not for whoever sends the row
            openid = self.identity_id.sudo().value
            return channel._get_api().send_text(openid, self.body or "")
        except errors.OutcomeUnknown as error:
            raise DeliveryUnknown(channel._explain(error)) from error
        except RETRY_ERRORS as error:
            raise DeliveryRetry(channel._explain(error)) from error
        except errors.ProviderError as error:
            raise DeliveryRefused(channel._explain(error)) from error

    def _wechat_get_channel(self):
        identity = self.identity_id
        channel = identity.channel_id
        if identity.id_type != "openid" or not channel:
            raise DeliveryRefused(
                self.env._("The customer has no WeChat account that this company can write to.")
            )
        if not channel.active:
            raise DeliveryRefused(
                self.env._("The account %s is archived; nothing is sent by it.", channel.name)
            )
        return channel.with_context(lang=channel._get_agent_lang())

    def _wechat_wait_for_turn(self):
        """Raise DeliveryRetry while another worker is sending this customer an earlier answer."""
        if self.search_count(
            [
                ("medium", "=", "wechat"),
                ("identity_id", "=", self.identity_id.id),
                ("state", "=", "sending"),
                ("id", "<", self.id),
            ],
            limit=1,
        ):
            raise DeliveryRetry(self.env._("An earlier answer is being sent."), 1)

    def _wechat_reserve_answer(self, channel):
        """Count this answer against the reply window; refuse before any call when it is shut.

        Counted in the row's savepoint: an answer that is not delivered is not counted.
        """
        identity = self.identity_id
        identity.flush_recordset()
        try:
            with self.env.cr.savepoint():
                reserved = self.env.execute_query(
                    SQL(
                        """
                        UPDATE scrm_identity
                           SET reply_used = reply_used + 1
                         WHERE id = %s
                           AND reply_until > (clock_timestamp() AT TIME ZONE 'UTC')
                           AND reply_used < reply_quota
                     RETURNING reply_used
                        """,
                        identity.id,
                    )
                )
        except psycopg2.OperationalError as error:
            # the customer is writing at this moment; nothing was sent yet
            raise DeliveryRetry(self.env._("The customer's record is being updated."), 1) from error
        identity.invalidate_recordset(["reply_used"])
        if reserved:
            return
        is_open = identity.reply_until and identity.reply_until > fields.Datetime.now()
        refusal = errors.WindowUsedUp if is_open else errors.WindowClosed
        raise DeliveryRefused(channel._explain(refusal("not sent", 0)))

    # === AFTERWARDS === #

    def _attempt(self):
        result = super()._attempt()
        if self.medium == "wechat" and self.state in ("sent", "failed", "dead", "unknown"):
            try:
                with self.env.cr.savepoint():
                    self._wechat_tell_agents()
            except psycopg2.Error:
                # What happened to the row must be kept, also when the note cannot be written.
                _logger.warning("scrm.outbox %s: no note in the conversation", self.id)
        return result

    def _wechat_tell_agents(self):
        """Say in the conversation what went wrong, or what was sent by itself."""
        link = self.env["scrm.message.link"].search([("outbox_id", "=", self.id)], limit=1)
        conversation = link.conversation_id or self.env["scrm.conversation"].search(
            [("identity_id", "=", self.identity_id.id)], order="id desc", limit=1
        )
        if not conversation:
            return
        conversation = conversation.with_context(lang=conversation.channel_id._get_agent_lang())
        if self.state == "sent":
            if not link:
                conversation._create_outbound_link(self.body or "", outbox=self)
                conversation._post_note(
                    conversation.env._("Sent to the customer: %s", self.body or "")
                )
            return
        preview = " ".join((self.body or "").split())[:40]
        values = {"text": preview, "reason": self.error or ""}
        if self.state == "unknown":
            note = conversation.env._(
                "Nobody knows whether “%(text)s” reached the customer: %(reason)s", **values
            )
        else:
            note = conversation.env._("“%(text)s” was not delivered: %(reason)s", **values)
        conversation._post_note(note)

    def _is_on_timeline(self):
        if self.medium == "wechat":
            return bool(self.identity_id)
        return super()._is_on_timeline()

    # === ADDRESS === #

    @api.model
    def _get_address_wechat(self, customer):
        """Return the handle by which the customer can be written to on WeChat now.

        That is the one seen last that follows an account of the company and whose reply window
        is open; without one the rule's next medium is tried.
        """
        now = fields.Datetime.now()
        handles = customer.identity_ids.filtered(
            lambda handle: (
                handle.id_type == "openid"
                and handle.channel_id.active
                and handle.channel_id.company_id == self.env.company
                and handle.follow_state != "unfollowed"
                and handle.reply_until
                and handle.reply_until > now
                and handle.reply_used < handle.reply_quota
            )
        )
        return handles.sorted("last_seen_at", reverse=True)[:1]
