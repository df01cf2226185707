import threading

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api, modules
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tools.handles import Handle

from .common import unprotected


@tagged("post_install", "-at_install")
class TestMatchRace(BaseCase):
    """Real connections and committed rows: what two jobs propose, what two stewards decide."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.patch(modules.module, "current_test", False)
        with self.registry.cursor() as cr:
            env = self._make_env(cr)
            pool = env["scrm.pool"].create({"name": "Pool of a race"})
            self.pool_id = pool.id
            self.pair = [
                env["scrm.identity"]
                ._resolve(Handle("card", pool._get_scope(), f"race-{i}"), pool=pool)
                .id
                for i in range(2)
            ]
        self.addCleanup(self._delete_rows)

    def _make_env(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})

    def _delete_rows(self):
        with self.registry.cursor() as cr:
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
        with self.registry.cursor() as cr:
            cr.execute(query, [self.pool_id])
            return [row[0] for row in cr.fetchall()]

    def test_two_jobs_propose_one_pair(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            late = self._make_env(second)
            late["scrm.identity"].search_count([])  # its snapshot misses the other's row
            self._propose(self._make_env(first))
            first.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._propose(late)
            second.rollback()
            late.transaction.reset()
            self.assertFalse(self._propose(late))
            second.commit()
        states = self._read("SELECT state FROM scrm_match_candidate WHERE pool_id = %s")
        self.assertEqual(["new"], states)

    def test_two_stewards_decide_one_pair(self):
        with self.registry.cursor() as cr:
            candidate_id = self._propose(self._make_env(cr)).id
        start, outcomes = threading.Barrier(2), []

        def decide(method):
            with self.registry.cursor() as cr:
                env = self._make_env(cr)
                env["scrm.match.candidate"].search_count([])
                start.wait(timeout=30)
                try:
                    retrying(
                        lambda: getattr(env["scrm.match.candidate"].browse(candidate_id), method)(),
                        env,
                    )
                    outcomes.append(method)
                except UserError:
                    outcomes.append("late")

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            stewards = [
                threading.Thread(target=decide, args=[method])
                for method in ("action_accept", "action_reject")
            ]
            for steward in stewards:
                steward.start()
            for steward in stewards:
                steward.join(timeout=60)
        self.assertEqual(2, len(outcomes))
        self.assertIn("late", outcomes)
        (state,) = self._read("SELECT state FROM scrm_match_candidate WHERE pool_id = %s")
        (rule,) = self._read(
            "SELECT l.rule FROM scrm_identity_link l JOIN scrm_identity i ON i.id = l.left_id"
            " WHERE i.pool_id = %s"
        )
        self.assertIn((state, rule), [("accepted", "manual"), ("rejected", "cannot")])
