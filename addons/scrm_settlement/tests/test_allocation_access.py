from odoo.exceptions import AccessError
from odoo.tests import tagged

from .allocation_case import AllocationCase


@tagged("post_install", "-at_install")
class TestAllocationAccess(AllocationCase):
    """Who divides, who only looks on, and who need not know."""

    def test_roles(self):
        self._stock(100)
        self._orders(60, 50, 40)
        run = self._divide()
        self.assertEqual(3, len(run.with_user(self.preparer).line_ids))
        run_draft = self._start()
        run_draft.action_simulate()
        as_preparer = run_draft.with_user(self.preparer)
        self.assertEqual(3, as_preparer.line_count)
        for step in ("action_simulate", "action_apply", "action_discard"):
            with self.assertRaises(AccessError):
                getattr(as_preparer, step)()
        with self.assertRaises(AccessError):
            self._start(self.preparer)
        with self.assertRaises(AccessError):
            as_preparer.line_ids[0].write({"allocated": 1, "override_reason": "x"})
        with self.assertRaises(AccessError):
            self.policy.with_user(self.preparer).name = "Mine"
        self.policy.with_user(self.channel).name = "Ours"

    def test_others_see_nothing(self):
        self._stock(100)
        self._orders(60, 50, 40)
        run = self._divide()
        stranger = self._make_user(
            "allocation.stranger",
            "scrm_settlement.group_scrm_settlement_manager",
            company=self.company_other,
        )
        portal = self._make_user("allocation.portal", "base.group_portal")
        portal.partner_id.parent_id = self.agent
        for user in (stranger, portal):
            for record in (self.policy, run, run.run_product_ids, run.line_ids):
                with self.assertRaises(AccessError):
                    record.with_user(user).with_context(
                        allowed_company_ids=user.company_ids.ids
                    ).read(["display_name"])

    def test_a_salesman_and_a_storekeeper_reserve_without_knowing_policies(self):
        user = self._make_user(
            "allocation.stock", "stock.group_stock_user", "sales_team.group_sale_salesman"
        )
        self._stock(100)
        moves = self._orders(60, 50, 40)
        self._divide()
        moves[2].picking_id.with_user(user).action_assign()
        self.assertEqual(0, moves[2].quantity)
        self.assertTrue(self.policy.with_user(user).read(["name"]))
        with self.assertRaises(AccessError):
            self.policy.with_user(user).name = "Mine"
