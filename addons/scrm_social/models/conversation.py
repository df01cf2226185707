"""A conversation with a customer on one account."""

from markupsafe import Markup, escape

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command

from odoo.addons.scrm_base.tools.flow import Transition

from ..providers.base import InboundEvent

PREVIEW_LENGTH = 200
# What agents may change; everything else is what happened.
EDITABLE_FIELDS = frozenset({"user_id", "state"})
# Written with the state alone, whose step the flow checks.
STEP_FIELDS = frozenset({"resolved_at", "waiting_since"})


class ScrmConversation(models.Model):
    """What is being talked about with one customer on one account, until it is resolved.

    Discuss has the messages; it knows neither accounts, nor states, nor customers.
    """

    _name = "scrm.conversation"
    _description = "Conversation"
    _inherit = ["scrm.flow.mixin", "scrm.customer.mixin"]
    _order = "last_message_at desc, id desc"

    _flow_transitions = (
        Transition("wait", "open", "pending", "Wait for Customer"),
        Transition("reopen", ("pending", "resolved"), "open", "Reopen"),
        Transition("resolve", ("open", "pending"), "resolved", "Resolve"),
    )

    channel_id = fields.Many2one(
        "scrm.channel", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    identity_id = fields.Many2one(required=True, readonly=True)
    discuss_channel_id = fields.Many2one(
        "discuss.channel",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    guest_id = fields.Many2one("mail.guest", required=True, readonly=True, ondelete="restrict")
    user_id = fields.Many2one(
        "res.users", "Agent", index="btree_not_null", domain="[('share', '=', False)]"
    )
    state = fields.Selection(
        [("open", "Open"), ("pending", "Waiting for Customer"), ("resolved", "Resolved")],
        required=True,
        readonly=True,
        default="open",
        index=True,
        group_expand=True,
    )
    opened_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    resolved_at = fields.Datetime(readonly=True)
    last_message_at = fields.Datetime("Last Message On", readonly=True)
    last_message = fields.Char(readonly=True)
    waiting_since = fields.Datetime(
        readonly=True, help="Since when the customer has been waiting for an answer."
    )
    first_reply_at = fields.Datetime(readonly=True)
    # sudo: an agent sees how long an answer is possible, not the handle itself
    window_until = fields.Datetime(
        related="identity_id.reply_until", string="Answer Until", related_sudo=True
    )
    answers_left = fields.Integer(compute="_compute_answers_left", compute_sudo=True)
    message_link_ids = fields.One2many(
        "scrm.message.link", "conversation_id", "Messages", readonly=True
    )

    _running_uniq = models.UniqueIndex(
        "(channel_id, identity_id) WHERE state IN ('open', 'pending')",
        "This customer has a running conversation on the account already; continue that one.",
    )

    @api.depends("customer_id.display_name", "channel_id.name")
    def _compute_display_name(self):
        for conversation in self:
            conversation.display_name = (
                f"{conversation.customer_id.display_name} · {conversation.channel_id.name}"
            )

    @api.depends("identity_id.reply_until", "identity_id.reply_quota", "identity_id.reply_used")
    def _compute_answers_left(self):
        now = fields.Datetime.now()
        for conversation in self:
            identity = conversation.identity_id
            is_open = identity.reply_until and identity.reply_until > now
            left = identity.reply_quota - identity.reply_used if is_open else 0
            conversation.answers_left = max(left, 0)

    def write(self, vals):
        refused = set(vals) - EDITABLE_FIELDS - (STEP_FIELDS if "state" in vals else set())
        if refused and not self.env.su:
            raise AccessError(
                self.env._(
                    "Of a conversation only the agent and the status are changed by people (not: "
                    "%(fields)s).",
                    fields=", ".join(sorted(refused)),
                )
            )
        return super().write(vals)

    # === FIND OR MAKE === #

    @api.model
    def _get_open(self, channel, identity):
        """Return the running conversation of a sender on an account; begin one if there is none.

        The caller holds the sender's lock; the partial unique index keeps the promise.
        """
        domain = [("channel_id", "=", channel.id), ("identity_id", "=", identity.id)]
        earlier = self.search(domain, order="id desc", limit=1)
        if earlier and earlier.state != "resolved":
            return earlier
        guest = earlier.guest_id or self.env["mail.guest"].create(
            {"name": self._name_customer(identity)}
        )
        # the same person's conversations share one Discuss channel: the agent sees what was said
        discuss_channel = earlier.discuss_channel_id or self._create_discuss_channel(channel, guest)
        conversation = self.create(
            {
                "channel_id": channel.id,
                "identity_id": identity.id,
                "guest_id": guest.id,
                "discuss_channel_id": discuss_channel.id,
            }
        )
        if earlier:
            conversation._sync_members()
        return conversation

    @api.model
    def _create_discuss_channel(self, channel, guest):
        agents = channel.user_ids.partner_id
        members = [Command.create({"guest_id": guest.id})]
        members += [Command.create({"partner_id": partner.id}) for partner in agents]
        # install_mode: core would make OdooBot, who runs this, a member
        discuss_channel = (
            self.env["discuss.channel"]
            .with_context(install_mode=True)
            .create({"name": guest.name, "channel_type": "scrm", "channel_member_ids": members})
            .with_context(install_mode=False)
        )
        discuss_channel._broadcast(agents.ids)
        return discuss_channel

    def _sync_members(self):
        """Make the account's agents, and no other user, members of the Discuss channels."""
        for conversation in self:
            # sudo: membership follows the account's agents, whoever changes them
            discuss_channel = conversation.discuss_channel_id.sudo()
            wanted = conversation.channel_id.user_ids.partner_id
            present = discuss_channel.channel_member_ids.partner_id
            for partner in present - wanted:
                discuss_channel._action_unfollow(partner=partner, post_leave_message=False)
            discuss_channel._add_members(partners=wanted - present, post_joined_message=False)

    @api.model
    def _name_customer(self, identity) -> str:
        """Return how agents call the sender: by name, or as a visitor while none is known."""
        customer = identity.customer_id
        # a customer whose name nobody told is called by a masked handle, of no use in a chat
        handles = customer.identity_ids.filtered(lambda handle: handle.id_type != "partner")
        if customer.name and customer.name not in handles.mapped("display_value"):
            return customer.name
        # sudo: four characters of the id tell visitors apart, whoever may read it whole
        return self.env._("WeChat visitor %s", identity.sudo().value[-4:])

    def _get_customer_name(self) -> str:
        self.ensure_one()
        return self._name_customer(self.identity_id)

    def _refresh_names(self):
        """Call Discuss channel and guest as the customer is called now."""
        for conversation in self:
            name = conversation._get_customer_name()
            if conversation.guest_id.name != name:
                conversation.guest_id._update_name(name)
            if conversation.discuss_channel_id.name != name:
                conversation.discuss_channel_id.name = name

    # === MESSAGES === #

    def _post_inbound(self, inbound: InboundEvent):
        """Put a customer's message into Discuss, the list of messages and the timeline."""
        self.ensure_one()
        text = self._describe(inbound)
        public_user = self.env.ref("base.public_user")
        # the guest writes as the public user, as in core's live chat; sudo: guests have no rights
        message = (
            self.discuss_channel_id.with_user(public_user)
            .sudo()
            .with_context(guest=self.guest_id)
            .message_post(
                body=to_html(text), message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        )
        link = self.env["scrm.message.link"].create(
            {
                "conversation_id": self.id,
                "channel_id": self.channel_id.id,
                "direction": "in",
                "mail_message_id": message.id,
                "external_msgid": inbound.external_id or False,
                "message_type": inbound.type,
                "media_id": inbound.media_id or False,
                "text": text[:PREVIEW_LENGTH],
                "occurred_at": inbound.occurred_at,
            }
        )
        if self.state == "pending":
            self._move_along("reopen")
        self._note_message(text, inbound.occurred_at, inbound=True)
        self._refresh_names()
        link._record_interaction(text, {"message": inbound.external_id, "type": inbound.type})
        return link

    def _describe(self, inbound: InboundEvent) -> str:
        """Return the message as agents read it: its text, or its kind and what it says."""
        if inbound.type == "text":
            return inbound.text
        labels = {
            "image": self.env._("[Picture]"),
            "voice": self.env._("[Voice message]"),
            "video": self.env._("[Video]"),
            "shortvideo": self.env._("[Video]"),
            "location": self.env._("[Location]"),
            "link": self.env._("[Link]"),
            "file": self.env._("[File]"),
            "miniprogrampage": self.env._("[Mini program]"),
        }
        label = labels.get(inbound.type) or self.env._("[Message of type %s]", inbound.type)
        return f"{label} {inbound.text}".strip()

    def _note_message(self, text: str, occurred_at, *, inbound: bool):
        """Keep what lists show of the latest message."""
        vals = {
            "last_message": " ".join(text.split())[:PREVIEW_LENGTH],
            "last_message_at": max(filter(None, (self.last_message_at, occurred_at))),
        }
        if inbound:
            vals["waiting_since"] = self.waiting_since or occurred_at
        else:
            vals["waiting_since"] = False
            vals["first_reply_at"] = self.first_reply_at or occurred_at
        self.write(vals)

    def _post_note(self, text: str):
        """Tell the agents something in the conversation; the customer does not see it."""
        self.ensure_one()
        # the system speaks (OdooBot); sudo: an agent's delivery may not post in its own name
        return (
            self.discuss_channel_id.with_user(SUPERUSER_ID)
            .sudo()
            .message_post(body=text, message_type="notification", subtype_xmlid="mail.mt_comment")
        )

    # === BUTTONS === #

    def action_open_discuss(self):
        """Open the conversation where it is answered; a lead who looks in becomes a member."""
        self.ensure_one()
        self.check_access("read")
        # sudo: whoever may read the conversation may take part in it
        discuss_channel = self.discuss_channel_id.sudo()
        if self.env.user.partner_id not in discuss_channel.channel_member_ids.partner_id:
            discuss_channel._add_members(users=self.env.user, post_joined_message=False)
        return {
            "type": "ir.actions.client",
            "tag": "mail.action_discuss",
            "params": {"active_id": discuss_channel.id},
            "context": {"active_id": f"discuss.channel_{discuss_channel.id}"},
        }

    def action_assign_to_me(self):
        """Make the user the conversation's agent."""
        self.write({"user_id": self.env.uid})
        return True

    def action_resolve(self):
        self._move_along("resolve", resolved_at=fields.Datetime.now(), waiting_since=False)
        return True

    def action_wait(self):
        self._move_along("wait")
        return True

    def action_reopen(self):
        self._move_along("reopen", resolved_at=False)
        return True


def to_html(text: str) -> Markup:
    """Return a customer's text as HTML that shows exactly its characters and line breaks."""
    return Markup("<br/>").join(escape(line) for line in text.splitlines())
