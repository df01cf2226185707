import threading
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api, modules
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tools.database import read_committed


@tagged("post_install", "-at_install")
class TestOutboxRace(BaseCase):
    """Committed rows and real connections, as two workers have them."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        # What runs here commits, as it does in production.
        self.patch(modules.module, "current_test", False)
        self.keys = []
        with self.registry.cursor() as cr:
            cr.execute("SELECT COALESCE(max(id), 0) FROM queue_job")
            self.last_job_id = cr.fetchone()[0]
        self.addCleanup(self._delete_rows)

    def _delete_rows(self):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM scrm_outbox WHERE idem_key = ANY(%s)", [self.keys])
            cr.execute(
                "DELETE FROM queue_job WHERE model_name = 'scrm.outbox' AND id > %s",
                [self.last_job_id],
            )

    def _make_env(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})

    def _post(self, env, key):
        self.keys.append(key)
        return env["scrm.outbox"]._post(
            [{"medium": "inapp", "idem_key": key, "body": "x", "user_id": SUPERUSER_ID}]
        )

    def _read(self, row_id):
        with self.registry.cursor() as cr:
            cr.execute("SELECT state, attempts FROM scrm_outbox WHERE id = %s", [row_id])
            return cr.fetchone()

    def test_two_workers_one_message(self):
        with self.registry.cursor() as cr:
            row_id = self._post(self._make_env(cr), "race:two workers").id
        sent = []
        start = threading.Barrier(4)
        errors = []

        def deliver(cr, row):
            try:
                with cr:
                    start.wait(timeout=30)
                    row._deliver()
            except Exception as error:
                errors.append(error)

        model = type(self._get_model())
        with patch.object(model, "_send_inapp", lambda row: sent.append(row.id)):
            workers = []
            for _ in range(4):
                # Made here: while Odoo runs its tests, this thread alone reaches the registry.
                cr = self.registry.cursor()
                row = self._make_env(cr)["scrm.outbox"].browse(row_id)
                workers.append(threading.Thread(target=deliver, args=(cr, row)))
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join(timeout=60)
        self.assertEqual([], errors)
        self.assertEqual([row_id], sent)
        self.assertEqual(("sent", 1), self._read(row_id))

    def _get_model(self):
        with self.registry.cursor() as cr:
            return self._make_env(cr)["scrm.outbox"]

    def test_sending_is_committed_before_the_medium_calls_out(self):
        with self.registry.cursor() as cr:
            row_id = self._post(self._make_env(cr), "race:committed").id
        seen = []

        def send(row):
            seen.append(self._read(row.id))
            raise KeyboardInterrupt  # the worker is killed in the middle of the call

        with (
            patch.object(type(self._get_model()), "_send_inapp", send),
            self.assertRaises(KeyboardInterrupt),
            self.registry.cursor() as cr,
        ):
            self._make_env(cr)["scrm.outbox"].browse(row_id)._deliver()
        self.assertEqual([("sending", 1)], seen)
        self.assertEqual(("sending", 1), self._read(row_id), "what a crash leaves behind")

    def test_the_same_key_twice_at_once(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            late = self._make_env(second)
            late["scrm.outbox"].search_count([])  # takes the second one's snapshot
            self._post(self._make_env(first), "race:key")
            first.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._post(late, "race:key")
            second.rollback()
            # Odoo's retry finds the row of the first.
            row = self._post(late, "race:key")
            self.assertEqual("queued", row.state)
            second.rollback()

    def test_read_committed_sees_what_others_commit(self):
        with self.registry.cursor() as cr, self.registry.cursor() as other:
            env = self._make_env(cr)
            cr.execute("SELECT 1")  # an old REPEATABLE READ snapshot
            row_id = self._post(self._make_env(other), "race:level").id
            other.commit()
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
