from odoo.exceptions import UserError
from odoo.tests import tagged

from .allocation_case import AllocationCase


@tagged("post_install", "-at_install")
class TestAllocationReservation(AllocationCase):
    """What Inventory reserves obeys the shares."""

    def test_checking_availability_does_not_go_beyond_the_share(self):
        self._stock(100)
        agent, distributor, store = self._orders(60, 50, 40)
        self._divide()
        self._stock(30)
        (store + distributor).picking_id.action_assign()
        self.assertEqual([60, 40, 0], [m.quantity for m in (agent, distributor, store)])
        self._divide()
        self.assertEqual([60, 50, 20], [m.quantity for m in (agent, distributor, store)])

    def test_an_order_that_comes_later_waits(self):
        self._stock(100)
        self._orders(60, 50, 40)
        self.policy.unit_quantity = 30
        self._divide()
        late = self._order(self.agent, 10)
        self.assertEqual((0, "confirmed"), (late.quantity, late.state))

    def test_a_division_is_over_when_nobody_of_it_waits(self):
        self._stock(100)
        agent, distributor, store = self._orders(60, 50, 40)
        self._divide()
        agent.picking_id.button_validate()
        distributor.picked = True
        distributor.picking_id._action_done()
        rest = distributor.picking_id.backorder_ids
        store.picking_id.action_cancel()
        self._receive(1000)
        self.assertEqual(0, self._order(self.store, 5).quantity, "the distributor waits for 10")
        rest.action_cancel()
        self.assertEqual(5, self._order(self.store, 5).quantity)

    def test_nothing_is_capped_while_there_is_enough(self):
        self._stock(200)
        moves = self._orders(60, 50, 40)
        run = self._divide()
        self.assertFalse(run.run_product_ids.is_scarce)
        self.assertEqual({"full"}, set(run.line_ids.mapped("reason")))
        self.assertFalse(any(move.scrm_is_capped for move in moves))
        self.assertEqual(50, self._order(self.store, 60).quantity)

    def test_a_persons_decision_counts_where_there_is_enough_too(self):
        self._stock(200)
        moves = self._orders(60, 50, 40)
        run = self._start()
        run.action_simulate()
        run.line_ids.filtered(lambda line: line.move_id == moves[2]).write(
            {"allocated": 10, "override_reason": "Still to pay for the last"}
        )
        run.action_apply()
        self.assertFalse(run.run_product_ids.is_scarce)
        self.assertEqual([60, 50, 10], [move.quantity for move in moves])
        self.assertEqual(20, self._order(self.store, 20).quantity)
        self._divide()
        self.assertEqual(40, moves[2].quantity)

    def test_products_without_a_policy_are_untouched(self):
        other = self._make_product("Other")
        self._stock(10, other)
        first, second = self._order(self.store, 8, other), self._order(self.agent, 8, other)
        self.assertEqual([8, 2], [first.quantity, second.quantity])
        run = self._start()
        with self.assertRaisesRegex(UserError, "Nothing to divide"):
            run.action_simulate()

    def test_reservation_costs_no_query_without_a_policy(self):
        other = self._make_product("Other")
        move = self._order(self.store, 8, other)
        self.policy.active = False
        move._scrm_get_reservable(8)
        with self.assertQueryCount(0):
            self.assertEqual(8, move._scrm_get_reservable(8))
            self.assertEqual(move, move._scrm_sort_by_class())

    def test_what_is_being_picked_is_not_divided(self):
        self._stock(40)
        store = self._order(self.store, 40)
        store.picking_id.printed = True
        self._stock(10)
        agent = self._order(self.agent, 60)
        run = self._divide()
        self.assertEqual([10, 40], [agent.quantity, store.quantity])
        line = run.line_ids.filtered(lambda line: line.move_id == store)
        self.assertEqual("fixed", line.reason)
        self.assertEqual(10, run.run_product_ids.supply)

    def test_what_is_on_hold_gets_nothing(self):
        self._stock(40)
        store = self._order(self.store, 40)
        agent = self._order(self.agent, 60)
        held = agent
        self.patch(type(self.env["stock.move"]), "_scrm_get_held_moves", lambda moves: moves & held)
        run = self._divide()
        self.assertEqual([0, 40], [agent.quantity, store.quantity])
        self.assertEqual("held", run.line_ids.filtered(lambda x: x.move_id == agent).reason)

    def test_what_is_allocated_stays_with_the_backorder(self):
        self._stock(100)
        agent, _distributor, _store = self._orders(60, 50, 40)
        self._divide()
        agent.quantity = 25
        agent.picked = True
        agent.picking_id._action_done()
        backorder = agent.picking_id.backorder_ids.move_ids
        self.assertEqual((35, 35), (backorder.scrm_alloc_qty, backorder.quantity))

    def test_arrivals_are_divided_by_themselves(self):
        self.policy.is_automatic = True
        self._stock(40)
        store, agent = self._order(self.store, 60), self._order(self.agent, 60)
        self._receive(30)
        self.assertEqual([60, 10], [agent.quantity, store.quantity])
        run = self.env["scrm.allocation.run"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.assertEqual(("receipt", "applied"), (run.origin, run.state))
        self._receive(50)
        self.assertEqual([60, 60], [agent.quantity, store.quantity])

    def test_every_night(self):
        self.policy.is_automatic = True
        self._stock(40)
        store, agent = self._order(self.store, 60), self._order(self.agent, 60)
        with self.enter_registry_test_mode():
            self.env.ref("scrm_settlement.ir_cron_allocate").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual([40, 0], [agent.quantity, store.quantity])

    def test_arrivals_go_by_class_where_nobody_divided(self):
        """Not automatic, never run: the core's own order, but for the class of the dealer."""
        store, agent = self._order(self.store, 60), self._order(self.agent, 60)
        self._receive(70)
        self.assertEqual([60, 10], [agent.quantity, store.quantity])
