"""What happens when a customer does something on an account."""

import re

from odoo import models

from odoo.addons.scrm_base.tools.handles import Handle, normalise_phone

from ..providers.base import InboundEvent

# A Chinese mobile number, as people type it: with or without country code, blanks, hyphens.
MOBILE_RE = re.compile(r"(?<![\d+])(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)")
RULE_STATED_IN_CHAT = "stated_in_chat"


class ScrmChannel(models.Model):
    _inherit = "scrm.channel"

    def _receive(self, inbound: InboundEvent) -> None:
        """Let one inbound event have its effect; doing it twice has the effect of once."""
        self.ensure_one()
        identity = self._get_identity_of(inbound)
        window = self._get_provider().get_reply_window(inbound)
        if window:
            identity._open_reply_window(window, inbound.occurred_at)
        if inbound.kind == "message":
            identity._note_following("followed", inbound.occurred_at)
            self._receive_message(identity, inbound)
        else:
            self._receive_event(identity, inbound)

    def _get_identity_of(self, inbound: InboundEvent):
        """Find or make the identity of the sender, and with it the customer."""
        handle = Handle(
            id_type="openid",
            scope=self._get_scope(),
            value=inbound.sender,
            value_raw=inbound.sender,
            verified=True,  # the platform's signature vouches for it
        )
        identity = self.env["scrm.identity"]._resolve(
            # without a name: WeChat tells no nickname since 2021
            handle,
            pool=self.company_id.scrm_pool_id,
        )
        if not identity.channel_id:
            identity.channel_id = self
        return identity

    def _receive_message(self, identity, inbound: InboundEvent) -> None:
        link = self.env["scrm.message.link"]._find(self, inbound.external_id)
        if link:
            return
        conversation = self.env["scrm.conversation"]._get_open(self, identity)
        conversation._post_inbound(inbound)
        if inbound.type == "text":
            self._recognise(conversation, inbound)

    def _receive_event(self, identity, inbound: InboundEvent) -> None:
        """Put subscriptions and scans on the timeline; other events change nothing yet."""
        code = self._get_scanned_code(inbound)
        known = {
            "subscribe": ("follow", self.env._("Followed %s", self.name)),
            "unsubscribe": ("unfollow", self.env._("Stopped following %s", self.name)),
            "scan": ("scan", self.env._("Scanned a code of %s", self.name)),
        }
        if inbound.type not in known:
            return
        kind, summary = known[inbound.type]
        if inbound.type != "scan":
            state = "followed" if inbound.type == "subscribe" else "unfollowed"
            identity._note_following(state, inbound.occurred_at)
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": identity.id,
                    "kind": kind,
                    "summary": f"{summary} ({code})" if code else summary,
                    "dedupe_key": f"{self._name},{self.id},{inbound.dedupe_key}",
                    "record": self,
                    "company_id": self.company_id.id,
                    "occurred_at": inbound.occurred_at,
                    "payload": {"type": inbound.type, "code": code},
                }
            ]
        )

    def _get_scanned_code(self, inbound: InboundEvent) -> str:
        """Return the parameter of the code that was scanned, if any."""
        return inbound.data.get("EventKey", "").removeprefix("qrscene_")[:64]

    # === RECOGNITION === #

    def _recognise(self, conversation, inbound: InboundEvent) -> None:
        """Tie the sender to the customer whose phone number they state.

        Automatic only when it is unambiguous: one number, and no other number known of them.
        The tie is evidence that a person can undo on the customer's page.
        """
        numbers = find_mobile_numbers(inbound.text)
        if not numbers:
            return
        identity = conversation.identity_id
        customer = identity.customer_id
        known = customer.identity_ids.filtered(lambda handle: handle.id_type == "phone")
        if len(numbers) > 1 or (known and known.sudo().mapped("value") != numbers):
            conversation._post_note(
                self.env._(
                    "The customer mentions another phone number than the one known of them, or "
                    "several. Nobody was recognised by it; if it is theirs, add it on the "
                    "customer's page."
                )
            )
            return
        if known:
            return
        phone = self.env["scrm.identity"]._resolve(
            Handle(
                id_type="phone",
                scope=self.company_id.scrm_pool_id._get_scope(),
                value=numbers[0],
                value_raw=numbers[0],
            ),
            pool=self.company_id.scrm_pool_id,
        )
        link = identity._attach(
            phone,
            rule=RULE_STATED_IN_CHAT,
            evidence={
                "channel": self.id,
                "conversation": conversation.id,
                "message": inbound.external_id,
            },
        )
        if not link:
            return  # somebody has undone it before: what a person decided stands
        conversation._refresh_names()
        conversation._post_note(
            self.env._(
                "The customer gave the phone number %(phone)s and is recognised as "
                "%(customer)s. If that is wrong, undo it on the customer's page, under Merges.",
                phone=phone.display_value,
                customer=conversation._get_customer_name(),
            )
        )


def find_mobile_numbers(text: str) -> list[str]:
    """Return the different Chinese mobile numbers in a text, in E.164, in order."""
    found = (normalise_phone(match.group()) for match in MOBILE_RE.finditer(text or ""))
    return list(dict.fromkeys(number for number in found if number))
