"""An agent's answer leaves through the outbox, once, within WeChat's rules."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SocialCase

SEND = "/cgi-bin/message/custom/send"


@tagged("post_install", "-at_install")
class TestOutbound(SocialCase):
    def _received(self, openid="o1"):
        return [m["text"] for m in self.stand_in.state.messages if m["openid"] == openid]

    def test_answer_reaches_the_customer_exactly_once(self):
        conversation = self._say("漏水了")
        message = self._answer(conversation, "您好，<马上> & 安排")
        row = self._get_outbox(message)
        self.assertRecordValues(
            row,
            [
                {
                    "medium": "wechat",
                    "state": "queued",
                    "identity_id": conversation.identity_id.id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(self._received(), [], "nothing leaves inside the transaction")
        row._deliver()
        row._deliver()
        self.assertEqual(self._received(), ["您好，<马上> & 安排"])
        self.assertEqual(row.state, "sent")
        link = conversation.message_link_ids.filtered(lambda m: m.direction == "out")
        self.assertRecordValues(
            link,
            [{"outbox_state": "sent", "mail_message_id": message.id, "outbox_id": row.id}],
        )
        self.assertEqual(conversation.user_id, self.agent)
        self.assertFalse(conversation.waiting_since)
        self.assertTrue(conversation.first_reply_at)
        self.assertEqual(conversation.answers_left, 4)
        entry = conversation.customer_id.interaction_ids.filtered(lambda i: i.kind == "message_out")
        self.assertRecordValues(
            entry, [{"res_model": "scrm.conversation", "res_id": conversation.id}]
        )

    def test_customers_and_notes_are_not_sent(self):
        conversation = self._say("hello")
        conversation._post_note("for agents")
        self.assertFalse(self.env["scrm.outbox"].search([("medium", "=", "wechat")]))

    def test_answer_in_a_resolved_conversation_reopens_it(self):
        conversation = self._say("hello")
        conversation.with_user(self.agent).action_resolve()
        self._answer(conversation, "one more thing")
        self.assertEqual(conversation.state, "open")

    def test_order_is_kept(self):
        conversation = self._say("hello")
        first = self._get_outbox(self._answer(conversation, "1"))
        second = self._get_outbox(self._answer(conversation, "2"))
        second._deliver()
        self.assertEqual(self._received(), ["1", "2"])
        self.assertEqual((first | second).mapped("state"), ["sent", "sent"])

    def test_sixth_answer_is_refused_before_any_call(self):
        conversation = self._say("hello")
        rows = [self._get_outbox(self._answer(conversation, str(n))) for n in range(6)]
        for row in rows:
            row._deliver()
        self.assertEqual([row.state for row in rows], ["sent"] * 5 + ["failed"])
        self.assertEqual(self.stand_in.state.stats[SEND], 5)
        self.assertIn("Wait until they write again", rows[-1].error)
        self.assertIn("“5” was not delivered", self._get_texts(conversation)[-1])
        self._say("and now?")
        row = self._get_outbox(self._answer(conversation, "6"))
        row._deliver()
        self.assertEqual(row.state, "sent", row.error)

    def test_answer_after_48_hours_is_refused_before_any_call(self):
        conversation = self._say("hello")
        identity = conversation.identity_id
        identity.reply_until = fields.Datetime.now() - timedelta(seconds=1)
        row = self._get_outbox(self._answer(conversation, "too late"))
        row._deliver()
        self.assertEqual(row.state, "failed")
        self.assertIn("48 hours", row.error)
        self.assertNotIn(SEND, self.stand_in.state.stats)
        self.assertEqual(conversation.answers_left, 0)
        self.assertEqual(conversation.message_link_ids[:1].outbox_error, row.error)

    def test_platforms_own_refusals_are_explained(self):
        conversation = self._say("hello")
        self.stand_in.state.fail = {SEND: [45015, 45047, 43004, 45009]}
        for expected in ("48 hours", "all answers", "no longer follows", "daily limit"):
            row = self._get_outbox(self._answer(conversation, f"try {expected}"))
            row._deliver()
            with self.subTest(expected):
                self.assertEqual(row.state, "failed")
                self.assertIn(expected.lower(), row.error.lower())
        self.assertEqual(
            conversation.identity_id.reply_used, 0, "what was not delivered is not counted"
        )

    def test_busy_platform_is_tried_again(self):
        conversation = self._say("hello")
        self.stand_in.state.fail = {SEND: [-1]}
        row = self._get_outbox(self._answer(conversation, "patience"))
        row._deliver()
        self.assertEqual((row.state, row.attempts), ("queued", 1))
        row.next_try_at = False
        row._deliver()
        self.assertEqual(row.state, "sent")
        self.assertEqual(self._received(), ["patience"])

    def test_unreachable_platform_is_tried_again(self):
        conversation = self._say("hello")
        self.channel.api_base_url = "http://127.0.0.1:9"
        row = self._get_outbox(self._answer(conversation, "patience"))
        row._deliver()
        self.assertEqual(row.state, "queued")
        self.assertIn("nothing was sent", row.error)

    def test_broken_answer_is_unknown_and_said(self):
        conversation = self._say("hello")
        self._get_outbox(self._answer(conversation, "warm up the token"))._deliver()
        self.stand_in.state.broken = {SEND}
        self.addCleanup(self.stand_in.state.reset)
        row = self._get_outbox(self._answer(conversation, "maybe"))
        row._deliver()
        self.assertEqual(row.state, "unknown")
        self.assertIn("Nobody knows whether “maybe”", self._get_texts(conversation)[-1])

    def test_what_wechat_cannot_take_is_refused_while_writing(self):
        conversation = self._say("hello")
        for text, expected in (("", "empty"), ("水" * 683, "2048 bytes")):
            with self.subTest(expected), self.assertRaisesRegex(UserError, expected):
                self._answer(conversation, text)
        self._answer(conversation, "水" * 682)
        with self.assertRaisesRegex(UserError, "Files"):
            conversation.discuss_channel_id.with_user(self.agent).message_post(
                body="see file",
                message_type="comment",
                attachments=[("a.txt", b"x")],
            )

    def test_notice_by_wechat_goes_to_the_open_window_and_is_seen_by_agents(self):
        conversation = self._say("hello")
        customer = conversation.customer_id
        address = self.env["scrm.outbox"]._get_address_wechat(customer)
        self.assertEqual(address, conversation.identity_id)
        row = self.env["scrm.outbox"]._post(
            [
                {
                    "medium": "wechat",
                    "identity_id": address.id,
                    "body": "工单已完成",
                    "idem_key": "notice-1",
                    "company_id": self.company.id,
                }
            ]
        )
        row._deliver()
        self.assertEqual(self._received(), ["工单已完成"])
        self.assertIn("工单已完成", self._get_texts(conversation)[-1])
        conversation.identity_id.follow_state = "unfollowed"
        self.assertFalse(self.env["scrm.outbox"]._get_address_wechat(customer))
