from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestTouch(ScrmCase):
    """Whoever something happened to is refreshed, once and not too early."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Touch = cls.env["scrm.customer.touch"]
        cls.customer = cls._make_customer("陈女士", "13826001001")
        cls.partner = cls._make_partner(name="陈女士")
        cls.env["scrm.identity"].flush_model()
        cls.product = cls.env["product.product"].create({"name": "Filter", "list_price": 100})
        cls.env.cr.execute("DELETE FROM scrm_customer_touch")

    def _take(self):
        """Return {company: customers} taken off the list."""
        self.env.flush_all()
        return {
            self.env["res.company"].browse(company): self.env["scrm.customer"].browse(sorted(ids))
            for company, ids in self.Touch._take().items()
        }

    def _order(self, price=100):
        return self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.product.id, "price_unit": price, "tax_ids": False}
                    )
                ],
            }
        )

    def test_an_interaction_touches_its_customer_once(self):
        row = {
            "identity_id": self.customer.identity_ids.id,
            "kind": "note",
            "summary": "Called",
            "dedupe_key": "test:1",
            "company_id": self.company.id,
        }
        self.env["scrm.interaction"]._record([row, {**row, "dedupe_key": "test:2"}])
        self.assertEqual({self.company: self.customer}, self._take())
        self.env["scrm.interaction"]._record([row])  # known: nothing happened
        self.assertEqual({}, self._take())

    def test_a_merge_touches_both_and_undoing_it_too(self):
        other = self._make_customer("小陈", "13826001002")
        self._take()
        link = self.customer.identity_ids._attach(other.identity_ids, rule="manual")
        self.assertEqual(self.customer | other, self._take()[self.company])
        link.action_undo()
        self.assertEqual(self.customer | other, self._take()[self.company])

    def test_orders_touch_when_figures_change(self):
        order = self._order()
        self.assertEqual({}, self._take())
        order.action_confirm()
        customer = self.partner.scrm_customer_id
        self.assertEqual({self.company: customer}, self._take())
        order.order_line.price_unit = 90
        self.assertEqual({self.company: customer}, self._take())
        order.note = "Ring twice"
        self.assertEqual({}, self._take())
        order._action_cancel()
        self.assertEqual({self.company: customer}, self._take())

    def test_the_organisation_above_is_touched_too(self):
        shop = self._make_partner(name="福田体验店", is_company=True)
        self.partner.parent_id = shop
        (shop | self.partner)._scrm_ensure_identity()
        self._take()
        self._order().action_confirm()
        self.assertEqual(
            shop.scrm_customer_id | self.partner.scrm_customer_id, self._take()[self.company]
        )

    def test_a_merged_customer_brings_the_one_in_force(self):
        other = self._make_customer("小陈", "13826001002")
        self.Touch._touch(other, self.company)
        self.customer.identity_ids._attach(other.identity_ids, rule="manual")
        self.env.cr.execute(
            "DELETE FROM scrm_customer_touch WHERE customer_id = %s", [self.customer.id]
        )
        self.assertIn(self.customer, self._take()[self.company])

    def test_without_a_company_all_of_the_pool(self):
        sister = self.env["res.company"].create({"name": "Sister", "scrm_pool_id": self.pool.id})
        self.Touch._touch(self.customer)
        self.assertEqual({self.company, sister}, set(self._take()))

    def test_a_failed_refresh_leaves_the_touches(self):
        self.Touch._touch(self.customer, self.company)
        Customer = self.env.registry["scrm.customer"]
        with (
            patch.object(Customer, "_refresh_derived", side_effect=ValueError("broken")),
            self.assertRaises(ValueError),
            self.env.cr.savepoint(),
        ):
            self.Touch._refresh()
        self.assertEqual({self.company: self.customer}, self._take())

    def test_the_crons_run(self):
        self.Touch._touch(self.customer, self.company)
        with self.enter_registry_test_mode():
            self.env.ref("scrm_base.ir_cron_refresh_customers").method_direct_trigger()
            self.env.ref("scrm_base.ir_cron_refresh_all_customers").method_direct_trigger()
        self.assertFalse(self.Touch.search([("customer_id", "=", self.customer.id)]))

    def test_touching_is_one_statement_for_many(self):
        customers = self.customer | self._make_customer("李先生", "13826001003")
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.Touch._touch(customers, self.company)
