"""The account on a social platform through which the company talks."""

import uuid
from collections import Counter
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.scrm_base.tools.database import read_committed

from ..providers import errors
from ..providers.base import Provider
from ..providers.wechat_api import DEFAULT_API_BASE_URL, WechatApi, fetch_stable_token
from ..providers.wechat_crypto import decode_aes_key
from ..providers.wechat_oa import DEFAULT_REPLAY_WINDOW, WechatOfficialAccount
from .channel_token import ChannelTokenStore


class ScrmChannel(models.Model):
    """One account of the company on a social platform; no model of the ERP stands for it."""

    _name = "scrm.channel"
    _description = "Channel Account"
    _inherit = ["scrm.system.mixin"]
    _order = "company_id, name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    provider = fields.Selection(
        [("wechat_oa", "WeChat official account")], required=True, default="wechat_oa"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    app_id = fields.Char(
        "App ID", required=True, help="The AppID of the account, from the WeChat console."
    )
    secret = fields.Char("App Secret", groups="base.group_system", copy=False)
    token = fields.Char(groups="base.group_system", copy=False)
    aes_key = fields.Char("EncodingAESKey", size=43, groups="base.group_system", copy=False)
    encryption_mode = fields.Selection(
        [("safe", "Safe"), ("compat", "Compatible"), ("plain", "Plain")],
        required=True,
        default="safe",
        help="The message encryption chosen in the WeChat console. Plain messages are not "
        "protected by the signature: choose it only for a test.",
    )
    replay_window = fields.Integer(
        "Accepted Age (seconds)",
        default=DEFAULT_REPLAY_WINDOW,
        help="A callback signed longer ago is refused. 0 accepts any age.",
    )
    api_base_url = fields.Char("API Address", required=True, default=DEFAULT_API_BASE_URL)
    callback_uuid = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: str(uuid.uuid4())
    )
    callback_url = fields.Char("Callback Address", compute="_compute_callback_url")
    user_ids = fields.Many2many(
        "res.users",
        string="Agents",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="They see this account's conversations in Discuss and answer them.",
    )
    conversation_count = fields.Integer(compute="_compute_conversation_count")
    stuck_event_count = fields.Integer(
        "Events Not Processed",
        compute="_compute_stuck_event_count",
        groups="scrm_social.group_scrm_social_admin",
    )

    _account_uniq = models.Constraint(
        "UNIQUE (provider, app_id, company_id)",
        "This company has that account already; open it instead of adding it again.",
    )
    _system_fields = frozenset({"callback_uuid"})

    _callback_uuid_uniq = models.Constraint(
        "UNIQUE (callback_uuid)", "Two accounts cannot share a callback address."
    )
    _replay_window_positive = models.Constraint(
        "CHECK (replay_window >= 0)", "The accepted age cannot be negative; 0 means any age."
    )

    @api.depends("callback_uuid")
    def _compute_callback_url(self):
        for channel in self:
            channel.callback_url = f"{channel.get_base_url()}/scrm/wechat/{channel.callback_uuid}"

    def _compute_conversation_count(self):
        counts = dict(
            self.env["scrm.conversation"]._read_group(
                [("channel_id", "in", self.ids)], ["channel_id"], ["__count"]
            )
        )
        for channel in self:
            channel.conversation_count = counts.get(channel, 0)

    def _compute_stuck_event_count(self):
        counts = dict(
            self.env["scrm.webhook.event"]._read_group(
                [("channel_id", "in", self.ids), ("state", "in", ("failed", "dead"))],
                ["channel_id"],
                ["__count"],
            )
        )
        for channel in self:
            channel.stuck_event_count = counts.get(channel, 0)

    @api.constrains("aes_key", "encryption_mode")
    def _check_aes_key(self):
        # sudo: the key is readable by administrators only, the rule holds for every editor
        for channel in self.sudo():
            if channel.encryption_mode == "plain":
                continue
            try:
                decode_aes_key(channel.aes_key)
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "%(channel)s needs the EncodingAESKey of the WeChat console (43 letters "
                        "and digits) for its encryption mode.",
                        channel=channel.name,
                    )
                ) from error

    @api.constrains("api_base_url")
    def _check_api_base_url(self):
        for channel in self:
            parts = urlsplit(channel.api_base_url)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
                raise ValidationError(
                    self.env._(
                        "“%(url)s” is not an API address. It looks like %(example)s.",
                        url=channel.api_base_url,
                        example=DEFAULT_API_BASE_URL,
                    )
                )

    def write(self, vals):
        changed = {"app_id", "provider", "company_id"} & vals.keys()
        if changed and any(
            channel[name]
            != channel._fields[name].convert_to_record(
                channel._fields[name].convert_to_cache(vals[name], channel), channel
            )
            for channel in self.filtered("conversation_count")
            for name in changed
        ):
            raise UserError(
                self.env._(
                    "This account has conversations: its customers are known by this App ID. "
                    "Add another account and archive this one."
                )
            )
        result = super().write(vals)
        if "user_ids" in vals:
            self._sync_agents()
        return result

    def _sync_agents(self):
        """Give the agents, and nobody else, the account's running conversations in Discuss."""
        conversations = self.env["scrm.conversation"].search(
            [("channel_id", "in", self.ids), ("state", "!=", "resolved")]
        )
        conversations._sync_members()

    # === THE PROVIDER === #

    def _get_provider(self) -> Provider:
        """Return the plain object that verifies and reads this account's callbacks."""
        self.ensure_one()
        # sudo: token and key are readable by administrators only; they stay inside the provider
        channel_sudo = self.sudo()
        return WechatOfficialAccount(
            app_id=channel_sudo.app_id,
            token=channel_sudo.token or "",
            aes_key=channel_sudo.aes_key or "",
            mode=channel_sudo.encryption_mode,
            replay_window=channel_sudo.replay_window,
        )

    def _get_agent_lang(self) -> str | bool:
        """Return the language in which the account's agents are told something."""
        self.ensure_one()
        languages = Counter(self.user_ids.mapped("lang")).most_common(1)
        return (languages and languages[0][0]) or self.company_id.partner_id.lang or False

    def _get_scope(self) -> str:
        """Return the scope of the openids that this account gives."""
        self.ensure_one()
        return f"oa:{self.app_id}"

    # === THE PLATFORM'S API === #

    def _get_api(self) -> WechatApi:
        """Return a client of the account's API; keep it for the calls of one job."""
        self.ensure_one()
        return WechatApi(self.api_base_url, ChannelTokenStore(self))

    def action_test_connection(self):
        """Ask the platform for a token and one harmless answer, and say what came back."""
        self.ensure_one()
        self.check_access("write")
        try:
            addresses = self._get_api().get_callback_ips()
        except errors.ProviderError as error:
            raise UserError(self._explain(error)) from error
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(url)s accepts App ID and secret; it calls back from %(count)s addresses.",
                    url=self.api_base_url,
                    count=len(addresses),
                ),
            },
        }

    def _explain(self, error: errors.ProviderError) -> str:
        """Return what the provider's error means and what to do, with its own words."""
        return f"{self._get_meaning(type(error))} ({error.message})"

    def _get_meaning(self, error_class: type[errors.ProviderError]) -> str:
        """Return a sentence that says what the provider's error means and what to do."""
        known = {
            errors.WindowClosed: self.env._(
                "The reply window is closed: WeChat allows answers for 48 hours after the "
                "customer's last message. Wait until they write, or use another way."
            ),
            errors.WindowUsedUp: self.env._(
                "All answers that WeChat allows after the customer's last message are used. "
                "Wait until they write again, or use another way."
            ),
            errors.RecipientUnreachable: self.env._(
                "The customer no longer follows the account, so WeChat does not deliver to them."
            ),
            errors.CredentialsRejected: self.env._(
                "WeChat refuses the account's App ID, secret or this server's address. An "
                "administrator checks them in the channel and in the WeChat console."
            ),
            errors.TokenRejected: self.env._(
                "WeChat refuses the account's access token, also a fresh one. An administrator "
                "checks App ID and secret."
            ),
            errors.QuotaExceeded: self.env._(
                "The account's daily limit of WeChat is used up; it starts again at midnight."
            ),
            errors.ContentRefused: self.env._(
                "WeChat refuses this text. It takes at most 2048 bytes, about 680 Chinese "
                "characters."
            ),
            errors.Undelivered: self.env._("The API address cannot be reached; nothing was sent."),
            errors.OutcomeUnknown: self.env._(
                "The connection broke before an answer came; it may have been delivered."
            ),
            errors.Busy: self.env._("WeChat is busy at the moment."),
        }
        return known.get(error_class, self.env._("WeChat refused the call."))

    def _get_access_token(self, rejected: str = "") -> str:
        """Return the account's access token; fetch it when it ran out or was ``rejected``.

        The row is locked in a short transaction of its own, so that of many workers one fetches
        and the others wait for its token. Raises what the provider raises.
        """
        self.ensure_one()
        # sudo: the secret is readable by administrators only and goes to the provider alone
        channel_sudo = self.sudo()
        base_url, app_id = channel_sudo.api_base_url, channel_sudo.app_id
        secret = channel_sudo.secret or ""
        self.env.flush_all()
        with read_committed(self.env) as cr:
            tokens = channel_sudo.env["scrm.channel.token"]
            known, valid = tokens._lock_token(cr, self.id)
            if valid and known != rejected:
                return known
            value, seconds = fetch_stable_token(base_url, app_id, secret)
            if rejected and value == rejected:
                # WeChat still calls the refused token the current one: insist, once
                value, seconds = fetch_stable_token(base_url, app_id, secret, force=True)
            tokens._store_token(cr, self.id, value, seconds)
        return value

    # === SCREENS === #

    def action_open_conversations(self):
        self.ensure_one()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_social.scrm_conversation_action"
        ) | {"domain": [("channel_id", "=", self.id)], "context": {}}

    def action_open_stuck_events(self):
        self.ensure_one()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_social.scrm_webhook_event_action"
        ) | {"domain": [("channel_id", "=", self.id)], "context": {"search_default_stuck": 1}}
