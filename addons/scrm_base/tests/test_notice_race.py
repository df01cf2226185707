from psycopg2.errors import SerializationFailure

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .race_case import RaceCase


@tagged("post_install", "-at_install")
class TestNoticeRace(RaceCase):
    """Two things happen to one person at once, and the rule waits hours between two notices."""

    def setUp(self):
        super().setUp()
        [(self.last_job_id,)] = self._query("SELECT COALESCE(max(id), 0) FROM queue_job")
        with self._connect() as env:
            imports = env["scrm.customer.import"].create([{"name": "a.xls"}, {"name": "b.xls"}])
            user = env["res.users"].create({"name": "Told", "login": "race.told"})
            rule = env["scrm.notice.rule"].create(
                {
                    "name": "Race",
                    "model_id": env["ir.model"]._get_id("scrm.customer.import"),
                    "event": "cancel",
                    "audience": "group",
                    "user_ids": user.ids,
                    "medium_ids": [Command.create({"medium": "inapp"})],
                    "min_hours": 24,
                    "subject": "x",
                    "body": "x",
                }
            )
            self.import_ids, self.rule_id, self.user_id = imports.ids, rule.id, user.id

    def _take_away(self, env):
        env.cr.execute("DELETE FROM scrm_outbox WHERE rule_id = %s", [self.rule_id])
        env.cr.execute(
            "DELETE FROM queue_job WHERE model_name = 'scrm.outbox' AND id > %s",
            [self.last_job_id],
        )
        env["scrm.notice.rule"].browse(self.rule_id).unlink()
        env["scrm.customer.import"].browse(self.import_ids).unlink()
        user = env["res.users"].browse(self.user_id)
        partner = user.partner_id
        user.unlink()
        partner.unlink()

    def _raise_event(self, env, place):
        """Let the rule speak about one of the two imports; count the rows of this test's rule."""
        record = env["scrm.customer.import"].browse(self.import_ids[place])
        rows = env["scrm.notice.rule"]._raise_event(record, "cancel")
        return len(rows.filtered(lambda row: row.rule_id.id == self.rule_id))

    def test_the_loser_is_run_again_and_keeps_still(self):
        with self._connect() as first, self._connect() as late:
            late["scrm.outbox"].search_count([])  # its snapshot is older than the winner's notice
            self.assertEqual(1, self._raise_event(first, 0))
            first.cr.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._raise_event(late, 1)
            late.cr.rollback()
            late.transaction.reset()
            self.assertEqual(0, self._raise_event(late, 1))
            late.cr.rollback()

    def test_a_turn_is_given_once_whatever_the_isolation(self):
        values = {"medium": "inapp", "user_id": self.user_id, "rule_id": self.rule_id, "body": "x"}

        def post(env, key):
            return env["scrm.outbox"]._post([{**values, "idem_key": key, "turn_key": "race:turn"}])

        with self._connect() as first, self._connect() as second:
            second.cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            self.assertEqual(1, len(post(first, "race:1")))
            first.cr.commit()
            self.assertFalse(post(second, "race:2"))
