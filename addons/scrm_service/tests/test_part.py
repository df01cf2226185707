"""A part used on a ticket leaves the outlet's stock: really, exactly, and once."""

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ServiceCase


@tagged("post_install", "-at_install")
class TestPart(ServiceCase):
    def test_the_outlet_has_a_location_of_its_own(self):
        location = self.site.location_id
        self.assertEqual("internal", location.usage)
        self.assertEqual(self.company, location.company_id)
        self.assertEqual("view", location.location_id.usage)
        self.assertFalse(location.warehouse_id)
        second = self.env["scrm.service.site"].create(
            {"name": "Nanshan", "company_id": self.company.id}
        )
        self.assertNotEqual(location, second.location_id)
        self.assertEqual(location.location_id, second.location_id.location_id)

    def test_use_makes_one_done_transfer(self):
        self._stock(self.filter, 10)
        ticket = self._make_ticket_on_site()
        part = self._make_part(ticket, self.filter, 3)
        part.action_use()
        move = part.sudo().move_id
        picking = move.picking_id
        self.assertEqual("used", part.state)
        self.assertEqual(("done", "done"), (move.state, picking.state))
        self.assertEqual(3.0, move.quantity)
        self.assertEqual(self.site.location_id, move.location_id)
        self.assertEqual("customer", move.location_dest_id.usage)
        self.assertEqual(self.partner, picking.partner_id)
        self.assertEqual(ticket.number, picking.origin)
        self.assertEqual(ticket.id, picking.scrm_ticket_id.id)
        self.assertEqual(7.0, self._get_quantity(self.filter))
        self.assertEqual(7.0, part.available_quantity)
        self.assertEqual(1, ticket.picking_count)

    def test_all_parts_go_in_one_transfer_but_not_in_one_move(self):
        self._stock(self.filter, 10)
        ticket = self._make_ticket_on_site()
        first = self._make_part(ticket, self.filter, 1)
        second = self._make_part(ticket, self.filter, 2)
        ticket.action_use_parts()
        moves = (first | second).sudo().move_id
        self.assertEqual(2, len(moves))
        self.assertEqual(1, len(moves.picking_id))
        self.assertEqual([1.0, 2.0], moves.sorted("id").mapped("quantity"))
        self.assertEqual(7.0, self._get_quantity(self.filter))

    def test_two_clicks_use_it_once(self):
        self._stock(self.filter, 10)
        ticket = self._make_ticket_on_site()
        part = self._make_part(ticket, self.filter, 1)
        part.action_use()
        part.action_use()
        ticket.action_use_parts()
        self.assertEqual(9.0, self._get_quantity(self.filter))
        self.assertEqual(1, ticket.picking_count)

    def test_the_database_ties_a_move_to_one_part(self):
        self._stock(self.filter, 10)
        ticket = self._make_ticket_on_site()
        used, planned = (self._make_part(ticket, self.filter) for _i in range(2))
        used.action_use()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation):
            self.env.cr.execute(
                "UPDATE scrm_service_part SET move_id = %s WHERE id = %s",
                (used.sudo().move_id.id, planned.id),
            )

    def test_too_little_stock_gets_a_sentence_and_moves_nothing(self):
        self._stock(self.filter, 2)
        ticket = self._make_ticket_on_site()
        part = self._make_part(ticket, self.filter, 3)
        with self.assertRaisesRegex(UserError, "Futian has 2 Units, needed are 3"):
            part.action_use()
        self.assertEqual("planned", part.state)
        self.assertEqual(2.0, self._get_quantity(self.filter))
        self.assertEqual(0, ticket.picking_count)

    def test_two_lines_together_cannot_overdraw(self):
        self._stock(self.filter, 3)
        ticket = self._make_ticket_on_site()
        self._make_part(ticket, self.filter, 2)
        self._make_part(ticket, self.filter, 2)
        with self.assertRaisesRegex(UserError, "needed are 4"):
            ticket.action_use_parts()
        self.assertEqual(3.0, self._get_quantity(self.filter))

    def test_what_another_transfer_reserved_is_not_there(self):
        self._stock(self.filter, 2)
        quant = self.env["stock.quant"].search(
            [("location_id", "=", self.site.location_id.id), ("product_id", "=", self.filter.id)]
        )
        quant.reserved_quantity = 1
        ticket = self._make_ticket_on_site()
        with self.assertRaisesRegex(UserError, "has 1 Units, needed are 2"):
            self._make_part(ticket, self.filter, 2).action_use()

    def test_the_stock_of_the_warehouse_is_not_the_outlets(self):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self._stock(self.filter, 100, location=warehouse.lot_stock_id)
        ticket = self._make_ticket_on_site()
        with self.assertRaisesRegex(UserError, "has 0 Units"):
            self._make_part(ticket, self.filter).action_use()

    def test_without_an_outlet_there_is_no_stock(self):
        ticket = self._make_ticket(user_id=self.technician.id)
        with self.assertRaisesRegex(UserError, "Choose the outlet"):
            self._make_part(ticket, self.filter).action_use()

    def test_the_lot_that_was_chosen_leaves(self):
        older, newer = (self._make_lot(self.membrane, name) for name in ("L1", "L2"))
        self._stock(self.membrane, 5, older)
        self._stock(self.membrane, 5, newer)
        ticket = self._make_ticket_on_site()
        part = self._make_part(ticket, self.membrane, 2)
        with self.assertRaisesRegex(UserError, "enter its lot"):
            part.action_use()
        part.lot_id = newer
        part.action_use()
        self.assertEqual(newer, part.sudo().move_id.move_line_ids.lot_id)
        self.assertEqual(5.0, self._get_quantity(self.membrane, lot=older))
        self.assertEqual(3.0, self._get_quantity(self.membrane, lot=newer))

    def test_a_serial_is_one_piece(self):
        serial = self._make_lot(self.purifier, "S1")
        self._stock(self.purifier, 1, serial)
        ticket = self._make_ticket_on_site()
        part = self._make_part(ticket, self.purifier, 2, lot_id=serial.id)
        with self.assertRaisesRegex(UserError, "one piece, not 2"):
            part.action_use()
        part.quantity = 1
        part.action_use()
        self.assertEqual(0.0, self._get_quantity(self.purifier))
        # a part is not a device of its own
        self.assertFalse(self.env["scrm.equipment"].search([("lot_id", "=", serial.id)]))

    def test_what_was_used_stays_as_it_was(self):
        self._stock(self.filter, 10)
        ticket = self._make_ticket_on_site()
        part = self._make_part(ticket, self.filter)
        part.action_use()
        for vals in ({"quantity": 5}, {"product_id": self.membrane.id}, {"move_id": False}):
            with self.assertRaises(UserError):
                part.write(vals)
        with self.assertRaises(UserError):
            part.unlink()
        with self.assertRaisesRegex(UserError, "stays with it"):
            ticket.with_user(self.dispatcher).site_id = self.site.copy({"name": "Elsewhere"})

    def test_a_move_cannot_be_claimed_by_hand(self):
        self._stock(self.filter, 10)
        ticket = self._make_ticket_on_site()
        used = self._make_part(ticket, self.filter)
        used.action_use()
        move = used.sudo().move_id
        with self.assertRaises(UserError):
            self._make_part(ticket, self.filter, move_id=move.id)
        with self.assertRaises(UserError):
            self._make_part(ticket, self.filter).with_context(_scrm_service_use_permit=True).write(
                {"move_id": move.id}
            )

    def test_parts_and_labour_freeze_when_the_ticket_closes(self):
        self._stock(self.filter, 10)
        ticket = self._make_ticket_on_site()
        part = self._make_part(ticket, self.filter)
        labour = (
            self.env["scrm.service.labour"]
            .with_user(self.technician)
            .create({"ticket_id": ticket.id, "product_id": self.visit.id, "quantity": 1.5})
        )
        self.assertEqual((self.technician, "Visit"), (labour.user_id, labour.name))
        with self.assertRaisesRegex(UserError, "planned parts: Filter"):
            ticket._move_along("done", resolution="Fixed")
        part.action_use()
        ticket._move_along("done", resolution="Fixed")
        with self.assertRaisesRegex(UserError, "is closed"):
            labour.quantity = 8
        with self.assertRaises(UserError):
            labour.unlink()
        with self.assertRaises(UserError):
            self._make_part(ticket, self.filter)
        with self.assertRaises(UserError):
            self.env["scrm.service.labour"].with_user(self.technician).create(
                {"ticket_id": ticket.id, "product_id": self.visit.id}
            )
        with self.assertRaises(UserError):
            ticket.with_user(self.dispatcher).site_id = False

    def test_quantities_are_positive(self):
        ticket = self._make_ticket_on_site()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.CheckViolation):
            self._make_part(ticket, self.filter, 0)

    def test_the_customer_gets_no_shipping_message_for_parts(self):
        self.company.stock_move_email_validation = True
        self._stock(self.filter, 10)
        ticket = self._make_ticket_on_site()
        part = self._make_part(ticket, self.filter)
        part.action_use()
        picking = part.sudo().move_id.picking_id
        self.assertFalse(picking.message_ids.filtered(lambda m: m.message_type != "notification"))
