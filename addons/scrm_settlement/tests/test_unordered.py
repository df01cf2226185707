from datetime import date, datetime

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PREPARER
from .journal_case import JournalCase
from .reconciliation_case import ReconciliationCase


@tagged("post_install", "-at_install")
class TestUnordered(JournalCase, ReconciliationCase):
    """Goods that went to a dealer without a sales order: a person says whether to settle them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rebate = cls._make_rebate()
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )

    def _hand_over(self, quantity=10, partner=None, uom=None, kind=None):
        """Return the done move of a transfer that somebody made by hand."""
        kind = kind or self.warehouse.out_type_id
        uom = uom or self.goods.uom_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": kind.id,
                "partner_id": (partner or self.dealer).id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.goods.id,
                            "product_uom": uom.id,
                            "product_uom_qty": quantity,
                            "location_id": self.warehouse.lot_stock_id.id,
                            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        return self._complete(picking.move_ids, quantity)

    def _get_exception(self, move, user=None):
        exceptions = self.env["scrm.settlement.exception"].search(
            [("source_model", "=", "stock.move"), ("source_id", "=", move.id)]
        )
        return exceptions.with_user(user or self.preparer)

    def _record(self, move):
        self._get_exception(move).action_record()
        return self.Line.search([("source_type", "=", "shipment"), ("source_id", "=", move.id)])

    def test_it_waits_for_a_person(self):
        move = self._hand_over()
        self.assertFalse(self._pull())
        self.assertRecordValues(
            self._get_exception(move),
            [
                {
                    "reason": "no_order",
                    "state": "open",
                    "partner_id": self.dealer.id,
                    "quantity": 10,
                    "date": date(2026, 11, 5),
                    "name": f"{move.reference} {self.goods.display_name}",
                }
            ],
        )
        self.assertFalse(self._pull(), "and once")

    def test_a_person_settles_it_once(self):
        move = self._hand_over()
        self._pull()
        line = self._record(move)
        self.assertRecordValues(
            line,
            [
                {
                    "quantity": 10,
                    "source_amount": 0,
                    "price_unit": 2,
                    "amount": 20,
                    "state": "pending",
                    "date": date(2026, 11, 5),
                    "partner_id": self.dealer.id,
                }
            ],
        )
        self.assertEqual("recorded", self._get_exception(move).state)
        with self.assertRaisesRegex(UserError, "load the page again"):
            self._get_exception(move).action_record()
        self.assertFalse(self._pull())

    def test_what_is_in_the_journal_is_not_settled_again(self):
        move = self._hand_over()
        self._pull()
        self.Line._record_sources(
            [
                {
                    "source_type": "shipment",
                    "source_model": "stock.move",
                    "source_id": move.id,
                    "company_id": self.company.id,
                    "partner_id": self.dealer.id,
                    "product_id": self.goods.id,
                    "quantity": 10,
                    "occurred_at": datetime(2026, 11, 5, 4),
                }
            ]
        )
        with self.assertRaisesRegex(UserError, "in the journal already"):
            self._record(move)

    def test_a_share_of_what_it_was_sold_for_is_no_price(self):
        self.rebate.write({"method": "percent", "value": 5})
        move = self._hand_over()
        self._pull()
        line = self._record(move)
        self.assertEqual(("no_price", 0), (line.state, line.amount))

    def test_what_comes_back_is_taken_back(self):
        move = self._hand_over()
        self._pull()
        line = self._record(move)
        self._bring_back(move, 3)
        self.assertRecordValues(
            self._pull(), [{"origin_line_id": line.id, "quantity": -3, "amount": -6}]
        )

    def test_what_comes_back_before_the_decision_is_found_after_it(self):
        move = self._hand_over()
        self._bring_back(move, 3)
        self.assertFalse(self._pull())
        line = self._record(move)
        self.assertEqual([(line, -6)], [(ln.origin_line_id, ln.amount) for ln in self._pull()])

    def _take_in(self, quantity=3, partner=None):
        """Return the done move of a receipt that somebody made by hand."""
        places = {
            "location_id": self.env.ref("stock.stock_location_customers").id,
            "location_dest_id": self.warehouse.lot_stock_id.id,
        }
        receipt = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "partner_id": (partner or self.dealer).id,
                "move_ids": [
                    Command.create(
                        {"product_id": self.goods.id, "product_uom_qty": quantity, **places}
                    )
                ],
                **places,
            }
        )
        receipt.action_confirm()
        return self._complete(receipt.move_ids, quantity, datetime(2026, 11, 20, 4))

    def test_what_comes_back_and_names_no_delivery_waits_for_a_person(self):
        self._ship()
        self._pull()
        by_hand = self._take_in()
        ordered = self._order(-4).picking_ids.move_ids
        self.assertEqual("customer", ordered.location_id.usage)
        self._complete(ordered, 4, datetime(2026, 11, 20, 4))
        self.assertFalse(self._pull())
        for move, quantity in ((by_hand, 3), (ordered, 4)):
            self.assertRecordValues(
                self._get_exception(move),
                [
                    {
                        "reason": "no_delivery",
                        "partner_id": self.dealer.id,
                        "quantity": quantity,
                        "date": date(2026, 11, 20),
                    }
                ],
            )
        self.assertFalse(self._pull(), "and once")
        with self.assertRaisesRegex(UserError, "no line"):
            self._get_exception(by_hand).action_settle()

    def test_what_nobody_was_paid_for_may_come_back(self):
        self._ship()
        self._pull()
        move = self._take_in(partner=self.dealer_2)
        early = self._take_in()
        early.date = datetime(2026, 11, 1, 4)
        self._pull()
        self.assertFalse(self._get_exception(move) + self._get_exception(early))

    def test_a_claim_for_it_holds_it(self):
        move = self._hand_over()
        self.goods.default_code = "G-1"
        listed = self._compare([move.picking_id.name, "G-1", date(2026, 11, 6), 10, 20])
        listed.line_ids.filtered("row_number")._accept(self.goods, 10)
        self._pull()
        self.assertEqual("held", self._record(move).state)

    def test_a_person_says_that_it_was_a_gift(self):
        move = self._hand_over()
        self._pull()
        exception = self._get_exception(move)
        exception.note = "Samples for the shop"
        exception.action_dismiss()
        self.assertFalse(self._pull())

    def test_what_the_order_does_not_name_is_settled_by_a_person_too(self):
        move = self._ship()
        move.sale_line_id.flush_recordset()
        self.env.cr.execute(
            "UPDATE sale_order_line SET product_uom_qty = 0 WHERE id = %s", [move.sale_line_id.id]
        )
        self._pull()
        self.assertEqual("other_item", self._get_exception(move).reason)
        self.assertEqual(20, self._record(move).amount)

    def test_only_what_leaves_for_dealers(self):
        self._hand_over(partner=self._make_partner(name="Retail customer"))
        self._hand_over(kind=self.warehouse.int_type_id)
        self.assertFalse(self._pull())
        self.assertFalse(
            self.env["scrm.settlement.exception"].search([("company_id", "=", self.company.id)])
        )

    def test_nothing_waits_without_a_tier_for_shipments(self):
        move = self._hand_over()
        self.shipping_tier.active = False
        self._pull()
        self.assertFalse(self._get_exception(move))

    def test_contacts_and_other_units(self):
        clerk = self._make_partner(name="Clerk", parent_id=self.dealer.id)
        move = self._hand_over(2, partner=clerk, uom=self.env.ref("uom.product_uom_dozen"))
        self._pull()
        line = self._record(move)
        self.assertEqual((self.dealer, 24, 48), (line.partner_id, line.quantity, line.amount))

    def test_other_questions_are_not_answered_so(self):
        move = self._ship()
        self._pull()
        back = self._bring_back(move, 3, to_refund=False)
        self._pull()
        with self.assertRaisesRegex(UserError, "delivered"):
            self._get_exception(back).action_record()
        user = self._make_user("unordered.preparer", PREPARER)
        with self.assertRaisesRegex(UserError, "no line"):
            unordered = self._hand_over()
            self._pull()
            self._get_exception(unordered, user).action_settle()
