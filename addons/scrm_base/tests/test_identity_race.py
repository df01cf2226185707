import threading
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api, modules
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tools.handles import Handle

from .common import unprotected


@tagged("post_install", "-at_install")
class TestIdentityRace(BaseCase):
    """Real connections and committed rows: what two workers do at once."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.patch(modules.module, "current_test", False)
        with self.registry.cursor() as cr:
            pool = self._make_env(cr)["scrm.pool"].create({"name": "Pool of a race"})
            self.pool_id, self.scope = pool.id, pool._get_scope()
        self.addCleanup(self._delete_rows)

    def _make_env(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})

    def _delete_rows(self):
        with self.registry.cursor() as cr:
            cr.execute("SELECT id FROM scrm_identity WHERE pool_id = %s", [self.pool_id])
            ids = [row[0] for row in cr.fetchall()]
            with unprotected(cr, "scrm_interaction", "scrm_identity_link"):
                cr.execute("DELETE FROM scrm_interaction WHERE identity_id = ANY(%s)", [ids])
                cr.execute("DELETE FROM scrm_identity_link WHERE left_id = ANY(%s)", [ids])
            cr.execute("DELETE FROM scrm_identity WHERE pool_id = %s", [self.pool_id])
            cr.execute("DELETE FROM scrm_customer WHERE pool_id = %s", [self.pool_id])
            cr.execute("DELETE FROM scrm_pool WHERE id = %s", [self.pool_id])

    def _resolve(self, env, value):
        pool = env["scrm.pool"].browse(self.pool_id)
        handle = Handle("visitor", self.scope, value)
        return env["scrm.identity"]._resolve(handle, pool=pool)

    def _make_nodes(self, count):
        with self.registry.cursor() as cr:
            env = self._make_env(cr)
            return [self._resolve(env, f"node-{i}").id for i in range(count)]

    def _count_customers(self):
        with self.registry.cursor() as cr:
            cr.execute("SELECT count(*) FROM scrm_customer WHERE pool_id = %s", [self.pool_id])
            return cr.fetchone()[0]

    def _read_customers(self, ids):
        with self.registry.cursor() as cr:
            identities = self._make_env(cr)["scrm.identity"].browse(ids)
            return [identity.customer_id.id for identity in identities]

    def test_a_lost_race_is_a_serialisation_error_and_a_retry_finds_the_winner(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            late = self._make_env(second)
            late["scrm.identity"].search_count([])  # its snapshot is older than the winner's row
            winner = self._resolve(self._make_env(first), "v").id
            first.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._resolve(late, "v")
            second.rollback()
            late.transaction.reset()
            self.assertEqual(winner, self._resolve(late, "v").id)
            second.rollback()
        self.assertEqual(1, self._count_customers())

    def test_workers_that_meet_the_same_stranger_make_one_customer(self):
        start = threading.Barrier(4)
        found, errors = [], []

        def work():
            try:
                with self.registry.cursor() as cr:
                    env = self._make_env(cr)
                    env["scrm.identity"].search_count([])
                    start.wait(timeout=30)
                    identity = retrying(lambda: self._resolve(env, "v"), env)
                    found.append((identity.id, identity.customer_id.id))
            except Exception as error:
                errors.append(error)

        # The retry waits a random time; its length is not what is tested.
        with (
            mute_logger("odoo.sql_db", "odoo.service.model"),
            patch("odoo.service.model.time.sleep"),
        ):
            workers = [threading.Thread(target=work) for _ in range(4)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join(timeout=60)
        self.assertEqual([], errors)
        self.assertEqual((4, 1), (len(found), len(set(found))))
        self.assertEqual(1, self._count_customers())

    def test_a_read_committed_cursor_waits_and_gets_the_winner(self):
        with self.registry.cursor() as first:
            winner = self._resolve(self._make_env(first), "v").id
            found, waiting = [], threading.Event()

            def work():
                with self.registry.cursor() as cr:
                    cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                    env = self._make_env(cr)
                    waiting.set()
                    found.append(self._resolve(env, "v").id)

            worker = threading.Thread(target=work)
            worker.start()
            waiting.wait(timeout=30)
            self._wait_until_blocked()
            first.commit()
            worker.join(timeout=60)
        self.assertEqual([winner], found)
        self.assertEqual(1, self._count_customers())

    def _wait_until_blocked(self):
        """Return when some connection of this database waits for another's row."""
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        )
        with self.registry.cursor() as cr:
            for _attempt in range(1000):
                cr.execute(query)
                blocked = cr.fetchone()[0]
                cr.rollback()
                if blocked:
                    return
                cr.execute("SELECT pg_sleep(0.01)")
        self.fail("The second connection never waited for the first")

    def test_two_merges_of_one_cluster_at_once_do_not_miss_each_other(self):
        """a–b and b–c in two transactions, neither of which sees the other's edge."""
        a, b, c = self._make_nodes(3)

        def tie(env, left, right):
            Identity = env["scrm.identity"]
            return Identity.browse(left)._attach(Identity.browse(right), rule="import")

        with self.registry.cursor() as first, self.registry.cursor() as second:
            late = self._make_env(second)
            late["scrm.identity"].search_count([])
            tie(self._make_env(first), b, c)
            first.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                tie(late, a, b)
            second.rollback()
            late.transaction.reset()
            tie(late, a, b)
            second.commit()
        self.assertEqual(1, len(set(self._read_customers([a, b, c]))))

    def test_what_was_recorded_in_the_moment_of_a_merge_is_mended(self):
        a, b = self._make_nodes(2)
        with self.registry.cursor() as first, self.registry.cursor() as second:
            late = self._make_env(second)
            note = {
                "identity_id": b,
                "kind": "note",
                "summary": "x",
                "dedupe_key": f"race:{self.pool_id}",
                "res_model": "scrm.identity",
                "res_id": b,
            }
            late["scrm.interaction"]._record([note])
            merging = self._make_env(first)["scrm.identity"]
            merging.browse(a)._attach(merging.browse(b), rule="import")
            first.commit()
            second.commit()
        with self.registry.cursor() as cr:
            env = self._make_env(cr)
            row = env["scrm.interaction"].search([("identity_id", "=", b)])
            self.assertNotEqual(row.identity_id.customer_id, row.customer_id)
            env["scrm.identity"]._cron_rebuild()
            self.assertEqual(row.identity_id.customer_id, row.customer_id)
