from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .concurrency_case import CODE, ConcurrencyCase


@tagged("post_install", "-at_install")
class TestConcurrency(ConcurrencyCase):
    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_people_generate_at_once(self):
        """Worked example 13: one statement with all three lines; the other says why not."""
        with self._connect() as env:
            self._record(env)
        statement_ids, outcome, attempts = self._race(lambda env: self._generate(env).ids)
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
        first, outcome, attempts = self._race(lambda env: self._record(env).ids)
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
