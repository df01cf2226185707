"""Eight connections at once, with committed data: one event, one message, one conversation."""

import threading
import time
from contextlib import contextmanager
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api, modules
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import mute_logger

from odoo.addons.queue_job.exception import RetryableJobError

from .common import AES_KEY, TOKEN
from .stand_in_api import StandInServer
from .wechat_client import WechatClient

CONNECTIONS, DELIVERIES = 8, 4
MARK = "wxrace00000000000001"


@tagged("post_install", "-at_install")
class TestRace(BaseCase):
    """Not a TransactionCase: other connections must see the data, so it is committed, and removed
    afterwards."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        # While a test runs, the code stays in the test's cursor; here it must be as in production.
        self.enterContext(patch.object(modules.module, "current_test", None))
        self.stand_in = StandInServer().start()
        self.addCleanup(self.stand_in.stop)
        self._remove()
        self.addCleanup(self._remove)
        with self._env() as env:
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

    @contextmanager
    def _env(self):
        with db_connect(self.registry.db_name).cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def _remove(self):
        with self._env() as env:
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
            env.cr.execute(
                "DELETE FROM scrm_identity WHERE id IN %s", (tuple(identities.ids) or (0,),)
            )
            env.cr.execute(
                "DELETE FROM scrm_customer WHERE id IN %s", (tuple(customers.ids) or (0,),)
            )

    def _run_at_once(self, work, workers=CONNECTIONS):
        """Run ``work(number)`` in threads that start together; return what they return."""
        barrier = threading.Barrier(workers)
        results, problems = [], []

        def run(number):
            try:
                barrier.wait(timeout=30)
                results.append(work(number))
            except Exception as problem:
                problems.append(problem)

        threads = [threading.Thread(target=run, args=(n,)) for n in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        self.assertEqual(problems, [])
        return results

    def _drain_until_done(self):
        """Process as jobs do: whoever loses a race is run again, until a deadline."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with self._env() as env:
                    return env["scrm.webhook.event"]._job_drain(self.channel_id, "o1")
            except (RetryableJobError, psycopg2.OperationalError):
                continue
        self.fail("the events were never free to be processed")

    def test_same_message_four_times_by_eight_connections(self):
        payload = self.client.text("o1", "only once", msgid=1)

        def deliver(_number):
            new = 0
            for _delivery in range(DELIVERIES):
                with self._env() as env:
                    channel = env["scrm.channel"].browse(self.channel_id)
                    inbound = channel._get_provider().parse(payload)
                    new += env["scrm.webhook.event"]._store(channel, inbound, payload)
            return new

        self.assertEqual(sum(self._run_at_once(deliver)), 1)
        with mute_logger("odoo.sql_db"):
            self._run_at_once(lambda _number: self._drain_until_done())
        with self._env() as env:
            events = env["scrm.webhook.event"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(events.mapped("state"), ["done"])
            conversation = env["scrm.conversation"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(len(conversation), 1)
            self.assertEqual(len(conversation.message_link_ids), 1)
            self.assertEqual(len(conversation.discuss_channel_id.message_ids), 1)

    def test_eight_messages_of_one_customer_make_one_conversation(self):
        def write_and_process(number):
            payload = self.client.text("o1", f"message {number}", msgid=100 + number)
            with self._env() as env:
                channel = env["scrm.channel"].browse(self.channel_id)
                inbound = channel._get_provider().parse(payload)
                env["scrm.webhook.event"]._store(channel, inbound, payload)
            self._drain_until_done()

        with mute_logger("odoo.sql_db"):
            self._run_at_once(write_and_process)
        with self._env() as env:
            conversation = env["scrm.conversation"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(len(conversation), 1)
            self.assertEqual(
                sorted(conversation.message_link_ids.mapped("text")),
                [f"message {n}" for n in range(CONNECTIONS)],
            )

    def test_killed_in_the_middle_loses_and_doubles_nothing(self):
        payload = self.client.text("o1", "survives", msgid=9)
        with self._env() as env:
            channel = env["scrm.channel"].browse(self.channel_id)
            inbound = channel._get_provider().parse(payload)
            env["scrm.webhook.event"]._store(channel, inbound, payload)
        with self._env() as env:
            env["scrm.webhook.event"]._job_drain(self.channel_id, "o1")
            env.flush_all()
            env.cr.rollback()  # what the database does when its client is killed
        with self._env() as env:
            events = env["scrm.webhook.event"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(events.mapped("state"), ["new"])
            self.assertFalse(
                env["scrm.conversation"].search([("channel_id", "=", self.channel_id)])
            )
        self._drain_until_done()
        self._drain_until_done()
        with self._env() as env:
            conversation = env["scrm.conversation"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(conversation.message_link_ids.mapped("text"), ["survives"])

    def test_waiting_workers_fetch_one_token(self):
        """Five, as each holds two connections of the pool: its job's and the token's."""
        self.stand_in.state.delay = {"/cgi-bin/stable_token": 0.2}

        def fetch(_number):
            with self._env() as env:
                return env["scrm.channel"].browse(self.channel_id)._get_access_token()

        self.assertEqual(len(set(self._run_at_once(fetch, workers=5))), 1)
        self.assertEqual(self.stand_in.state.stats["/cgi-bin/stable_token"], 1)
