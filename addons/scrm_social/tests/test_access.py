"""Who sees and does what."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.scrm_base.tests.forging import ForgingMixin

from .common import SocialCase

MODELS = (
    "scrm.channel",
    "scrm.channel.token",
    "scrm.conversation",
    "scrm.message.link",
    "scrm.webhook.event",
)


@tagged("post_install", "-at_install")
class TestAccess(ForgingMixin, SocialCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_agent = cls._make_user("scrm_agent_b", "scrm_social.group_scrm_social_agent")
        cls.lead = cls._make_user("scrm_lead", "scrm_social.group_scrm_social_lead")
        cls.admin = cls._make_user("scrm_admin", "scrm_social.group_scrm_social_admin")
        cls.employee = cls._make_user("scrm_employee", "base.group_user")
        cls.foreign_admin = cls._make_user(
            "scrm_foreign", "scrm_social.group_scrm_social_admin", company=cls.company_other
        )
        cls.portal = new_test_user(cls.env, "scrm_portal", groups="base.group_portal")

    def setUp(self):
        super().setUp()
        self.conversation = self._say("hello")
        self._answer(self.conversation, "hi")
        self.env.flush_all()
        self.env.invalidate_all()

    def _records(self, model):
        return {
            "scrm.channel": self.channel,
            "scrm.conversation": self.conversation,
            "scrm.message.link": self.conversation.message_link_ids,
            "scrm.webhook.event": self.events.search([("channel_id", "=", self.channel.id)]),
        }[model]

    def _as(self, user, records):
        return records.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def _has(self, user, model, operation):
        return self._as(user, self._records(model)).has_access(operation)

    def test_matrix(self):
        read = {
            "scrm.channel": (self.agent, self.lead, self.admin),
            "scrm.conversation": (self.agent, self.lead, self.admin),
            "scrm.message.link": (self.agent, self.lead, self.admin),
            "scrm.webhook.event": (self.admin,),
        }
        write = {
            "scrm.channel": (self.admin,),
            "scrm.conversation": (self.agent, self.lead, self.admin),
            "scrm.message.link": (),
            "scrm.webhook.event": (),
        }
        unlink = {"scrm.channel": (self.admin,)}
        everybody = (
            self.agent,
            self.other_agent,
            self.lead,
            self.admin,
            self.employee,
            self.foreign_admin,
            self.portal,
        )
        for model in read:
            for user in everybody:
                for operation, table in (("read", read), ("write", write), ("unlink", unlink)):
                    with self.subTest(model=model, user=user.login, operation=operation):
                        self.assertEqual(
                            self._has(user, model, operation), user in table.get(model, ())
                        )

    def test_foreign_people_get_access_errors_and_empty_searches(self):
        for user in (self.foreign_admin, self.other_agent):
            for model in ("scrm.channel", "scrm.conversation", "scrm.message.link"):
                with self.subTest(user=user.login, model=model):
                    records = self._as(user, self._records(model))
                    self.assertFalse(records.search([]) & records)
                    with self.assertRaises(AccessError):
                        records.read(["display_name"])
        for model in MODELS:
            with self.subTest(model=model), self.assertRaises(AccessError):
                self._as(self.portal, self.env[model]).search([])

    def test_secrets_are_for_system_administrators(self):
        for name in ("secret", "token", "aes_key"):
            for user in (self.agent, self.lead, self.admin):
                with self.subTest(field=name, user=user.login), self.assertRaises(AccessError):
                    self.channel.with_user(user).read([name])
        with self.assertRaises(AccessError):
            self.env["scrm.channel.token"].with_user(self.admin).search([])
        self.assertNotIn(self.channel.secret, str(self.channel.copy_data()), "a copy has no secret")

    def test_only_members_read_what_is_said(self):
        discuss = self.conversation.discuss_channel_id
        self.assertTrue(discuss.with_user(self.agent).has_access("read"))
        for user in (self.other_agent, self.employee, self.lead, self.foreign_admin, self.portal):
            with self.subTest(user=user.login):
                self.assertFalse(self._as(user, discuss).has_access("read"))
        with self.assertRaises(AccessError):
            discuss.with_user(self.employee).message_post(
                body="x", message_type="comment", subtype_xmlid="mail.mt_comment"
            )

    def test_lead_joins_by_opening(self):
        action = self.conversation.with_user(self.lead).action_open_discuss()
        discuss = self.conversation.discuss_channel_id
        self.assertEqual(action["context"]["active_id"], f"discuss.channel_{discuss.id}")
        self.assertTrue(discuss.with_user(self.lead).has_access("read"))
        for user in (self.other_agent, self.foreign_admin):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user, self.conversation).action_open_discuss()

    def test_agents_change_agent_and_status_only(self):
        conversation = self.conversation.with_user(self.agent)
        conversation.action_assign_to_me()
        self.assertEqual(conversation.user_id, self.agent)
        conversation.action_resolve()
        conversation.action_reopen()
        for vals in ({"identity_id": 1}, {"last_message": "x"}, {"discuss_channel_id": 1}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                conversation.write(vals)
        with self.assertRaises(UserError):
            conversation.write({"state": "resolved"})
        with self.assertRaises(AccessError):
            self.env["scrm.conversation"].with_user(self.agent).create({})

    def test_what_the_system_writes_nobody_else_does(self):
        for name in MODELS:
            if name == "scrm.channel.token":
                continue
            record = self._records(name)[:1].sudo()
            for user in (self.agent, self.lead, self.admin):
                with self.subTest(model=name, user=user.login):
                    self.assertEqual([], self._get_forgeable(record, user))

    def test_replay_is_for_channel_administrators(self):
        event = self.events.search([("channel_id", "=", self.channel.id)], limit=1)
        event.state = "dead"
        for user in (self.agent, self.lead, self.foreign_admin, self.employee):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._as(user, event).action_replay()
        event.with_user(self.admin).action_replay()
        self.assertEqual(event.state, "new")

    def test_connection_test_is_for_channel_administrators(self):
        with self.assertRaises(AccessError):
            self.channel.with_user(self.agent).action_test_connection()
        self.channel.with_user(self.admin).action_test_connection()

    def test_agent_uses_every_screen(self):
        conversation = self.conversation.with_user(self.agent)
        conversation.read()
        conversation.message_link_ids.read()
        self.channel.with_user(self.agent).read(["name", "conversation_count", "user_ids"])
        conversation.customer_id.read(["conversation_count"])
        conversation.action_open_customer()
