"""The way of a ticket is written once."""

from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import ServiceCase


@tagged("post_install", "-at_install")
class TestNodeLog(ServiceCase):
    def test_each_arrival_is_a_row(self):
        ticket = self._make_ticket_on_site()
        rows = ticket.node_log_ids
        self.assertEqual(["accept", "dispatch", "on_site"], rows.mapped("node_id.code"))
        self.assertEqual([False, "Dispatch", "Arrive on site"], rows.mapped("transition_name"))
        self.assertEqual(self.env.user, rows[0].user_id)

    def test_the_time_on_each_node_is_derived(self):
        start = fields.Datetime.to_datetime("2026-11-23 02:00:00")
        with freeze_time(start):
            ticket = self._make_ticket(site_id=self.site.id, user_id=self.technician.id)
        with freeze_time(start + timedelta(hours=1, minutes=30)):
            ticket._move_along("dispatch")
        with freeze_time(start + timedelta(hours=5, minutes=30)):
            ticket._move_along("on_site")
        with freeze_time(start + timedelta(hours=6, minutes=30)):
            ticket._move_along("done", resolution="Fixed")
            rows = ticket.node_log_ids
            self.assertEqual([1.5, 4.0, 1.0, 0.0], rows.mapped("dwell_hours"))
            self.assertEqual(rows[1].entered_at, rows[0].left_at)
            self.assertFalse(rows[-1].left_at)

    def test_nobody_changes_it(self):
        row = self._make_ticket(self.dispatcher).node_log_ids
        with self.assertRaises(AccessError):
            row.with_user(self.manager).write({"note": "Rewritten"})
        with self.assertRaises(AccessError):
            row.with_user(self.manager).unlink()
        with self.assertRaises(AccessError):
            self.env["scrm.service.node.log"].with_user(self.manager).create(
                {"ticket_id": row.ticket_id.id, "node_id": row.node_id.id}
            )

    def test_the_database_keeps_it(self):
        row = self._make_ticket().node_log_ids
        for query in (
            "UPDATE scrm_service_node_log SET note = 'x' WHERE id = %s",
            "DELETE FROM scrm_service_node_log WHERE id = %s",
        ):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.RestrictViolation),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(query, (row.id,))

    def test_each_step_is_on_the_timeline_once(self):
        ticket = self._make_ticket_on_site()
        interactions = self.env["scrm.interaction"].search(
            [("res_model", "=", ticket._name), ("res_id", "=", ticket.id)], order="id"
        )
        self.assertEqual(["ticket"] * 3, interactions.mapped("kind"))
        self.assertEqual(ticket.customer_id, interactions.customer_id)
        self.assertIn(ticket.number, interactions[0].summary)
