"""What this addon holds on a person: its part of the erasure."""

from odoo import api, models

from odoo.addons.scrm_base.tools.erasure import ERASED, TablePlan


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "scrm.channel": TablePlan(
                kept=("name", "app_id", "secret", "token", "aes_key", "api_base_url")
                + ("callback_uuid",)
            ),
            "scrm.channel.token": TablePlan(kept=("kind", "value")),
            "scrm.conversation": TablePlan(("customer_id",), erased=("last_message",)),
            "scrm.message.link": TablePlan(
                ("conversation_id.customer_id",),
                erased=("media_id", "text"),
                kept=("external_msgid", "message_type"),
            ),
            "scrm.webhook.event": TablePlan(
                values=("serial_key",),
                erased=("payload", "error"),
                hashed=("dedupe_key", "serial_key"),
                kept=("event_type",),
            ),
        }

    @api.model
    def _get_threads(self, person, owned):
        threads = super()._get_threads(person, owned)
        channels = self._get_erased_conversations(owned).discuss_channel_id
        return {**threads, "discuss.channel": channels.ids} if channels else threads

    @api.model
    def _get_core_records(self, person, owned):
        conversations = self._get_erased_conversations(owned)
        return {
            **super()._get_core_records(person, owned),
            "discuss.channel": (conversations.discuss_channel_id, ("name",)),
            "mail.guest": (conversations.guest_id, ("name",)),
        }

    def _after_erasure(self, person, owned):
        result = super()._after_erasure(person, owned)
        conversations = self._get_erased_conversations(owned)
        conversations.discuss_channel_id.name = ERASED
        conversations.guest_id.name = ERASED
        # Emptied events have nothing to process any more.
        events = self.env["scrm.webhook.event"].sudo()  # sudo: the officer's right was checked
        events.browse(owned["scrm.webhook.event"]).filtered(
            lambda event: event.state in ("new", "failed")
        ).state = "done"
        return result

    def _get_erased_conversations(self, owned):
        # sudo: the privacy officer's right was checked; conversations are their agents' own
        return self.env["scrm.conversation"].sudo().browse(owned["scrm.conversation"])
