from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tests.common import unprotected
from odoo.addons.scrm_base.tests.race_case import RaceCase

CODE = "allocation-race-test"
TABLES = ("scrm_allocation_run_line", "scrm_allocation_run_product", "scrm_allocation_run")


@tagged("post_install", "-at_install")
class TestAllocationRace(RaceCase):
    """Two people divide at once, on two real connections."""

    is_production = False

    def _prepare(self, env):
        company = env.ref("base.main_company")
        warehouse = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        product = env["product.product"].create(
            {"name": CODE, "type": "consu", "is_storable": True}
        )
        env["scrm.allocation.policy"].create(
            {
                "name": CODE,
                "company_id": company.id,
                "product_id": product.id,
                "is_automatic": False,
                "line_ids": [Command.create({"method": "proportional"})],
            }
        )
        env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 100)
        self.company_id, self.warehouse_id = company.id, warehouse.id
        self.product_id = product.id
        self._ask(env, 80)
        self._ask(env, 80)

    def _ask(self, env, quantity):
        warehouse = env["stock.warehouse"].browse(self.warehouse_id)
        locations = {
            "location_id": warehouse.lot_stock_id.id,
            "location_dest_id": env.ref("stock.stock_location_customers").id,
        }
        picking = env["stock.picking"].create(
            {
                "picking_type_id": warehouse.out_type_id.id,
                **locations,
                "move_ids": [
                    Command.create(
                        {"product_id": self.product_id, "product_uom_qty": quantity, **locations}
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()

    def _take_away(self, env):
        cr = env.cr
        moves = env["stock.move"].search([("product_id", "=", self.product_id)])
        pickings = moves.picking_id
        moves._action_cancel()
        env.flush_all()
        cr.execute(
            "SELECT run_id FROM scrm_allocation_run_product WHERE product_id = %s",
            [self.product_id],
        )
        run_ids = [row[0] for row in cr.fetchall()]
        cr.execute("DELETE FROM scrm_allocation_state WHERE product_id = %s", [self.product_id])
        with unprotected(cr, *TABLES):
            cr.execute("DELETE FROM scrm_allocation_run WHERE id = ANY(%s)", [run_ids])
        moves.unlink()
        pickings.unlink()
        quants = env["stock.quant"].search([("product_id", "=", self.product_id)])
        quants.sudo().with_context(inventory_mode=True).unlink()
        env["scrm.allocation.policy"].search([("name", "=", CODE)]).unlink()
        env["product.product"].browse(self.product_id).product_tmpl_id.unlink()

    def _divide(self, env):
        run = env["scrm.allocation.run"]._allocate(
            env["stock.warehouse"].browse(self.warehouse_id),
            env["product.product"].browse(self.product_id),
            "schedule",
        )
        return run.id

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_people_divide_at_once(self):
        """The second waits, is run again on what the first left, and gives away no more."""

        def ask_and_divide(env):
            self._ask(env, 40)
            return self._divide(env)

        # The snapshot of the second is from before the third order.
        first_id, outcome, attempts = self._race(ask_and_divide, self._divide)
        self.assertIsInstance(outcome, int)
        self.assertEqual(2, attempts)
        with self._connect() as env:
            runs = env["scrm.allocation.run.product"].search([("product_id", "=", self.product_id)])
            self.assertEqual({"applied"}, set(runs.mapped("state")))
            self.assertEqual(2, len(runs))
            self.assertIn(first_id, runs.run_id.ids)
            moves = env["stock.move"].search([("product_id", "=", self.product_id)])
            self.assertEqual([20, 40, 40], sorted(moves.mapped("scrm_alloc_qty")))
            self.assertEqual(100, sum(moves.mapped("quantity")))
