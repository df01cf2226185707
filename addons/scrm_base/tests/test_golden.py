from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.scrm_base.tools.handles import Handle

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestGolden(ScrmCase):
    """Which value a customer is shown with, and where it says that it comes from."""

    def _golden(self, customer):
        return {
            name: (source["source"], source["reason"]) for name, source in customer.golden.items()
        }

    def _snapshot(self, *customers):
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            (c.name, c.kind, c.phone_display, c.email_display, c.golden, c.name_manual)
            for c in customers
        ]

    def test_a_single_source(self):
        customer = self._make_customer("陈女士", phone="13826001001")
        self.assertEqual(
            {"name": ("phone", "only"), "phone": ("phone", "only")}, self._golden(customer)
        )
        self.assertEqual("+86138****1001", customer.phone_display)
        self.assertFalse(customer.email_display)

    def test_what_a_handle_is_born_with_is_what_would_be_chosen(self):
        born = [
            self._make_identity("phone", "+8613826001001", name="陈女士"),
            self._make_identity("phone", "+8613826001002"),
            self._make_identity("email", "chen@example.com"),
            self._make_identity("openid", "oAbCdEfGhIj", name="小陈"),
            self._make_identity("openid", "oKlMnOpQrSt"),
            self._make_partner(name="陈晓雨")._scrm_ensure_identity(),
            self._make_partner(name="陈记", is_company=True)._scrm_ensure_identity(),
        ]
        customers = [identity.customer_id for identity in born]
        before = self._snapshot(*customers)
        for customer in customers:
            customer._rebuild_golden()
        self.assertEqual(before, self._snapshot(*customers))
        self.assertEqual("organisation", customers[-1].kind)
        self.assertTrue(all(customer.name for customer in customers))

    def test_names_by_hand_then_of_contacts_then_the_newest(self):
        old = self._make_identity("card", "c1", name="小陈")
        new = self._make_identity("card", "c2", name="陈")
        now = fields.Datetime.now()
        old.first_seen_at, new.first_seen_at = now - timedelta(days=2), now
        old._attach(new, rule="manual")
        customer = old.customer_id
        customer._rebuild_golden()
        self.assertEqual(("陈", "newest"), (customer.name, customer.golden["name"]["reason"]))
        partner = self._make_partner(name="陈晓雨")
        old._attach(partner._scrm_ensure_identity(), rule="manual")
        self.assertEqual("陈晓雨", customer.name)
        self.assertEqual(("partner", "manual"), self._golden(customer)["name"])
        customer.name = "陈晓雨女士"
        self.assertEqual(("customer", "manual"), self._golden(customer)["name"])
        partner.name = "陈小姐"
        self.assertEqual("陈晓雨女士", customer.name)

    def test_the_number_shown_is_the_verified_one_then_the_newest(self):
        customer = self._make_customer("陈女士", phone="13826001001")
        second = self._make_identity("phone", "+8613826001002")
        third = self._make_identity("phone", "+8613826001003")
        for identity in (second, third):
            customer.identity_ids[0]._attach(identity, rule="manual")
        now = fields.Datetime.now()
        for days, identity in enumerate((second, third, customer.identity_ids.sorted("id")[0])):
            identity.last_seen_at = now - timedelta(days=days + 1)
        self.assertEqual("+86138****1002", customer.phone_display)
        self.assertEqual(("phone", "newest"), self._golden(customer)["phone"])
        scope = self.pool._get_scope()
        self.env["scrm.identity"]._resolve(
            Handle("phone", scope, "+8613826001003", verified=True), pool=self.pool
        )
        self.assertEqual("+86138****1003", customer.phone_display)
        self.assertEqual(("phone", "verified"), self._golden(customer)["phone"])

    def test_an_organisation_says_which_contact_makes_it_one(self):
        shop = self._make_partner(name="福田体验店", is_company=True)
        identity = shop._scrm_ensure_identity()
        customer = shop.scrm_customer_id
        self.assertEqual("organisation", customer.kind)
        self.assertEqual(identity.id, customer.golden["kind"]["identity"])
        shop.is_company = False
        self.assertEqual("person", customer.kind)
        self.assertNotIn("kind", customer.golden)

    def test_merging_and_undoing_gives_back_exactly_what_was(self):
        first = self._make_customer("陈女士", phone="13826001001", email="a@example.com")
        second = self._make_customer("陈晓雨女士", phone="13826001002")
        second.name = "陈总"
        second._ensure_partner()
        before = self._snapshot(first, second)
        link = first.identity_ids[0]._attach(second.identity_ids[0], rule="manual")
        self.assertEqual("陈总", first.name)
        merged = self._snapshot(first)
        self.assertNotEqual(before[:1], merged)
        link.action_undo()
        self.assertEqual(before, self._snapshot(first, second))
        first.identity_ids[0]._attach(second.identity_ids[0], rule="manual")
        self.assertEqual(merged, self._snapshot(first))

    def test_a_rebuild_chooses_the_same(self):
        customer = self._make_customer("陈女士", phone="13826001001", email="a@example.com")
        partner = customer._ensure_partner()
        partner.name = "陈晓雨"
        other = self._make_customer("陈", phone="13826001002")
        customer.identity_ids[0]._attach(other.identity_ids[0], rule="manual")
        before = self._snapshot(customer, other)
        self.env.cr.execute(
            "UPDATE scrm_customer SET golden = NULL, name = 'x', kind = NULL WHERE id = ANY(%s)",
            [[customer.id, other.id]],
        )
        self.env.invalidate_all()
        (customer | other)._rebuild_golden()
        self.assertEqual(before, self._snapshot(customer, other))

    def test_the_page_says_where_it_comes_from(self):
        viewer = self._make_user("golden.viewer", "scrm_base.group_scrm_base_viewer")
        customer = self._make_customer("陈女士", phone="13826001001")
        self.assertEqual(
            [
                {
                    "label": label,
                    "source": "Phone",
                    "handle": "+86138****1001",
                    "reason": "nothing says otherwise",
                }
                for label in ("Name", "Phone")
            ],
            customer.with_user(viewer).golden_sources,
        )
