"""A delivered serial becomes a device at the customer's place."""

import psycopg2

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ServiceCase


@tagged("post_install", "-at_install")
class TestEquipment(ServiceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.serial = cls._make_lot(cls.purifier, "QS-1")
        cls._stock(cls.purifier, 1, cls.serial, cls.warehouse.lot_stock_id)

    def _deliver(self, partner, lot=None, product=None):
        product = product or self.purifier
        customers = self.env.ref("stock.stock_location_customers")
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": customers.id,
                "partner_id": partner.id,
                "move_ids": [
                    fields.Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": 1,
                            "location_id": self.warehouse.lot_stock_id.id,
                            "location_dest_id": customers.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        picking.move_ids.picked = True
        picking._action_done()
        self.assertEqual("done", picking.state)
        return picking

    def _get_equipment(self):
        return self.env["scrm.equipment"].search([("lot_id", "=", self.serial.id)])

    def test_a_delivery_makes_it(self):
        picking = self._deliver(self.partner)
        equipment = self._get_equipment()
        self.assertRecordValues(
            equipment,
            [
                {
                    "name": "Purifier QS-1",
                    "serial": "QS-1",
                    "product_id": self.purifier.id,
                    "partner_id": self.partner.id,
                    "company_id": self.company.id,
                    "picking_id": picking.id,
                }
            ],
        )
        self.assertEqual("Ms Chen", equipment.customer_id.name)
        self.assertTrue(equipment.install_date)

    def test_repeating_makes_no_second(self):
        picking = self._deliver(self.partner)
        self.env["scrm.equipment"]._register_deliveries(picking.move_line_ids)
        self.assertEqual(1, len(self._get_equipment()))

    def test_a_serial_that_comes_back_changes_hands(self):
        self._deliver(self.partner)
        customers = self.env.ref("stock.stock_location_customers")
        self._stock(self.purifier, -1, self.serial, customers)
        self._stock(self.purifier, 1, self.serial, self.warehouse.lot_stock_id)
        other = self._make_partner(name="Mr Li")
        self._deliver(other)
        equipment = self._get_equipment()
        self.assertEqual(other, equipment.partner_id)
        self.assertEqual("Mr Li", equipment.customer_id.name)

    def test_goods_without_serial_make_none(self):
        self._stock(self.filter, 5, location=self.warehouse.lot_stock_id)
        before = self.env["scrm.equipment"].search_count([])
        self._deliver(self.partner, product=self.filter)
        self.assertEqual(before, self.env["scrm.equipment"].search_count([]))

    def test_the_database_knows_a_serial_once(self):
        self._deliver(self.partner)
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.UniqueViolation):
            self.env["scrm.equipment"].create(
                {
                    "product_id": self.purifier.id,
                    "lot_id": self.serial.id,
                    "company_id": self.company.id,
                }
            )

    def test_an_archived_device_gives_its_serial_free(self):
        self._deliver(self.partner)
        self._get_equipment().action_archive()
        self.env.flush_all()
        again = self.env["scrm.equipment"].create(
            {
                "product_id": self.purifier.id,
                "lot_id": self.serial.id,
                "company_id": self.company.id,
            }
        )
        self.assertEqual(again, self._get_equipment())

    def test_a_foreign_device_by_hand(self):
        equipment = (
            self.env["scrm.equipment"]
            .with_user(self.technician)
            .create({"name": "Old heater", "serial": "X-9", "partner_id": self.partner.id})
        )
        self.assertEqual("Old heater", equipment.name)
        self.assertEqual("Ms Chen", equipment.customer_id.name)
        found = self.env["scrm.equipment"]._find_by_serial(" x-9 ", partner=self.partner)
        self.assertEqual(equipment, found)
        self.assertFalse(self.env["scrm.equipment"]._find_by_serial("%", partner=self.partner))

    def test_the_customer_page_counts(self):
        self._deliver(self.partner)
        ticket = self._make_ticket(equipment_id=self._get_equipment().id)
        customer = ticket.customer_id
        self.assertEqual((1, 1), (customer.service_ticket_count, customer.equipment_count))
        action = customer.action_open_service_tickets()
        self.assertEqual(ticket, self.env["scrm.service.ticket"].search(action["domain"]))
        self.assertEqual(1, self._get_equipment().ticket_count)
