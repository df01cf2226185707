from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import unprotected
from .race_case import RaceCase


@tagged("post_install", "-at_install")
class TestFlowRace(RaceCase):
    """Two real connections: the one who comes second is refused by PostgreSQL and retried."""

    def setUp(self):
        super().setUp()
        self.record_id = self._commit(
            lambda env: env["scrm.customer.import"].create({"name": "race"}).id
        )

    def _take_away(self, env):
        with unprotected(env.cr, "scrm_flow_log"):
            env.cr.execute(
                "DELETE FROM scrm_flow_log"
                " WHERE res_model = 'scrm.customer.import' AND res_id = %s",
                [self.record_id],
            )
        env.cr.execute("DELETE FROM scrm_customer_import WHERE id = %s", [self.record_id])

    def test_two_movers_end_with_one_move(self):
        with self._connect() as first, self._connect() as second:
            late = second["scrm.customer.import"].browse(self.record_id)
            self.assertEqual("draft", late.state)  # takes the second one's snapshot
            first["scrm.customer.import"].browse(self.record_id)._move_along("cancel")
            first.cr.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                late._move_along("cancel")
            second.cr.rollback()
            late.invalidate_recordset()
            # What Odoo's retry then meets:
            with self.assertRaisesRegex(UserError, "is at “Stopped”; “Stop” cannot be done"):
                late._move_along("cancel")
            second.cr.rollback()
