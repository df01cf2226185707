import threading
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tools.handles import Handle

from .common import unprotected
from .race_case import DEADLINE, RaceCase


@tagged("post_install", "-at_install")
class TestIdentityRace(RaceCase):
    """Real connections and committed rows: what two workers do at once."""

    def _prepare(self, env):
        pool = env["scrm.pool"].create({"name": "Pool of a race"})
        self.pool_id, self.scope = pool.id, pool._get_scope()

    def _take_away(self, env):
        cr = env.cr
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
        with self._connect() as env:
            return [self._resolve(env, f"node-{i}").id for i in range(count)]

    def _count_customers(self):
        query = "SELECT count(*) FROM scrm_customer WHERE pool_id = %s"
        return self._query(query, self.pool_id)[0][0]

    def _read_customers(self, ids):
        with self._connect() as env:
            identities = env["scrm.identity"].browse(ids)
            return [identity.customer_id.id for identity in identities]

    def test_a_lost_race_is_a_serialisation_error_and_a_retry_finds_the_winner(self):
        with self._connect() as first, self._connect() as late:
            late["scrm.identity"].search_count([])  # its snapshot is older than the winner's row
            winner = self._resolve(first, "v").id
            first.cr.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._resolve(late, "v")
            late.cr.rollback()
            late.transaction.reset()
            self.assertEqual(winner, self._resolve(late, "v").id)
            late.cr.rollback()
        self.assertEqual(1, self._count_customers())

    def test_workers_that_meet_the_same_stranger_make_one_customer(self):
        start = threading.Barrier(4)

        def work(_number):
            with self._connect() as env:
                env["scrm.identity"].search_count([])
                start.wait(timeout=DEADLINE)
                identity = retrying(lambda: self._resolve(env, "v"), env)
                return identity.id, identity.customer_id.id

        # The retry waits a random time; its length is not what is tested.
        with (
            mute_logger("odoo.sql_db", "odoo.service.model"),
            patch("odoo.service.model.time.sleep"),
        ):
            found = self._run_at_once(work, 4)
        self.assertEqual((4, 1), (len(found), len(set(found))))
        self.assertEqual(1, self._count_customers())

    def test_a_read_committed_cursor_waits_and_gets_the_winner(self):
        found = []
        with self._connect() as first, self._connect() as second:
            winner = self._resolve(first, "v").id
            second.cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            second.cr.execute("SELECT pg_backend_pid()")
            [pid] = second.cr.fetchone()
            worker = threading.Thread(
                target=lambda: found.append(self._resolve(second, "v").id), daemon=True
            )
            worker.start()
            self._await_lock(pid)
            first.cr.commit()
            worker.join(timeout=DEADLINE)
        self.assertEqual([winner], found)
        self.assertEqual(1, self._count_customers())

    def test_two_merges_of_one_cluster_at_once_do_not_miss_each_other(self):
        """a–b and b–c in two transactions, neither of which sees the other's edge."""
        a, b, c = self._make_nodes(3)

        def tie(env, left, right):
            Identity = env["scrm.identity"]
            return Identity.browse(left)._attach(Identity.browse(right), rule="import")

        with self._connect() as first, self._connect() as late:
            late["scrm.identity"].search_count([])
            tie(first, b, c)
            first.cr.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                tie(late, a, b)
            late.cr.rollback()
            late.transaction.reset()
            tie(late, a, b)
            late.cr.commit()
        self.assertEqual(1, len(set(self._read_customers([a, b, c]))))

    def test_what_was_recorded_in_the_moment_of_a_merge_is_mended(self):
        a, b = self._make_nodes(2)
        with self._connect() as first, self._connect() as late:
            note = {
                "identity_id": b,
                "kind": "note",
                "summary": "x",
                "dedupe_key": f"race:{self.pool_id}",
                "res_model": "scrm.identity",
                "res_id": b,
            }
            late["scrm.interaction"]._record([note])
            merging = first["scrm.identity"]
            merging.browse(a)._attach(merging.browse(b), rule="import")
            first.cr.commit()
            late.cr.commit()
        with self._connect() as env:
            row = env["scrm.interaction"].search([("identity_id", "=", b)])
            self.assertNotEqual(row.identity_id.customer_id, row.customer_id)
            env["scrm.identity"]._cron_rebuild()
            self.assertEqual(row.identity_id.customer_id, row.customer_id)
