from psycopg2.errors import RestrictViolation

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.scrm_base.tools.append_only import kept, protect

TABLE = "scrm_grown"


@tagged("post_install", "-at_install")
class TestAppendOnly(TransactionCase):
    """A table of its own with a fact, a cache and a state."""

    def setUp(self):
        super().setUp()
        self.cr.execute(
            "CREATE TABLE scrm_grown (id int, fact int, cache int, state text,"
            " write_uid int, write_date timestamp);"
            " INSERT INTO scrm_grown VALUES (1, 1, 1, 'new'), (2, 2, 2, 'done')"
        )

    def _run(self, statement):
        self.cr.execute(statement)  # pylint: disable=sql-injection
        return self.cr.rowcount

    @mute_logger("odoo.sql_db")
    def _check_refused(self, *statements):
        for statement in statements:
            with (
                self.subTest(statement),
                self.assertRaises(RestrictViolation),
                self.cr.savepoint(),
            ):
                self._run(statement)

    def _check_facts_kept(self):
        self._check_refused(
            "UPDATE scrm_grown SET fact = 7",
            "UPDATE scrm_grown SET cache = 7, fact = 7",
            "DELETE FROM scrm_grown",
        )
        self.assertEqual(2, self._run("UPDATE scrm_grown SET cache = cache + 1, write_uid = 1"))
        self.assertEqual(2, self._run("UPDATE scrm_grown SET cache = cache + 1, fact = fact"))

    def test_facts_are_written_once(self):
        protect(self.cr, TABLE, ["cache"])
        self._check_facts_kept()

    def test_statements_that_name_no_fact_are_not_looked_at(self):
        protect(self.cr, TABLE, ["cache"], facts_only=True)
        self._check_facts_kept()
        # What the guard looks at costs a call a row: a cache alone must not be among it.
        self.cr.execute(
            "SELECT attname FROM pg_trigger JOIN pg_attribute"
            " ON attrelid = tgrelid AND attnum = ANY(tgattr)"
            " WHERE tgrelid = %s::regclass AND tgname = 'scrm_append_only' ORDER BY attname",
            [TABLE],
        )
        self.assertEqual([("fact",), ("id",), ("state",)], self.cr.fetchall())

    def test_a_column_that_comes_later_is_a_fact(self):
        protect(self.cr, TABLE, ["cache"], facts_only=True)
        self._run("ALTER TABLE scrm_grown ADD late int")
        protect(self.cr, TABLE, ["cache"], facts_only=True)
        self._check_refused("UPDATE scrm_grown SET late = 7")
        self._check_facts_kept()

    def test_a_column_that_goes_takes_no_guard_with_it(self):
        protect(self.cr, TABLE, ["cache"], facts_only=True)
        with kept(self.cr, [TABLE, "no_such_table"]):
            self._run("ALTER TABLE scrm_grown DROP state CASCADE")
        self._check_facts_kept()

    def test_rows_that_are_protected_when_done(self):
        protect(self.cr, TABLE, ["cache"], when=SQL("OLD.state = 'done'"))
        self._check_refused(
            "UPDATE scrm_grown SET fact = 7 WHERE id = 2",
            "UPDATE scrm_grown SET state = 'new' WHERE id = 2",
            "DELETE FROM scrm_grown WHERE id = 2",
        )
        self.assertEqual(1, self._run("UPDATE scrm_grown SET state = 'done' WHERE id = 1"))
        self._check_refused("DELETE FROM scrm_grown WHERE id = 1")
