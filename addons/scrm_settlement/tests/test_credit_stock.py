from odoo import Command
from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import tagged

from .credit_case import STOCK_USER, CreditCase


@tagged("post_install", "-at_install")
class TestCreditStock(CreditCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._open_account()
        cls.keeper = cls._make_user("credit.keeper", STOCK_USER)

    def _make_delivery(self, amount=50000, quantity=10):
        """Return the delivery of an order that had the credit when it was confirmed."""
        order = self._make_order(amount, quantity=quantity)
        order.action_confirm()
        self.assertFalse(order.scrm_credit_state)
        return order, order.picking_ids

    def _lose_credit(self):
        self.account._write_limit({"own_limit": 1})

    def _fill(self, picking):
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        return picking

    def _hold(self, order):
        """Put a confirmed order on hold, with its delivery there already."""
        self._lose_credit()
        order.order_line.price_unit += 1
        self.assertEqual("held", order.scrm_credit_state)

    def test_held_orders_are_not_reserved(self):
        order, picking = self._make_delivery()
        picking.do_unreserve()
        self._hold(order)
        picking.action_assign()
        self.assertEqual("confirmed", picking.move_ids.state)
        self.policy.on_reserve = "warn"
        picking.action_assign()
        self.assertEqual("assigned", picking.move_ids.state)

    def test_scarce_stock_goes_to_who_has_credit(self):
        order, picking = self._make_delivery(quantity=1000)
        picking.do_unreserve()
        self._hold(order)
        other = self._make_order(5, partner=self.dealer_2, quantity=600)
        other.action_confirm()
        self.assertEqual("assigned", other.picking_ids.move_ids.state)
        self.env["stock.move"].search(
            [("product_id", "=", self.product.id), ("state", "=", "confirmed")]
        )._trigger_assign()
        self.assertFalse(picking.move_ids.quantity)

    def test_a_hold_gives_back_what_was_reserved(self):
        order, picking = self._make_delivery(quantity=1000)
        self.assertEqual("assigned", picking.move_ids.state)
        self._hold(order)
        self.assertFalse(picking.move_ids.quantity)
        other = self._make_order(5, partner=self.dealer_2, quantity=600)
        other.action_confirm()
        self.assertEqual("assigned", other.picking_ids.move_ids.state)

    def test_more_than_was_ordered_needs_credit_too(self):
        order, picking = self._make_delivery(amount=90000)
        picking.move_ids.write({"quantity": 20, "picked": True})
        picking.button_validate()
        hold = order.scrm_credit_hold_id
        self.assertEqual(("held", "issue"), (order.scrm_credit_state, hold.checkpoint))
        self.assertEqual((180000, 180000), (hold.amount_open, hold.amount_requested))
        self.assertNotEqual("done", picking.state)
        # The release of the order as it was ordered does not let twice as much go.
        hold.with_user(self.manager)._approve(90000, self.company._scrm_local_day(Datetime.now()))
        picking.button_validate()
        self.assertNotEqual("done", picking.state)
        again = order.scrm_credit_hold_id
        self.assertNotEqual(hold, again)
        again.with_user(self.manager)._approve(180000, self.company._scrm_local_day(Datetime.now()))
        picking.move_ids.write({"quantity": 20, "picked": True})
        picking.button_validate()
        self.assertEqual("done", picking.state)

    def test_what_is_added_to_a_delivery_needs_credit_too(self):
        for price, asked in ((None, 180000), (4000, 130000)):
            with self.subTest(price=price):
                order, picking = self._make_delivery(amount=90000)
                self._add_to_delivery(picking, 10, price=price)
                self._fill(picking).button_validate()
                hold = order.scrm_credit_hold_id
                self.assertEqual(("issue", asked), (hold.checkpoint, hold.amount_requested))
                self.assertNotEqual("done", picking.state)
                order._action_cancel()

    def test_what_left_beyond_the_order_pays_for_none_of_its_rest(self):
        """Invoiced with the order, it made the rest look paid for."""
        order, picking = self._make_delivery(amount=30000)
        order.order_line = [
            Command.create(
                {"product_id": self._make_filter().id, "product_uom_qty": 1, "price_unit": 30000}
            )
        ]
        picking.move_ids[0].write({"quantity": 20, "picked": True})
        picking.with_context(skip_backorder=True).button_validate()
        order._create_invoices().action_post()
        self._invoice(20000)
        rest = order.picking_ids - picking
        self._fill(rest).button_validate()
        hold = order.scrm_credit_hold_id
        self.assertNotEqual("done", rest.state)
        self.assertEqual((30000, 90000), (hold.amount_open, hold.amount_requested))

    def test_the_rest_of_an_order_may_be_added_by_hand(self):
        order, picking = self._make_delivery(amount=90000)
        picking.move_ids.product_uom_qty = 6
        self._add_to_delivery(picking, 4)
        self._fill(picking).button_validate()
        self.assertEqual(("done", False), (picking.state, order.scrm_credit_state))

    def test_held_goods_do_not_leave(self):
        order, picking = self._make_delivery()
        self._hold(order)
        self._fill(picking)
        action = picking.with_user(self.keeper).with_context(skip_backorder=True).button_validate()
        self.assertEqual("display_notification", action["tag"])
        self.assertIn("on credit hold", action["params"]["message"])
        self.assertEqual("assigned", picking.state)
        with self.assertRaisesRegex(UserError, "on credit hold"):
            picking.with_user(self.keeper)._action_done()
        with self.assertRaisesRegex(UserError, "on credit hold"):
            picking.move_ids._action_done()
        self.assertEqual("held", picking.with_user(self.keeper).scrm_credit_state)

    def test_goods_issue_is_checked_anew_by_policy(self):
        order, picking = self._make_delivery()
        self._lose_credit()
        self._fill(picking)
        self.policy.on_issue = "block"
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual((False, "assigned"), (order.scrm_credit_state, picking.state))
        self.policy.on_issue = "hold"
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(("held", "assigned"), (order.scrm_credit_state, picking.state))
        self.policy.on_issue = "warn"
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual("done", picking.state)

    def test_in_a_batch_the_others_go(self):
        order, picking = self._make_delivery()
        other = self._make_order(5, partner=self.dealer_2)
        other.action_confirm()
        self._hold(order)
        both = self._fill(picking | other.picking_ids)
        both.with_user(self.keeper).with_context(skip_backorder=True).button_validate()
        self.assertEqual(["assigned", "done"], both.mapped("state"))
        third = self._make_order(5, partner=self.dealer_2)
        third.action_confirm()
        self._fill(third.picking_ids)
        (picking | third.picking_ids).with_user(self.keeper)._action_done()
        self.assertEqual("done", third.picking_ids.state)

    def test_returns_receipts_and_internal_transfers_are_never_blocked(self):
        order, picking = self._make_delivery()
        self._fill(picking).with_context(skip_backorder=True).button_validate()
        self._hold(order)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
            .create({})
        )
        wizard.product_return_moves.quantity = 2
        returned = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        returned.action_assign()
        self.assertEqual("assigned", returned.state)
        self._fill(returned).with_context(skip_backorder=True).button_validate()
        self.assertEqual("done", returned.state)
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id, "usage": "internal"}
        )
        for kind, source, target in (
            (
                "incoming",
                self.env.ref("stock.stock_location_suppliers"),
                self.warehouse.lot_stock_id,
            ),
            ("internal", self.warehouse.lot_stock_id, shelf),
        ):
            picking_type = (
                self.warehouse.in_type_id if kind == "incoming" else self.warehouse.int_type_id
            )
            transfer = self.env["stock.picking"].create(
                {
                    "picking_type_id": picking_type.id,
                    "partner_id": self.dealer.id,
                    "location_id": source.id,
                    "location_dest_id": target.id,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": self.product.id,
                                "product_uom_qty": 1,
                                "location_id": source.id,
                                "location_dest_id": target.id,
                            }
                        )
                    ],
                }
            )
            transfer.action_confirm()
            self._fill(transfer).with_context(skip_backorder=True).button_validate()
            self.assertEqual("done", transfer.state)
