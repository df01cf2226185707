from psycopg2.errors import CheckViolation, ExclusionViolation, RestrictViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.queue_job.tests.common import trap_jobs

from ..models import (
    scrm_allocation_run,
    scrm_allocation_run_apply,
    scrm_allocation_run_compute,
)
from .allocation_case import AllocationCase


@tagged("post_install", "-at_install")
class TestAllocation(AllocationCase):
    # === WORKED EXAMPLES === #

    def test_16_strict_level_whoever_ordered_first(self):
        """The store ordered first and holds everything; the agent gets 60, it nothing."""
        self._stock(100)
        store = self._order(self.store, 40)
        distributor = self._order(self.distributor, 50)
        agent = self._order(self.agent, 60)
        self.assertEqual([10, 50, 40], [m.quantity for m in (agent, distributor, store)])
        run = self._divide()
        self.assertEqual([60, 40, 0], [m.quantity for m in (agent, distributor, store)])
        self.assertEqual([60, 40, 0], [m.scrm_alloc_qty for m in (agent, distributor, store)])
        self.assertEqual(["full", "part", "none"], run.line_ids.sorted("rank").mapped("reason"))
        row = run.run_product_ids
        self.assertEqual([100, 150, 100, 0], [row.supply, row.demand, row.allocated, row.left])

    def test_17_by_weight(self):
        for line, weight in zip(self.policy.line_ids, (50, 30, 20), strict=True):
            line.write({"position": 1, "method": "weight", "weight": weight})
        self._stock(7)
        moves = self._orders(100, 100, 100)
        self._divide()
        self.assertEqual([4, 2, 1], [move.quantity for move in moves])

    def test_18_fill(self):
        self.policy.line_ids.strategy = "fill"
        self._stock(140)
        others = [self._order(self.store, 25) for _number in range(5)]
        order = self._order(self.agent, 20)
        self.assertEqual(15, order.quantity)
        self._order(self.distributor, 30)  # after it in the order of classes: gets nothing
        self._stock(5)
        self._divide()
        self.assertEqual(20, order.quantity)
        self.assertEqual([25] * 5, [move.quantity for move in others])

    # === WHOLE MULTIPLES === #

    def test_whole_cartons(self):
        self.policy.unit_quantity = 12
        self._stock(100)
        moves = self._orders(30, 70, 50)
        run = self._divide()
        self.assertEqual([24, 60, 12], [move.quantity for move in moves])
        self.assertEqual(4, run.run_product_ids.left)

    def test_a_part_of_a_carton_that_may_be_kept_is_kept(self):
        self.policy.unit_quantity = 10
        self.policy.line_ids.strategy = "gain"
        self._stock(15)
        store = self._order(self.store, 15)
        self._stock(10)
        self._order(self.agent, 40)
        self._divide()
        self.assertEqual(15, store.quantity)

    # === GUARANTEES AND QUOTAS === #

    def test_minimum_for_each_dealer_comes_first(self):
        self.policy.line_ids[2].guarantee = 5
        self._stock(100)
        moves = self._orders(60, 50, 40)
        self._divide()
        self.assertEqual([60, 35, 5], [move.quantity for move in moves])

    def _add_quota(self, **vals):
        return self.env["scrm.allocation.quota"].create(
            {
                "policy_id": self.policy.id,
                "date_from": "2000-01-01",
                "date_to": "2100-01-01",
                **vals,
            }
        )

    def test_what_was_delivered_counts_against_the_quota(self):
        self.policy.line_ids[2].method = "quota"
        self._add_quota(partner_id=self.store.id, value=30)
        self._stock(20)
        first = self._order(self.store, 20)
        first.picking_id.button_validate()
        self.assertEqual("done", first.state)
        self._stock(50)
        second = self._order(self.store, 40)
        self._order(self.agent, 20)
        run = self._divide()
        self.assertEqual(10, second.quantity)
        line = run.line_ids.filtered(lambda line: line.move_id == second)
        self.assertEqual(("quota", 10), (line.reason, line.guaranteed))

    def test_share_of_the_supply_for_a_level(self):
        self._add_quota(grade_id=self.grade_store.id, kind="percent", value=25)
        self._stock(100)
        moves = self._orders(90, 50, 40)
        self._divide()
        self.assertEqual([75, 0, 25], [move.quantity for move in moves])

    @mute_logger("odoo.sql_db")
    def _get_given(self, order):
        """Divide, and return what the run gives to this order of the store."""
        run = self._start()
        run.action_simulate()
        return run.line_ids.filtered(lambda line: line.move_id == order).allocated

    def test_what_is_about_to_leave_counts_against_the_quota(self):
        self.policy.line_ids[2].method = "quota"
        self._add_quota(partner_id=self.store.id, value=30)
        self._stock(100)
        self._order(self.store, 20).picking_id.printed = True
        self._order(self.agent, 60)
        self.assertEqual(10, self._get_given(self._order(self.store, 30)))

    def test_what_another_warehouse_holds_counts_against_the_quota(self):
        self.policy.line_ids[2].method = "quota"
        self._add_quota(partner_id=self.store.id, value=30)
        self._stock(100)
        here = self.warehouse
        north = here.create({"name": "North", "code": "NORTH", "company_id": self.company.id})
        self.patch(type(self), "warehouse", north)
        self._stock(20)
        self.assertEqual(20, self._order(self.store, 20).quantity)
        self.patch(type(self), "warehouse", here)
        self._order(self.agent, 60)
        self.assertEqual(10, self._get_given(self._order(self.store, 50)))

    def test_quotas_do_not_overlap(self):
        self._add_quota(grade_id=self.grade_store.id, value=5)
        for vals, error in (
            ({"grade_id": self.grade_store.id}, ExclusionViolation),
            ({}, CheckViolation),
            ({"grade_id": self.grade_agent.id, "partner_id": self.agent.id}, CheckViolation),
        ):
            with self.assertRaises(error), self.cr.savepoint():
                self._add_quota(value=5, **vals)
        self._add_quota(partner_id=self.store.id, value=5)

    def test_merged_dealers_keep_what_does_not_overlap(self):
        kept = self._add_quota(partner_id=self.store.id, value=5, date_to="2026-11-30")
        twin = self._make_partner(name="Store", is_company=True, email="store@example.com")
        gone = self._add_quota(partner_id=twin.id, value=5, date_to="2026-06-30")
        moved = self._add_quota(partner_id=twin.id, value=6, date_from="2026-12-01")
        self.env["base.partner.merge.automatic.wizard"]._merge((self.store + twin).ids, self.store)
        self.assertEqual(kept + moved, (kept + moved + gone).exists())
        self.assertEqual(self.store, moved.partner_id)

    # === WHICH POLICY === #

    def test_the_most_specific_policy_holds(self):
        Policy = self.env["scrm.allocation.policy"]
        parent = self.env["product.category"].create({"name": "Filters"})
        child = self.env["product.category"].create({"name": "Fine", "parent_id": parent.id})
        self.scarce.categ_id = child

        def make(**vals):
            return self._make_policy(**{"product_id": False, **vals})

        own = self.policy
        own_here = make(product_id=self.scarce.id, warehouse_id=self.warehouse.id)
        deep, deep_here = (
            make(categ_id=child.id),
            make(categ_id=child.id, warehouse_id=self.warehouse.id),
        )
        wide = make(categ_id=parent.id, warehouse_id=self.warehouse.id)
        for policy in (own_here, own, deep_here, deep, wide):
            found = Policy._find(self.company, self.warehouse, self.scarce)
            self.assertEqual(policy, found)
            policy.active = False
        self.assertFalse(Policy._find(self.company, self.warehouse, self.scarce))

    @mute_logger("odoo.sql_db")
    def test_one_policy_for_one_thing(self):
        category = self.env["product.category"].create({"name": "Filters"})
        for vals, error in (
            ({}, UniqueViolation),
            ({"categ_id": category.id}, CheckViolation),
            ({"product_id": False}, CheckViolation),
        ):
            with self.assertRaises(error), self.cr.savepoint():
                self._make_policy(**vals)

    # === BY HAND, REPLAY, FOR EVER === #

    def test_by_hand_with_a_reason(self):
        self._stock(100)
        agent, _distributor, store = self._orders(60, 50, 40)
        run = self._start()
        run.action_simulate()
        lines = {line.move_id.id: line for line in run.line_ids}
        with self.assertRaisesRegex(UserError, "Say why"):
            lines[agent.id].allocated = 55
        run.line_ids.invalidate_recordset()
        lines[store.id].write({"allocated": 5, "override_reason": "Opening of the shop"})
        with self.assertRaisesRegex(UserError, "105"):
            run.action_apply()
        lines[agent.id].write({"allocated": 55, "override_reason": "For the shop"})
        run.action_apply()
        self.assertEqual([55, 5], [agent.quantity, store.quantity])
        self.assertEqual(("override", self.channel), (
            lines[store.id].reason, lines[store.id].override_by_id
        ))  # fmt: skip
        self.assertEqual(2, run.override_count)
        self.assertEqual(
            f"By hand · Opening of the shop · by the policy {lines[store.id].entitled:.2f}",
            lines[store.id].explanation,
        )
        lines[agent.id].invalidate_recordset()
        with self.assertRaisesRegex(UserError, "is applied"):
            lines[agent.id].allocated = 60

    def test_the_rows_stay_on_the_form_while_one_is_changed(self):
        self._stock(20)
        self._orders(10, 10, 10)
        run = self._start()
        run.action_simulate()
        with Form(run) as form:
            with form.line_ids.edit(0) as line:
                line.allocated, line.override_reason = 5, "Opening of the shop"
            self.assertEqual((1, 3), (form.product_count, form.line_count))

    def test_only_share_and_reason_are_changed_by_hand(self):
        self._stock(100)
        self._orders(60, 50, 40)
        run = self._start()
        run.action_simulate()
        with self.assertRaises(UserError):
            run.line_ids[0].entitled = 1
        with self.assertRaises(UserError):
            run.applied_at = "2026-11-01"
        with self.assertRaises(AccessError):
            run.run_product_ids[0].supply = 1000

    def test_a_simulation_that_is_out_of_date_is_refused(self):
        self._stock(100)
        self._orders(60, 50, 40)
        run = self._start()
        run.action_simulate()
        self._order(self.agent, 20)
        with self.assertRaisesRegex(UserError, "Simulate again"):
            run.action_apply()
        run.action_simulate()
        run.action_apply()
        self.assertEqual([80, 20], [
            sum(line.allocated for line in run.line_ids if line.partner_id == dealer)
            for dealer in (self.agent, self.distributor)
        ])  # fmt: skip

    def test_replay_gives_the_same(self):
        self._stock(100)
        self._orders(60, 50, 40)
        first = self._divide().run_product_ids
        second = self._start()
        second.action_simulate()
        self.assertTrue(first._replay())
        self.assertTrue(second.sudo().run_product_ids._replay())
        second.sudo().run_product_ids.inputs = [7, first.inputs[1]]
        self.assertFalse(second.sudo().run_product_ids._replay())

    def test_change_against_the_last_run(self):
        self._stock(100)
        agent, _distributor, store = self._orders(60, 50, 40)
        self._divide()
        self.policy.line_ids[2].position = 1
        run = self._start()
        run.action_simulate()
        change = {line.move_id.id: line.difference for line in run.line_ids}
        self.assertEqual([0, 40], [change[agent.id], change[store.id]])

    @mute_logger("odoo.sql_db")
    def test_an_applied_run_is_kept_for_ever(self):
        self._stock(100)
        self._orders(60, 50, 40)
        run = self._divide()
        self.env.flush_all()
        for statement in (
            "UPDATE scrm_allocation_run_line SET allocated = 0 WHERE run_id = %s",
            "DELETE FROM scrm_allocation_run_line WHERE run_id = %s",
            "UPDATE scrm_allocation_run_product SET supply = 7 WHERE run_id = %s",
            "UPDATE scrm_allocation_run SET state = 'draft' WHERE id = %s",
            "DELETE FROM scrm_allocation_run WHERE id = %s",
        ):
            with self.assertRaises(RestrictViolation), self.cr.savepoint():
                self.cr.execute(statement, [run.id])
        with self.assertRaises(UserError):
            run.unlink()
        draft = self._start()
        draft.action_simulate()
        draft.unlink()
        self.assertFalse(draft.exists())

    def test_a_cancelled_order_goes_and_its_line_stays(self):
        self._stock(100)
        agent, _distributor, _store = self._orders(60, 50, 40)
        run = self._divide()
        agent._action_cancel()
        agent.unlink()
        self.assertEqual(3, len(run.line_ids))

    # === MANY PRODUCTS === #

    def _ask_for_many(self):
        """Return two products, one more than a job divides, of which the store holds 4 of 5."""
        products = self._make_product("A") + self._make_product("B")
        for product in products:
            self.policy.copy({"product_id": product.id})
            self._stock(5, product)
            self._order(self.store, 4, product)
            self._order(self.agent, 4, product)
        for module in (
            scrm_allocation_run,
            scrm_allocation_run_apply,
            scrm_allocation_run_compute,
        ):
            self.patch(module, "BATCH", 1)
        return products

    def test_what_does_not_fit_in_a_request_goes_by_jobs(self):
        self._ask_for_many()
        with trap_jobs() as trap:
            run = self._start()
            run.action_simulate()
            self.assertEqual(0, run.progress)
            self._work(trap)
            run.invalidate_recordset()
            self.assertEqual(("draft", 100), (run.state, run.progress))
            run.action_apply()
            self.assertEqual(("applying", 0), (run.state, run.progress))
            self._work(trap)
        run.invalidate_recordset()
        self.assertEqual(("applied", 100), (run.state, run.progress))
        self.assertEqual([4, 1] * 2, run.sudo().line_ids.mapped("move_id.quantity"))

    def test_what_changes_beside_the_jobs_is_divided_anew(self):
        products = self._ask_for_many()
        with trap_jobs() as trap:
            run = self.env["scrm.allocation.run"]._allocate(self.warehouse, products, "schedule")
            while run.state == "draft":
                self._work(trap, rounds=1)
            late = self._order(self.agent, 2, products[1])
            self._work(trap)
        run.invalidate_recordset()
        self.assertEqual(("applied", 100), (run.state, run.progress))
        self.assertEqual({"applied"}, set(run.run_product_ids.mapped("state")))
        given = {line.move_id: line.move_id.quantity for line in run.line_ids}
        self.assertEqual(1, given.pop(late), "the agent's late order before the store's")
        self.assertEqual([4, 1, 4, 0], list(given.values()))

    def test_what_jobs_would_refuse_is_refused_before(self):
        self._ask_for_many()
        with trap_jobs() as trap:
            run = self._start()
            run.action_simulate()
            with self.assertRaisesRegex(UserError, "Simulate again"):
                run.action_apply()
            self._work(trap)
            line = run.line_ids.filtered(lambda line: line.allocated == 1)[0]
            line.write({"allocated": 4, "override_reason": "Opening of the shop"})
            with self.assertRaisesRegex(UserError, "there are only 5"):
                run.action_apply()
        self.assertEqual("draft", run.state)

    def _work(self, trap, rounds=100):
        """Perform jobs and what they enqueue, each once."""
        while trap.enqueued_jobs and rounds:
            rounds -= 1
            jobs, trap.enqueued_jobs[:] = list(trap.enqueued_jobs), []
            for job in jobs:
                job.perform()
                self.env.flush_all()

    def test_queries_do_not_grow_with_orders(self):
        self._stock(10)
        for _number in range(3):
            self._order(self.store, 5)
        counts = []
        for _round in range(2):
            run = self._start()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            run.action_simulate()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
            for _number in range(12):
                self._order(self.store, 5)
        self.assertLessEqual(counts[1], counts[0] + 2)
