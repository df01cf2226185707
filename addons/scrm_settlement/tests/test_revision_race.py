from datetime import datetime

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .concurrency_case import CODE, ConcurrencyCase


@tagged("post_install", "-at_install")
class TestRevisionRace(ConcurrencyCase):
    """A reversal is undone while somebody settles its lines again."""

    def _prepare(self, env):
        result = super()._prepare(env)
        self._record(env)
        statement = self._generate(env)
        journal = env["account.journal"].create({"name": CODE, "code": "RACE", "type": "general"})
        document = env["account.move"].create({"journal_id": journal.id})
        env.cr.execute(
            SQL(
                "UPDATE scrm_settlement_statement SET state = 'reversed', move_id = %s,"
                " submitter_id = %s, submitted_at = %s, reviewer_id = %s, reviewed_at = %s"
                " WHERE id = %s",
                document.id,
                env.uid,
                datetime(2001, 2, 1),
                env.ref("base.user_admin").id,
                datetime(2001, 2, 1),
                statement.id,
            )
        )
        self.statement_id, self.journal_id = statement.id, journal.id
        return result

    def _take_away(self, env):
        result = super()._take_away(env)
        journal = env["account.journal"].browse(self.journal_id)
        env["account.move"].search([("journal_id", "=", journal.id)]).unlink()
        journal.unlink()
        return result

    def _get_statement(self, env):
        return env["scrm.settlement.statement"].browse(self.statement_id)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_lines_that_are_settled_again_are_not_billed_twice(self):
        _action, outcome, attempts = self._race(
            lambda env: self._get_statement(env).action_reopen(),
            # As when the reversal and its document are not reconciled any more
            lambda env: self._get_statement(env)._follow_payment(),
        )
        self.assertEqual(2, attempts)
        self.assertIsInstance(outcome, UserError)
        self.assertIn("are settled again by", str(outcome))
        with self._connect() as env:
            self.assertEqual("reversed", self._get_statement(env).state)
