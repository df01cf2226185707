"""Eight connections at once, with committed data: one event, one message, one conversation."""

import time

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.scrm_base.tests.race_case import RaceCase

from .common import AES_KEY, TOKEN
from .stand_in_api import StandInServer
from .wechat_client import WechatClient

CONNECTIONS, DELIVERIES = 8, 4
MARK = "wxrace00000000000001"


@tagged("post_install", "-at_install")
class TestRace(RaceCase):
    """What eight workers receive and process at once."""

    def setUp(self):
        super().setUp()
        self.stand_in = StandInServer().start()
        self.addCleanup(self.stand_in.stop)
        self._commit(self._take_away)
        with self._connect() as env:
            channel = env["scrm.channel"].create(
                {
                    "name": "Race",
                    "app_id": MARK,
                    "secret": "s",
                    "token": TOKEN,
                    "aes_key": AES_KEY,
                    "api_base_url": self.stand_in.url,
                }
            )
            self.channel_id = channel.id
        self.client = WechatClient("", TOKEN, MARK, AES_KEY)

    def _take_away(self, env):
        channels = (
            env["scrm.channel"].with_context(active_test=False).search([("app_id", "=", MARK)])
        )
        conversations = env["scrm.conversation"].search([("channel_id", "in", channels.ids)])
        discuss, guests = conversations.discuss_channel_id, conversations.guest_id
        identities = env["scrm.identity"].search([("scope", "=", f"oa:{MARK}")])
        customers = identities.origin_customer_id
        env["queue.job"].search([("model_name", "=", "scrm.webhook.event")]).unlink()
        conversations.unlink()
        channels.unlink()
        discuss.unlink()
        guests.unlink()
        # The timeline is append-only: only the superuser of the database may clear it.
        env.cr.execute("SET LOCAL session_replication_role = replica")
        env.cr.execute(
            "DELETE FROM scrm_interaction WHERE identity_id IN %s",
            (tuple(identities.ids) or (0,),),
        )
        env.cr.execute("SET LOCAL session_replication_role = DEFAULT")
        env.invalidate_all()
        env.cr.execute("DELETE FROM scrm_identity WHERE id IN %s", (tuple(identities.ids) or (0,),))
        env.cr.execute("DELETE FROM scrm_customer WHERE id IN %s", (tuple(customers.ids) or (0,),))

    def _drain_until_done(self):
        """Process as jobs do: whoever loses a race is run again, until a deadline."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with self._connect() as env:
                    return env["scrm.webhook.event"]._job_drain(self.channel_id, "o1")
            except (RetryableJobError, psycopg2.OperationalError):
                continue
        self.fail("the events were never free to be processed")

    def test_same_message_four_times_by_eight_connections(self):
        payload = self.client.text("o1", "only once", msgid=1)

        def deliver(_number):
            new = 0
            for _delivery in range(DELIVERIES):
                with self._connect() as env:
                    channel = env["scrm.channel"].browse(self.channel_id)
                    inbound = channel._get_provider().parse(payload)
                    new += env["scrm.webhook.event"]._store(channel, inbound, payload)
            return new

        self.assertEqual(sum(self._run_at_once(deliver, CONNECTIONS)), 1)
        with mute_logger("odoo.sql_db"):
            self._run_at_once(lambda _number: self._drain_until_done(), CONNECTIONS)
        with self._connect() as env:
            events = env["scrm.webhook.event"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(events.mapped("state"), ["done"])
            conversation = env["scrm.conversation"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(len(conversation), 1)
            self.assertEqual(len(conversation.message_link_ids), 1)
            self.assertEqual(len(conversation.discuss_channel_id.message_ids), 1)

    def test_eight_messages_of_one_customer_make_one_conversation(self):
        def write_and_process(number):
            payload = self.client.text("o1", f"message {number}", msgid=100 + number)
            with self._connect() as env:
                channel = env["scrm.channel"].browse(self.channel_id)
                inbound = channel._get_provider().parse(payload)
                env["scrm.webhook.event"]._store(channel, inbound, payload)
            self._drain_until_done()

        with mute_logger("odoo.sql_db"):
            self._run_at_once(write_and_process, CONNECTIONS)
        with self._connect() as env:
            conversation = env["scrm.conversation"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(len(conversation), 1)
            self.assertEqual(
                sorted(conversation.message_link_ids.mapped("text")),
                [f"message {n}" for n in range(CONNECTIONS)],
            )

    def test_killed_in_the_middle_loses_and_doubles_nothing(self):
        payload = self.client.text("o1", "survives", msgid=9)
        with self._connect() as env:
            channel = env["scrm.channel"].browse(self.channel_id)
            inbound = channel._get_provider().parse(payload)
            env["scrm.webhook.event"]._store(channel, inbound, payload)
        with self._connect() as env:
            env["scrm.webhook.event"]._job_drain(self.channel_id, "o1")
            env.flush_all()
            env.cr.rollback()  # what the database does when its client is killed
        with self._connect() as env:
            events = env["scrm.webhook.event"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(events.mapped("state"), ["new"])
            self.assertFalse(
                env["scrm.conversation"].search([("channel_id", "=", self.channel_id)])
            )
        self._drain_until_done()
        self._drain_until_done()
        with self._connect() as env:
            conversation = env["scrm.conversation"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(conversation.message_link_ids.mapped("text"), ["survives"])

    def test_waiting_workers_fetch_one_token(self):
        """Five, as each holds two connections of the pool: its job's and the token's."""
        self.stand_in.state.delay = {"/cgi-bin/stable_token": 0.2}

        def fetch(_number):
            with self._connect() as env:
                return env["scrm.channel"].browse(self.channel_id)._get_access_token()

        self.assertEqual(len(set(self._run_at_once(fetch, 5))), 1)
        self.assertEqual(self.stand_in.state.stats["/cgi-bin/stable_token"], 1)
