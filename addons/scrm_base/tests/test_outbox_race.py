from contextlib import ExitStack
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tools.database import read_committed

from .race_case import RaceCase


@tagged("post_install", "-at_install")
class TestOutboxRace(RaceCase):
    """Committed rows and real connections, as two workers have them."""

    def setUp(self):
        super().setUp()
        self.keys = []
        [(self.last_job_id,)] = self._query("SELECT COALESCE(max(id), 0) FROM queue_job")

    def _take_away(self, env):
        env.cr.execute("DELETE FROM scrm_outbox WHERE idem_key = ANY(%s)", [self.keys])
        env.cr.execute(
            "DELETE FROM queue_job WHERE model_name = 'scrm.outbox' AND id > %s",
            [self.last_job_id],
        )

    def _post(self, env, key):
        self.keys.append(key)
        return env["scrm.outbox"]._post(
            [{"medium": "inapp", "idem_key": key, "body": "x", "user_id": SUPERUSER_ID}]
        )

    def _post_committed(self, key):
        return self._commit(lambda env: self._post(env, key).id)

    def _read(self, row_id):
        [row] = self._query("SELECT state, attempts FROM scrm_outbox WHERE id = %s", row_id)
        return row

    def test_two_workers_one_message(self):
        row_id = self._post_committed("race:two workers")
        sent = []
        model = self.registry["scrm.outbox"]
        with ExitStack() as stack:
            # Made here: while Odoo runs its tests, this thread alone reaches the registry.
            envs = [stack.enter_context(self._connect()) for _ in range(4)]
            stack.enter_context(patch.object(model, "_send_inapp", lambda row: sent.append(row.id)))

            def deliver(number):
                env = envs[number]
                env["scrm.outbox"].browse(row_id)._deliver()
                env.cr.commit()

            self._run_at_once(deliver, 4)
        self.assertEqual([row_id], sent)
        self.assertEqual(("sent", 1), self._read(row_id))

    def test_sending_is_committed_before_the_medium_calls_out(self):
        row_id = self._post_committed("race:committed")
        seen = []

        def send(row):
            seen.append(self._read(row.id))
            raise KeyboardInterrupt  # the worker is killed in the middle of the call

        with (
            patch.object(self.registry["scrm.outbox"], "_send_inapp", send),
            self.assertRaises(KeyboardInterrupt),
            self._connect() as env,
        ):
            env["scrm.outbox"].browse(row_id)._deliver()
        self.assertEqual([("sending", 1)], seen)
        self.assertEqual(("sending", 1), self._read(row_id), "what a crash leaves behind")

    def test_the_same_key_twice_at_once(self):
        with self._connect() as first, self._connect() as late:
            late["scrm.outbox"].search_count([])  # takes the second one's snapshot
            self._post(first, "race:key")
            first.cr.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._post(late, "race:key")
            late.cr.rollback()
            # Odoo's retry finds the row of the first.
            row = self._post(late, "race:key")
            self.assertEqual("queued", row.state)
            late.cr.rollback()

    def test_read_committed_sees_what_others_commit(self):
        with self._connect() as env, self._connect() as other:
            cr = env.cr
            cr.execute("SELECT 1")  # an old REPEATABLE READ snapshot
            row_id = self._post(other, "race:level").id
            other.cr.commit()
            cr.execute("SELECT state FROM scrm_outbox WHERE id = %s", [row_id])
            self.assertFalse(cr.fetchone())
            with read_committed(env) as own:
                self.assertIsNot(cr, own)
                own.execute("SHOW transaction_isolation")
                self.assertEqual("read committed", own.fetchone()[0])
                own.execute("UPDATE scrm_outbox SET attempts = 5 WHERE id = %s", [row_id])
            self.assertEqual(("queued", 5), self._read(row_id), "committed at the end")
            with self.assertRaises(ZeroDivisionError), read_committed(env) as own:
                own.execute("UPDATE scrm_outbox SET attempts = 6 WHERE id = %s", [row_id])
                raise ZeroDivisionError
            self.assertEqual(("queued", 5), self._read(row_id), "rolled back on an error")
