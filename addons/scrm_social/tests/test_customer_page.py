"""From the customer's page into the conversation."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SocialCase


@tagged("post_install", "-at_install")
class TestCustomerPage(SocialCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_agent = cls._make_user("scrm_agent_b", "scrm_social.group_scrm_social_agent")
        cls.viewer = cls._make_user("scrm_viewer", "scrm_base.group_scrm_base_viewer")

    def setUp(self):
        super().setUp()
        self.conversation = self._say("hello")
        self.customer = self.conversation.customer_id

    def _as(self, user, customer=None):
        # a click is a request of its own: nothing is left of what another user read
        self.env.flush_all()
        self.env.invalidate_all()
        customer = (customer or self.customer).with_user(user)
        return customer.with_context(allowed_company_ids=self.company.ids)

    def _write_wechat(self, user=None):
        return self._as(user or self.agent).action_write_wechat()

    def test_an_agent_opens_the_conversation(self):
        action = self._write_wechat()
        self.assertEqual("mail.action_discuss", action["tag"])
        self.assertEqual(self.conversation.discuss_channel_id.id, action["params"]["active_id"])

    def test_the_newest_of_the_agents_accounts_opens(self):
        second = self._make_channel(name="Second", app_id="wx2", user_ids=self.agent.ids)
        foreign = self._make_channel(name="Foreign", app_id="wx3", user_ids=self.other_agent.ids)
        at = self.conversation.last_message_at
        for minutes, channel in enumerate((second, foreign), 1):
            self._store(self.client.text("o9", "hello again"), channel)
            self._drain("o9", channel)
            identity = self._get_identity("o9", channel)
            self.env["scrm.identity"]._attach_many(
                [(self.conversation.identity_id, identity)], rule="manual"
            )
            conversation = self.env["scrm.conversation"].search([("identity_id", "=", identity.id)])
            conversation.last_message_at = at + timedelta(minutes=minutes)
        self.assertEqual(3, self.customer.conversation_count)
        newest = self.env["scrm.conversation"].search([("channel_id", "=", second.id)])
        opened = self._write_wechat()["params"]["active_id"]
        self.assertEqual(newest.discuss_channel_id.id, opened)

    def test_who_is_no_agent_of_the_account_is_told_whom_to_ask(self):
        with self.assertRaisesRegex(UserError, "no agent of .Test account.*administrator"):
            self._write_wechat(self.other_agent)

    def test_without_a_conversation_the_customer_writes_first(self):
        partner = self._make_partner(name="林先生")
        partner._scrm_ensure_identity()
        with self.assertRaisesRegex(UserError, "林先生 has no conversation.*ask them"):
            self._as(self.agent, partner.scrm_customer_id).action_write_wechat()

    def test_an_archived_account_is_not_written_by(self):
        self.channel.active = False
        with self.assertRaisesRegex(UserError, "no conversation on an account in use"):
            self._write_wechat()

    def test_what_would_not_arrive_is_said_and_opens_all_the_same(self):
        identity = self.conversation.identity_id
        now = fields.Datetime.now()
        for vals, sentence in (
            ({"reply_used": identity.reply_quota}, "All answers that WeChat allows"),
            ({"reply_until": now - timedelta(hours=1)}, "The reply window is closed"),
            ({"follow_state": "unfollowed"}, "no longer follows the account"),
        ):
            with self.subTest(sentence=sentence):
                identity.write(vals)
                action = self._write_wechat()
                self.assertEqual("display_notification", action["tag"])
                self.assertIn(sentence, action["params"]["message"])
                opened = action["params"]["next"]
                self.assertEqual("mail.action_discuss", opened["tag"])
                self.assertEqual(
                    self.conversation.discuss_channel_id.id, opened["params"]["active_id"]
                )

    def test_the_button_is_for_agents_and_for_customers_on_wechat(self):
        view = self.env.ref("scrm_base.scrm_customer_view_form")
        for user, expected in ((self.agent, True), (self.viewer, False)):
            arch = self.env["scrm.customer"].with_user(user).get_view(view.id, "form")["arch"]
            self.assertEqual(expected, "action_write_wechat" in arch)
        partner = self._make_partner(name="林先生")
        partner._scrm_ensure_identity()
        self.assertTrue(self._as(self.agent).is_on_wechat)
        self.assertFalse(self._as(self.agent, partner.scrm_customer_id).is_on_wechat)
