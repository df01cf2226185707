"""Fixtures of the addon's tests."""

import base64

from odoo.addons.scrm_base.tests.common import ScrmCase

from .stand_in_api import StandInServer
from .wechat_client import WechatClient

APP_ID = "wx0123456789abcdef"
TOKEN = "a-token"
SECRET = "a-secret"
AES_KEY = base64.b64encode(bytes(range(32))).decode()[:43]


class SocialMixin:
    """An account, its agent, its customers, and a stand-in for the platform."""

    @classmethod
    def _set_up_social(cls):
        cls.stand_in = StandInServer().start()
        cls.addClassCleanup(cls.stand_in.stop)
        cls.agent = cls._make_user("scrm_agent", "scrm_social.group_scrm_social_agent")
        cls.channel = cls._make_channel(user_ids=cls.agent.ids)
        cls.client = cls._make_client(cls.channel)
        cls.events = cls.env["scrm.webhook.event"]

    @classmethod
    def _make_channel(cls, **vals):
        return cls.env["scrm.channel"].create(
            {
                "name": "Test account",
                "app_id": APP_ID,
                "secret": SECRET,
                "token": TOKEN,
                "aes_key": AES_KEY,
                "api_base_url": cls.stand_in.url,
                "company_id": cls.company.id,
                **vals,
            }
        )

    @classmethod
    def _make_client(cls, channel, base_url=""):
        return WechatClient(
            url=f"{base_url}/scrm/wechat/{channel.callback_uuid}",
            token=channel.token,
            app_id=channel.app_id,
            aes_key=channel.aes_key or "",
            mode=channel.encryption_mode,
        )

    def setUp(self):
        super().setUp()
        self.stand_in.state.reset()

    def _store(self, payload, channel=None):
        """Store a verified payload as the controller does; return whether it was new."""
        channel = channel or self.channel
        return self.events._store(channel, channel._get_provider().parse(payload), payload)

    def _drain(self, openid="o1", channel=None):
        return self.events._job_drain((channel or self.channel).id, openid)

    def _say(self, text, openid="o1", **more):
        """Let a customer write and process it; return the conversation."""
        self.stand_in.state.said(openid)
        self._store(self.client.text(openid, text, **more))
        self._drain(openid)
        return self._get_conversation(openid)

    def _get_identity(self, openid="o1", channel=None):
        return self.env["scrm.identity"].search(
            [
                ("id_type", "=", "openid"),
                ("scope", "=", (channel or self.channel)._get_scope()),
                ("value", "=", openid),
            ]
        )

    def _get_conversation(self, openid="o1"):
        return self.env["scrm.conversation"].search(
            [("identity_id", "=", self._get_identity(openid).id)], order="id desc", limit=1
        )

    def _answer(self, conversation, text, user=None):
        """Let an agent answer in Discuss."""
        return (
            conversation.discuss_channel_id.with_user(user or self.agent)
            .with_context(allowed_company_ids=self.company.ids)
            .message_post(body=text, message_type="comment", subtype_xmlid="mail.mt_comment")
        )

    def _get_outbox(self, message):
        return self.env["scrm.outbox"].search([("idem_key", "=", f"mail.message,{message.id}")])

    def _get_texts(self, conversation):
        """Return the plain texts in the conversation's Discuss channel, oldest first."""
        messages = conversation.discuss_channel_id.message_ids.sorted("id")
        return [str(message.body) for message in messages]


class SocialCase(SocialMixin, ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_social()
