"""Who may call the public methods."""

from odoo.tests import tagged

from odoo.addons.scrm_base.tests.method_access import MethodAccessMixin

from .common import SocialCase

GROUP = "scrm_social.group_scrm_social_%s"
ROLES = {
    "internal": "base.group_user",
    "viewer": "scrm_base.group_scrm_base_viewer",
    "agent": GROUP % "agent",
    "other_agent": GROUP % "agent",
    "lead": GROUP % "lead",
    "admin": GROUP % "admin",
    "portal": "base.group_portal",
    "public": "base.group_public",
    "foreign_agent": GROUP % "agent",
    "foreign_lead": GROUP % "lead",
    "foreign_admin": GROUP % "admin",
}
TALKERS = {"agent", "lead", "admin"}


@tagged("post_install", "-at_install")
class TestAccessMethods(MethodAccessMixin, SocialCase):
    _addon = "scrm_social"
    _changing = {
        "scrm.channel": {"action_test_connection": {"admin"}},
        "scrm.conversation": dict.fromkeys(
            (
                *("action_assign_to_me", "action_open_discuss", "action_reopen"),
                *("action_resolve", "action_wait"),
            ),
            TALKERS,
        ),
        "scrm.customer": {"action_write_wechat": TALKERS},
        "scrm.webhook.event": {"action_replay": {"admin"}},
    }
    _showing = {
        "discuss.channel": {"action_open_scrm_conversation"},
        "scrm.channel": {"action_open_conversations", "action_open_stuck_events"},
        "scrm.customer": {"action_open_conversations"},
    }
    _of_core = {"discuss.channel": {"message_post"}}
    _strangers = (
        *("internal", "viewer", "other_agent", "portal", "public"),
        *("foreign_agent", "foreign_lead", "foreign_admin"),
    )
    _owner = "admin"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls._make_users("social", ROLES)
        cls.channel.user_ids = cls.users["agent"]

    def setUp(self):
        super().setUp()
        conversation = self._say("hello")
        event = self.events.search([("channel_id", "=", self.channel.id)], limit=1)
        event.state = "dead"
        records = (
            *(self.channel, conversation, conversation.discuss_channel_id),
            *(conversation.customer_id, event),
        )
        self.records = {record._name: record.ensure_one() for record in records}

    def _prepare_call(self, name, method):
        if method == "action_reopen":
            self._find_record(name).action_resolve()

    def test_who_may_can(self):
        self._assert_changing_is_possible()
