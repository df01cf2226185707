import threading

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tools.handles import Handle

from .common import unprotected
from .race_case import DEADLINE, RaceCase


@tagged("post_install", "-at_install")
class TestMatchRace(RaceCase):
    """Real connections and committed rows: what two jobs propose, what two stewards decide."""

    def _prepare(self, env):
        pool = env["scrm.pool"].create({"name": "Pool of a race"})
        self.pool_id = pool.id
        self.pair = [
            env["scrm.identity"]
            ._resolve(Handle("card", pool._get_scope(), f"race-{i}"), pool=pool)
            .id
            for i in range(2)
        ]

    def _take_away(self, env):
        cr = env.cr
        cr.execute("DELETE FROM scrm_match_candidate WHERE pool_id = %s", [self.pool_id])
        with unprotected(cr, "scrm_interaction", "scrm_identity_link"):
            cr.execute("DELETE FROM scrm_interaction WHERE identity_id = ANY(%s)", [self.pair])
            cr.execute("DELETE FROM scrm_identity_link WHERE left_id = ANY(%s)", [self.pair])
        cr.execute("DELETE FROM scrm_identity WHERE pool_id = %s", [self.pool_id])
        cr.execute("DELETE FROM scrm_customer WHERE pool_id = %s", [self.pool_id])
        cr.execute("DELETE FROM scrm_pool WHERE id = %s", [self.pool_id])

    def _propose(self, env):
        left, right = self.pair
        vals = {"left_id": left, "right_id": right, "rule": "similar"}
        return env["scrm.match.candidate"]._propose([vals])

    def _read(self, query):
        return [value for (value,) in self._query(query, self.pool_id)]

    def test_two_jobs_propose_one_pair(self):
        with self._connect() as first, self._connect() as late:
            late["scrm.identity"].search_count([])  # its snapshot misses the other's row
            self._propose(first)
            first.cr.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._propose(late)
            late.cr.rollback()
            late.transaction.reset()
            self.assertFalse(self._propose(late))
            late.cr.commit()
        states = self._read("SELECT state FROM scrm_match_candidate WHERE pool_id = %s")
        self.assertEqual(["new"], states)

    def test_two_stewards_decide_one_pair(self):
        candidate_id = self._commit(lambda env: self._propose(env).id)
        start, methods = threading.Barrier(2), ("action_accept", "action_reject")

        def decide(number):
            with self._connect() as env:
                env["scrm.match.candidate"].search_count([])
                start.wait(timeout=DEADLINE)
                candidate = env["scrm.match.candidate"].browse(candidate_id)
                try:
                    retrying(getattr(candidate, methods[number]), env)
                    return methods[number]
                except UserError:
                    return "late"

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            outcomes = self._run_at_once(decide, 2)
        self.assertEqual(2, len(outcomes))
        self.assertIn("late", outcomes)
        (state,) = self._read("SELECT state FROM scrm_match_candidate WHERE pool_id = %s")
        (rule,) = self._read(
            "SELECT l.rule FROM scrm_identity_link l JOIN scrm_identity i ON i.id = l.left_id"
            " WHERE i.pool_id = %s"
        )
        self.assertIn((state, rule), [("accepted", "manual"), ("rejected", "cannot")])
