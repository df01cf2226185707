from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.scrm_base.tools.handles import Handle

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestIdentity(ScrmCase):
    def test_the_same_handle_is_the_same_customer(self):
        first = self._make_identity("phone", "+8613826001001", name="陈女士")
        again = self._make_identity("phone", "+8613826001001", name="Somebody else")
        self.assertEqual(first, again)
        self.assertEqual("陈女士", first.customer_id.name)
        self.assertEqual(first.customer_id, first.origin_customer_id)
        self.assertEqual(self.pool, first.customer_id.pool_id)

    def test_a_name_given_later_is_kept(self):
        identity = self._make_identity("phone", "+8613826001001")
        self.assertEqual("+86138****1001", identity.customer_id.name)
        self._make_identity("phone", "+8613826001001", name="陈女士")
        self.assertEqual("陈女士", identity.customer_id.name)

    def test_scopes_are_worlds_of_their_own(self):
        here = self._make_identity("openid", "o1", scope="oa:wxA")
        there = self._make_identity("openid", "o1", scope="oa:wxB")
        other_pool = self._make_identity("phone", "+8613826001001", pool=self.pool_other)
        own_pool = self._make_identity("phone", "+8613826001001")
        self.assertNotEqual(here.customer_id, there.customer_id)
        self.assertNotEqual(other_pool.customer_id, own_pool.customer_id)

    def test_a_batch_keeps_its_order_and_doubles(self):
        scope = self.pool._get_scope()
        handles = [Handle("visitor", scope, value) for value in ("a", "b", "a", "c")]
        a, b, a_again, c = self.env["scrm.identity"]._resolve_many(handles, pool=self.pool)
        self.assertEqual(a, a_again)
        self.assertEqual(["a", "b", "c"], [i.value for i in (a, b, c)])
        self.assertEqual(3, len((a | b | c).customer_id))

    def test_a_batch_costs_the_same_for_any_number(self):
        scope = self.pool._get_scope()

        def resolve(start, count):
            self.env["scrm.identity"]._resolve_many(
                [Handle("visitor", scope, f"v{i}") for i in range(start, start + count)],
                pool=self.pool,
            )
            self.env.flush_all()

        resolve(0, 2)
        queries = self._count_queries(lambda: resolve(10, 2))
        with self.assertQueryCount(queries):  # the ORM inserts in parts of a hundred
            resolve(100, 100)

    def _count_queries(self, function):
        before = self.env.cr.sql_log_count
        function()
        return self.env.cr.sql_log_count - before

    def test_verification_is_noted_once(self):
        scope = self.pool._get_scope()
        plain = Handle("email", scope, "chen@example.com")
        proven = Handle("email", scope, "chen@example.com", verified=True)
        identity = self.env["scrm.identity"]._resolve(plain)
        self.assertFalse(identity.is_verified)
        self.env["scrm.identity"]._resolve(proven)
        verified_at = identity.verified_at
        self.assertTrue(verified_at)
        self.env["scrm.identity"]._resolve(plain)
        self.assertEqual(verified_at, identity.verified_at)

    def test_the_most_recently_seen_handle_is_given(self):
        customer = self._make_customer("陈女士", phone="13826001001")
        newer = self._make_identity("phone", "+8613826001002")
        customer.identity_ids._attach(newer, rule="manual")
        old = customer.identity_ids - newer
        now = fields.Datetime.now()
        old.last_seen_at = now - timedelta(hours=2)
        newer.last_seen_at = now - timedelta(hours=1)
        self.assertEqual(newer, customer._get_identity("phone"))
        self.assertEqual(newer, customer._get_identity("phone", self.pool._get_scope()))
        self.assertFalse(customer._get_identity("phone", "pool:0"))
        # Meeting the older one again makes it the recent one.
        self._make_identity("phone", "+8613826001001")
        self.assertEqual(old, customer._get_identity("phone"))

    def test_a_partner_is_made_when_business_begins(self):
        customer = self._make_customer("陈女士", phone="138 2600 1001", email="chen@example.com")
        self.assertFalse(customer.partner_ids)
        partner = customer._ensure_partner()
        self.assertEqual(
            ("陈女士", "+8613826001001", "chen@example.com", self.company),
            (partner.name, partner.phone, partner.email, partner.company_id),
        )
        self.assertEqual(partner, customer._ensure_partner())
        self.assertEqual(customer, partner.scrm_customer_id)
        # Its card adds nothing: everything on it is known.
        partner._scrm_ensure_identity()
        self.assertEqual(3, len(customer.identity_ids))
        self.assertEqual(customer, partner.scrm_customer_id)

    def test_a_name_by_hand_wins(self):
        customer = self._make_customer("陈", phone="13826001001")
        partner = customer._ensure_partner()
        partner.name = "陈女士"
        self.assertEqual("陈女士", customer.name)
        customer.name = "陈晓雨女士"
        partner.name = "陈小姐"
        self.assertEqual("陈晓雨女士", customer.name)

    def test_found_by_a_number_that_nobody_shows(self):
        customer = self._make_customer("陈女士", phone="13826001001")
        Customer = self.env["scrm.customer"]
        self.assertEqual(customer, Customer.search([("handle_search", "=", "138-2600-1001")]))
        self.assertEqual(customer, Customer.search([("display_name", "ilike", "13826001001")]))
        self.assertFalse(Customer.search([("handle_search", "ilike", "1382600")]))
