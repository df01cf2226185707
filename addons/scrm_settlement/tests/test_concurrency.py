import threading
import time
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import mute_logger

DEADLINE = 30
CODE = "concurrency-test"


@tagged("post_install", "-at_install")
class TestConcurrency(BaseCase):
    """Two real connections on committed data, which the test takes away again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())

    @contextmanager
    def _connect(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def setUp(self):
        super().setUp()
        self.addCleanup(self._take_away)
        with self._connect() as env:
            # The company's own contact is nobody's customer, so nothing else is made for it.
            company = env.ref("base.main_company")
            product = env["product.product"].create({"name": CODE, "type": "consu"})
            tier = env["scrm.settlement.tier"].create({"name": CODE, "company_id": company.id})
            env["scrm.settlement.rule"].create(
                {
                    "name": CODE,
                    "tier_id": tier.id,
                    "method": "fixed",
                    "value": 10,
                    "target": "product",
                    "product_id": product.id,
                }
            )
            self.company_id, self.partner_id = company.id, company.partner_id.id
            self.product_id = product.id
        self.sources = [self._prepare_source(number) for number in (1, 2, 3)]

    def _take_away(self):
        with self._connect() as env:
            cr = env.cr
            cr.execute("ALTER TABLE scrm_settlement_line DISABLE TRIGGER USER")
            cr.execute("DELETE FROM scrm_settlement_line WHERE source_model = %s", [CODE])
            cr.execute("ALTER TABLE scrm_settlement_line ENABLE TRIGGER USER")
            cr.execute(  # those that were cancelled have no lines left
                "SELECT id FROM scrm_settlement_statement WHERE partner_id = %s"
                " AND date_to < '2002-01-01'",
                [self.partner_id],
            )
            statements = tuple(row[0] for row in cr.fetchall())
            if statements:
                cr.execute("DELETE FROM scrm_settlement_statement WHERE id IN %s", [statements])
                for table, model, res_id in (
                    ("mail_message", "model", "res_id"),
                    ("mail_followers", "res_model", "res_id"),
                ):
                    cr.execute(  # pylint: disable=sql-injection
                        f"DELETE FROM {table} WHERE {model} = 'scrm.settlement.statement' "
                        f"AND {res_id} IN %s",
                        [statements],
                    )
            env["scrm.settlement.rule"].search([("name", "=", CODE)]).unlink()
            env["scrm.settlement.tier"].search([("name", "=", CODE)]).unlink()
            env["product.product"].search([("name", "=", CODE)]).product_tmpl_id.unlink()

    def _prepare_source(self, number):
        return {
            "source_type": "part",
            "source_model": CODE,
            "source_id": 2_000_000_000 + number,
            "company_id": self.company_id,
            "partner_id": self.partner_id,
            "product_id": self.product_id,
            "quantity": number,
            "occurred_at": datetime(2001, 1, 10, 4, 0),
        }

    def _record(self, env):
        return env["scrm.settlement.line"]._record_sources(self.sources)

    def _generate(self, env):
        return env["scrm.settlement.statement"]._generate(
            env["res.company"].browse(self.company_id),
            date(2001, 1, 1),
            date(2001, 1, 31),
            env["res.partner"].browse(self.partner_id),
        )

    def _race(self, work):
        """Run `work` in two transactions: the second waits for the first and is run again.

        :return: (result of the first, result or UserError of the second, attempts of the second)
        """
        attempts, outcome, backend = [], [], threading.Event()

        def second():
            with self._connect() as env:
                env.cr.execute("SELECT pg_backend_pid()")
                self.backend_pid = env.cr.fetchone()[0]
                backend.set()

                def attempt():
                    attempts.append(1)
                    return work(env).ids

                try:
                    with patch("time.sleep"):
                        outcome.append(retrying(attempt, env))
                except UserError as error:
                    outcome.append(error)

        with self._connect() as env:
            first = work(env).ids
            thread = threading.Thread(target=second)
            thread.start()
            try:
                self.assertTrue(backend.wait(DEADLINE))
                self._await_lock(self.backend_pid)
            finally:
                env.cr.commit()
                thread.join(DEADLINE)
        self.assertFalse(thread.is_alive())
        return first, outcome[0], len(attempts)

    def _await_lock(self, pid):
        """Return when the other connection waits for a lock of ours."""
        limit = time.monotonic() + DEADLINE
        waiting = partial(self._is_waiting, pid)
        while not waiting():
            self.assertLess(time.monotonic(), limit, "the second transaction never waited")

    def _is_waiting(self, pid):
        with self.registry.cursor() as cr:
            cr.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", [pid])
            return cr.fetchone() == ("Lock",)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_people_generate_at_once(self):
        """Worked example 13: one statement with all three lines; the other says why not."""
        with self._connect() as env:
            self._record(env)
        statement_ids, outcome, attempts = self._race(self._generate)
        self.assertEqual(2, attempts)
        self.assertIsInstance(outcome, UserError)
        self.assertIn("nothing left to settle", str(outcome))
        with self._connect() as env:
            lines = env["scrm.settlement.line"].search([("source_model", "=", CODE)])
            self.assertEqual(3, len(lines))
            self.assertEqual(statement_ids, lines.statement_id.ids)
            self.assertEqual(60, lines.statement_id.amount_untaxed)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_transactions_record_the_same_sources(self):
        first, outcome, attempts = self._race(self._record)
        self.assertEqual((3, [], 2), (len(first), outcome, attempts))

    @mute_logger("odoo.sql_db")
    def test_two_returns_of_one_line(self):
        with self._connect() as env:
            line_id = self._record(env).sorted("source_id")[2].id  # quantity 3
        with self._connect() as env_1, self._connect() as env_2:
            env_2.cr.execute("SELECT 1")  # the snapshot of the second begins here

            def take_back(env, number):
                env["scrm.settlement.line"].browse(line_id)._record_return(
                    2, source_model=CODE, source_id=2_000_000_100 + number
                )

            take_back(env_1, 1)
            env_1.cr.commit()
            with self.assertRaises(SerializationFailure):
                take_back(env_2, 2)
            env_2.cr.rollback()
            env_2.transaction.reset()
            with self.assertRaises(UserError):
                take_back(env_2, 2)
            env_2.cr.rollback()
