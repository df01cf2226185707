from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .allocation_case import AllocationCase


@tagged("post_install", "-at_install")
class TestDealerForm(AllocationCase):
    """What the form of a dealer shows of his goods, and of those below him."""

    def test_open_allocations_are_those_of_the_last_run(self):
        self._stock(30)
        move = self._order(self.store, 40)
        self._divide()
        self._stock(5)
        self._divide()
        store = self.store.with_user(self.preparer)
        line = store.scrm_open_allocation_ids
        self.assertEqual(
            (move, 40, 35, 5), (line.move_id, line.demand, line.allocated, line.missing)
        )
        self.assertEqual(line.run_id.id, line.action_open_run()["res_id"])
        self.assertFalse(self.agent.with_user(self.preparer).scrm_open_allocation_ids)
        move.sudo()._action_cancel()
        store.invalidate_recordset()
        self.assertFalse(store.scrm_open_allocation_ids)

    def test_one_query_for_many_dealers(self):
        self._stock(30)
        self._order(self.store, 10)
        self._order(self.agent, 10)
        self._divide()
        dealers = (self.store + self.agent).with_user(self.preparer)
        for name in ("scrm_open_allocation_ids", "scrm_downline_count"):
            counts = []
            for some in (dealers[:1], dealers[:1], dealers):  # at first, rights are asked for
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                some.with_prefetch(some.ids).mapped(name)
                counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(counts[1], counts[2], name)

    def test_tabs_are_for_dealers(self):
        user = self._make_user(
            "form.user",
            "base.group_partner_manager,scrm_settlement.group_scrm_settlement_preparer",
        )
        view = (
            self.env["res.partner"]
            .with_user(user)
            .get_view(self.env.ref("base.view_partner_form").id, "form")
        )
        for name in ("scrm_settlement", "scrm_allocation", "scrm_hierarchy"):
            self.assertIn(f'name="{name}"', view["arch"])
        self.store.scrm_upline_id = self.agent
        with Form(self.agent.with_user(user)) as form:
            self.assertEqual(1, form.scrm_downline_count)
            self.assertEqual([self.store.id], form.scrm_downline_ids.ids)

    def test_no_account_is_a_sentence(self):
        store = self.store.with_user(self.preparer)
        self.assertFalse(store.scrm_credit_account_id)
        with self.assertRaisesRegex(UserError, "no credit account"):
            store.action_scrm_credit_holds()
