from odoo.exceptions import AccessError
from odoo.tests import tagged

from .allocation_case import AllocationCase


@tagged("post_install", "-at_install")
class TestAllocationReport(AllocationCase):
    def test_fill_rate_is_that_of_the_sums_and_of_the_last_run(self):
        self._stock(30)
        self._order(self.store, 10)
        self._order(self.store, 90)
        self._divide()
        self._stock(20)
        self._divide()
        Report = self.env["scrm.allocation.report"].with_user(self.preparer)
        [(grade, demand, allocated, rate)] = Report._read_group(
            [("grade_id", "=", self.grade_store.id)],
            ["grade_id"],
            ["demand:sum", "allocated:sum", "fill_rate:avg"],
        )
        self.assertEqual((self.grade_store, 100, 50, 50), (grade, demand, allocated, rate))
        lines = Report.search([("grade_id", "=", self.grade_store.id)])
        self.assertEqual([10, 40], sorted(lines.mapped("allocated")))
        stranger = self._make_user(
            "report.stranger",
            "scrm_settlement.group_scrm_settlement_manager",
            company=self.company_other,
        )
        with self.assertRaises(AccessError):
            lines.with_user(stranger).with_context(allowed_company_ids=self.company_other.ids).read(
                ["demand"]
            )

    def test_what_a_backorder_asks_for_again_is_asked_for_once(self):
        Report = self.env["scrm.allocation.report"].with_user(self.preparer)

        def get_sums():
            self.env.flush_all()
            [sums] = Report._read_group(
                [("partner_id", "=", self.store.id)],
                [],
                ["demand:sum", "allocated:sum", "missing:sum", "fill_rate:avg"],
            )
            return sums

        self._stock(6)
        move = self._order(self.store, 10)
        self._divide()
        move.write({"quantity": 6, "picked": True})
        move.picking_id._action_done()
        self.assertTrue(move.picking_id.backorder_ids)
        self.assertEqual((10, 6, 4, 60), get_sums())
        self._stock(1)
        self._divide()
        self.assertEqual((10, 7, 3, 70), get_sums())
        self._stock(3)
        self._divide()
        self.assertEqual((10, 10, 0, 100), get_sums())

    def test_badge_on_orders(self):
        self._stock(30)
        move, other = self._order(self.store, 40), self._order(self.agent, 20)
        orders = (move + other).sale_line_id.order_id
        self.assertEqual([False, False], orders.mapped("scrm_alloc_label"))
        self._divide()
        orders.invalidate_recordset()
        salesman = self._make_user("badge.salesman", "sales_team.group_sale_salesman_all_leads")
        self.assertEqual(
            ["Allocated 25 %", "Allocated 100 %"],
            orders.with_user(salesman).mapped("scrm_alloc_label"),
        )
        self.assertEqual([25, 100], orders.mapped("scrm_alloc_share"))
        orders = orders.browse(orders.ids)
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            orders.mapped("scrm_alloc_label")
