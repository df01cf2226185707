"""From a stored event to customer, conversation and timeline."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import RestrictViolation, UniqueViolation

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.interaction import keep_as_notes
from .common import SocialCase
from .wechat_client import build_xml


@tagged("post_install", "-at_install")
class TestInbound(SocialCase):
    def test_a_message_keeps_its_place_within_a_second(self):
        """The platform counts in seconds, the timeline's own entries in microseconds."""
        customer = self._say("hello").customer_id
        self._store(self.client.text("o1", "in between"))
        event = self.events.search([("channel_id", "=", self.channel.id)], limit=1)
        told = self.channel._get_provider().parse(event.payload).occurred_at
        event.received_at = told + timedelta(milliseconds=600)
        for name, milliseconds in (("before", 300), ("after", 900)):
            self.env["scrm.interaction"]._record(
                [
                    {
                        "identity_id": self._get_identity().id,
                        "kind": "note",
                        "summary": name,
                        "occurred_at": told + timedelta(milliseconds=milliseconds),
                        "dedupe_key": f"test:{name}",
                    }
                ]
            )
        self._drain()
        page = self.env["scrm.interaction"].read_timeline(customer.id)
        told = [entry["summary"] for entry in page["entries"] if entry["summary"] != "hello"]
        self.assertEqual(["after", "in between", "before"], told)

    def test_message_makes_customer_conversation_and_timeline(self):
        conversation = self._say("净水器漏水了")
        identity = self._get_identity()
        self.assertEqual(identity.channel_id, self.channel)
        self.assertEqual(identity.follow_state, "followed")
        self.assertEqual(conversation.customer_id, identity.customer_id)
        self.assertEqual(conversation.state, "open")
        self.assertEqual(conversation.last_message, "净水器漏水了")
        self.assertTrue(conversation.waiting_since)
        self.assertEqual(conversation.answers_left, 5)
        discuss = conversation.discuss_channel_id
        self.assertEqual(discuss.channel_type, "scrm")
        self.assertEqual(discuss.channel_member_ids.partner_id, self.agent.partner_id)
        self.assertEqual(discuss.channel_member_ids.guest_id, conversation.guest_id)
        message = discuss.message_ids
        self.assertEqual(message.author_guest_id, conversation.guest_id)
        self.assertFalse(message.author_id)
        interaction = identity.customer_id.interaction_ids.filtered(
            lambda entry: entry.kind == "message_in"
        )
        self.assertRecordValues(
            interaction,
            [
                {
                    "summary": "净水器漏水了",
                    "res_model": "scrm.conversation",
                    "res_id": conversation.id,
                    "company_id": self.company.id,
                }
            ],
        )
        event = self.events.search([("channel_id", "=", self.channel.id)])
        self.assertRecordValues(event, [{"state": "done", "attempts": 1, "error": False}])

    def test_processing_twice_has_the_effect_of_once(self):
        conversation = self._say("once", msgid=77)
        event = self.events.search([("channel_id", "=", self.channel.id)])
        event._apply()
        self.assertEqual(len(conversation.message_link_ids), 1)
        self.assertEqual(len(conversation.discuss_channel_id.message_ids), 1)
        self.assertFalse(self._store(self.client.text("o1", "once", msgid=77)))
        self.assertEqual(self._drain(), 0)

    def test_customers_text_is_never_html(self):
        conversation = self._say("<script>alert(1)</script>\n<b>fett</b> & mehr")
        [body] = self._get_texts(conversation)
        self.assertNotIn("<script", body)
        self.assertNotIn("<b>", body)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;<br", body)

    def test_other_kinds_are_readable(self):
        for kind, more in (
            ("image", {"PicUrl": "http://x", "MediaId": "m1"}),
            ("voice", {"MediaId": "m2", "Recognition": "漏水"}),
            ("location", {"Label": "福田", "Location_X": "22", "Location_Y": "114"}),
            ("link", {"Title": "T", "Url": "http://u"}),
            ("hologram", {}),
        ):
            self._store(self.client.message("o1", kind, **more))
        self._drain()
        links = self._get_conversation().message_link_ids.sorted("id")
        self.assertEqual(
            links.mapped("text"),
            [
                "[Picture]",
                "[Voice message] 漏水",
                "[Location] 福田 (22, 114)",
                "[Link] T http://u",
                "[Message of type hologram]",
            ],
        )
        self.assertEqual(links.mapped("media_id"), ["m1", "m2", False, False, False])

    def test_one_running_conversation_and_one_discuss_channel(self):
        first = self._say("a")
        self.assertEqual(self._say("b"), first)
        first.with_user(self.agent).action_resolve()
        second = self._say("c")
        self.assertNotEqual(second, first)
        self.assertEqual(second.discuss_channel_id, first.discuss_channel_id)
        self.assertEqual(second.guest_id, first.guest_id)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            first.sudo().action_reopen()
            self.env.flush_all()

    def test_pending_conversation_opens_when_the_customer_writes(self):
        conversation = self._say("a")
        conversation.with_user(self.agent).action_wait()
        self.assertEqual(conversation.state, "pending")
        self._say("b")
        self.assertEqual(conversation.state, "open")

    def test_events_are_processed_in_order_of_arrival(self):
        for text in ("1", "2", "3"):
            self._store(self.client.text("o1", text))
        self._drain()
        links = self._get_conversation().message_link_ids.sorted("id")
        self.assertEqual(links.mapped("text"), ["1", "2", "3"])

    def test_following_is_known_whatever_the_order(self):
        now = int(fields.Datetime.now().timestamp())

        def event(name, at):
            return build_xml(
                {
                    "ToUserName": "gh",
                    "FromUserName": "o1",
                    "CreateTime": at,
                    "MsgType": "event",
                    "Event": name,
                    "EventKey": "qrscene_shop" if name == "subscribe" else "",
                }
            )

        for order in (("subscribe", "unsubscribe"), ("unsubscribe", "subscribe")):
            with self.subTest(order=order), self.cr.savepoint() as savepoint:
                times = {"subscribe": now - 100, "unsubscribe": now - 50}
                for name in order:
                    self._store(event(name, times[name]))
                self._drain()
                identity = self._get_identity()
                self.assertEqual(identity.follow_state, "unfollowed")
                kinds = identity.customer_id.interaction_ids.mapped("kind")
                self.assertEqual(set(kinds), {"follow", "unfollow"})
                follow = identity.customer_id.interaction_ids.filtered(
                    lambda entry: entry.kind == "follow"
                )
                self.assertIn("(shop)", follow.summary)
                savepoint.rollback()

    def test_timeline_stays_readable_when_the_addon_goes(self):
        self._store(self.client.event("o1", "subscribe", EventKey=""))
        self._drain()
        entry = self._get_identity().customer_id.interaction_ids
        self.assertEqual(entry.kind, "follow")
        self.env.flush_all()
        keep_as_notes(entry)
        self.assertEqual(entry.kind, "note")
        with (
            self.assertRaises(RestrictViolation),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            self.cr.execute("UPDATE scrm_interaction SET kind = 'visit' WHERE id = %s", (entry.id,))

    def test_click_does_not_shorten_a_messages_window(self):
        self._say("hello")
        identity = self._get_identity()
        until = identity.reply_until
        self._store(self.client.event("o1", "CLICK", EventKey="K"))
        self._drain()
        self.assertEqual((identity.reply_until, identity.reply_quota), (until, 5))
        identity.write({"reply_used": 5})
        self._store(self.client.event("o1", "CLICK", EventKey="K2"))
        self._drain()
        self.assertEqual((identity.reply_quota, identity.reply_used), (3, 0))

    def test_poison_event_backs_off_and_dies_and_stops_nobody(self):
        self._store(self.client.text("o1", "poison"))
        self._store(self.client.text("o1", "next"))
        self._store(self.client.text("o2", "other"))
        poison = self.events.search([("payload", "like", "poison")])
        receive = type(self.channel)._receive

        def fail(channel, inbound):
            if inbound.text == "poison":
                channel.env["scrm.identity"].search([], limit=1)
                raise ValueError("cannot digest")
            return receive(channel, inbound)

        with (
            patch.object(type(self.channel), "_receive", fail),
            mute_logger("odoo.addons.scrm_social.models.webhook_event"),
        ):
            self._drain("o1")
            self._drain("o2")
            self.assertEqual(self._get_conversation("o1").last_message, "next")
            self.assertEqual(self._get_conversation("o2").last_message, "other")
            self.assertEqual((poison.state, poison.attempts), ("failed", 1))
            self.assertIn("cannot digest", poison.error)
            self.assertEqual(self._drain("o1"), 0, "not before its time")
            waits = []
            for _attempt in range(2, 9):
                waits.append(round((poison.next_try_at - fields.Datetime.now()).total_seconds()))
                poison.next_try_at = fields.Datetime.now() - timedelta(seconds=1)
                self._drain("o1")
        for wait, expected in zip(waits, (10, 20, 40, 80, 160, 320, 640), strict=True):
            self.assertAlmostEqual(wait, expected, delta=3)
        self.assertEqual((poison.state, poison.attempts), ("dead", 8))
        admin = self._make_user("scrm_admin", "scrm_social.group_scrm_social_admin")
        poison.with_user(admin).action_replay()
        self._drain("o1")
        self.assertEqual(poison.state, "done")
        self.assertIn("poison", self._get_conversation("o1").message_link_ids.mapped("text"))

    def test_unreadable_stored_payload_fails_its_event_only(self):
        self._store(self.client.text("o1", "fine"))
        event = self.events.search([("channel_id", "=", self.channel.id)])
        event.payload = "no xml"
        with mute_logger("odoo.addons.scrm_social.models.webhook_event"):
            self._drain()
        self.assertEqual(event.state, "failed")

    def test_cron_finds_events_whose_job_was_lost(self):
        """As after a kill between storing and processing, with the job gone too."""
        self._store(self.client.text("o1", "lost"))
        self.env["queue.job"].search([("model_name", "=", "scrm.webhook.event")]).unlink()
        event = self.events.search([("channel_id", "=", self.channel.id)])
        cron = self.env.ref("scrm_social.ir_cron_process_waiting_events")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
            self.assertEqual(event.state, "new", "a fresh event still has its job")
            event.received_at -= timedelta(minutes=2)
            cron.method_direct_trigger()
        self.assertEqual(event.state, "done")
        self.assertEqual(self._get_conversation().last_message, "lost")

    def test_storing_enqueues_one_job_for_the_system(self):
        self._store(self.client.text("o1", "a", msgid=5))
        self._store(self.client.text("o1", "a", msgid=5))
        jobs = self.env["queue.job"].search([("model_name", "=", "scrm.webhook.event")])
        self.assertRecordValues(
            jobs, [{"method_name": "_job_drain", "channel": "root.scrm.inbound", "user_id": 1}]
        )

    def test_agents_of_the_account_are_the_members(self):
        conversation = self._say("a")
        other = self._make_user("scrm_agent_2", "scrm_social.group_scrm_social_agent")
        self.channel.user_ids = other
        members = conversation.discuss_channel_id.channel_member_ids
        self.assertEqual(members.partner_id, other.partner_id)
        self.assertEqual(members.guest_id, conversation.guest_id)
