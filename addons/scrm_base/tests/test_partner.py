from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestPartner(ScrmCase):
    def _phones(self, partner):
        return partner.scrm_customer_id.identity_ids.filtered(
            lambda identity: identity.id_type == "phone"
        ).mapped("value")

    def test_nothing_until_business_begins(self):
        partner = self._make_partner(name="陈女士", phone="138 2600 1001")
        self.assertFalse(partner.scrm_customer_id)
        identity = partner._scrm_ensure_identity()
        self.assertEqual(("partner", partner), (identity.id_type, identity.partner_id))
        customer = partner.scrm_customer_id
        self.assertEqual(identity.customer_id, customer)
        self.assertEqual(("陈女士", "person"), (customer.name, customer.kind))
        self.assertEqual(["+8613826001001"], self._phones(partner))
        self.assertEqual(identity, partner._scrm_ensure_identity())

    def test_nobodys_customers(self):
        user = self._make_user("colleague")
        vendor = self._make_partner(name="Vendor")
        vendor._increase_rank("supplier_rank")
        nobody = user.partner_id | self.company.partner_id | vendor
        nobody |= self.env.ref("base.public_user").partner_id
        self.assertFalse(nobody._scrm_ensure_identity())
        buying_vendor = self._make_partner(name="Vendor who buys")
        buying_vendor._increase_rank("supplier_rank")
        buying_vendor._increase_rank("customer_rank")
        self.assertTrue(buying_vendor._scrm_ensure_identity())

    def test_a_portal_user_is_a_customer(self):
        partner = self._make_user("portal.customer", "base.group_portal").partner_id
        self.assertTrue(partner._scrm_ensure_identity())

    def test_an_organisation_and_its_people(self):
        shop = self._make_partner(name="福田体验店", is_company=True, phone="0755-8888 1234")
        clerk = self._make_partner(name="店员", parent_id=shop.id, email="clerk@example.com")
        address = self._make_partner(name="仓库", parent_id=shop.id, type="delivery")
        (shop | clerk | address)._scrm_ensure_identity()
        self.assertEqual("organisation", shop.scrm_customer_id.kind)
        self.assertEqual("person", clerk.scrm_customer_id.kind)
        self.assertNotEqual(shop.scrm_customer_id, clerk.scrm_customer_id)
        self.assertEqual(shop.scrm_customer_id, address.scrm_customer_id)
        self.assertEqual(shop, shop.scrm_customer_id.partner_ids)

    def test_a_number_of_the_company_ties_none_of_its_people(self):
        phone = "0755-8888 1234"
        shop = self._make_partner(name="福田体验店", is_company=True, phone=phone)
        clerks = self._make_partner(name="甲", parent_id=shop.id, phone=phone)
        clerks |= self._make_partner(name="乙", parent_id=shop.id, phone=phone)
        clerks._scrm_ensure_identity()
        self.assertEqual([], self._phones(clerks[0]))
        shop._scrm_ensure_identity()
        self.assertEqual(["+8675588881234"], self._phones(shop))
        self.assertEqual(3, len((shop | clerks).scrm_customer_id))

    def test_a_number_that_colleagues_share_is_nobodys(self):
        shop = self._make_partner(name="福田体验店", is_company=True)
        clerks = self._make_partner(name="甲", parent_id=shop.id, phone="13826001001")
        clerks |= self._make_partner(name="乙", parent_id=shop.id, phone="13826001001")
        (shop | clerks)._scrm_ensure_identity()
        self.assertEqual([], self._phones(clerks[0]) + self._phones(clerks[1]))

    def test_a_number_of_somebody_else_ties_nobody(self):
        first = self._make_partner(name="陈女士", phone="13826001001")
        first._scrm_ensure_identity()
        second = self._make_partner(name="陈先生", phone="13826001001")
        second._scrm_ensure_identity()
        self.assertNotEqual(first.scrm_customer_id, second.scrm_customer_id)
        self.assertEqual([], self._phones(second))
        # In one batch it is the same: the elder contact keeps the number.
        twins = self._make_partner(name="A", phone="13826001002")
        twins |= self._make_partner(name="B", phone="13826001002")
        twins._scrm_ensure_identity()
        self.assertEqual(2, len(twins.scrm_customer_id))
        self.assertEqual(["+8613826001002"], self._phones(twins[0]))

    def test_somebody_known_by_phone_alone_gets_the_contact(self):
        known = self._make_customer("陈女士", phone="13826001001")
        partner = self._make_partner(name="陈晓雨", phone="138-2600-1001")
        partner._scrm_ensure_identity()
        self.assertEqual(known, partner.scrm_customer_id)
        self.assertEqual("陈晓雨", known.name)

    def test_a_new_number_on_the_card_is_added(self):
        partner = self._make_partner(name="陈女士", phone="13826001001")
        partner._scrm_ensure_identity()
        partner.phone = "13826001002"
        partner._scrm_ensure_identity()
        self.assertEqual({"+8613826001001", "+8613826001002"}, set(self._phones(partner)))

    def test_each_pool_knows_its_own(self):
        partner = self._make_partner(name="陈女士", phone="13826001001")
        partner._scrm_ensure_identity()
        here = partner.scrm_customer_id
        elsewhere = partner.with_company(self.company_other)
        self.assertFalse(elsewhere.scrm_customer_id)
        elsewhere._scrm_ensure_identity()
        self.assertEqual(self.pool_other, elsewhere.scrm_customer_id.pool_id)
        self.assertNotEqual(here, elsewhere.scrm_customer_id)

    def test_searching_contacts_by_customer(self):
        shop = self._make_partner(name="福田体验店", is_company=True)
        address = self._make_partner(name="仓库", parent_id=shop.id, type="delivery")
        clerk = self._make_partner(name="店员", parent_id=shop.id)
        shop._scrm_ensure_identity()
        everybody = ("id", "in", (shop | address | clerk).ids)
        Partner = self.env["res.partner"]
        customer = shop.scrm_customer_id
        for domain, expected in [
            ([("scrm_customer_id", "=", customer.id)], shop | address),
            ([("scrm_customer_id", "!=", customer.id)], clerk),
            ([("scrm_customer_id", "=", False)], clerk),
            ([("scrm_customer_id", "!=", False)], shop | address),
            ([("scrm_customer_id", "in", [customer.id, False])], shop | address | clerk),
            ([("scrm_customer_id.name", "ilike", "福田")], shop | address),
        ]:
            with self.subTest(domain=domain):
                self.assertEqual(expected, Partner.search([everybody, *domain], order="id"))

    def test_a_batch_costs_the_same_for_any_number(self):
        def make(count, start):
            return self.env["res.partner"].create(
                [
                    {"name": f"P{i}", "phone": f"138260{i:05}", "email": f"p{i}@example.com"}
                    for i in range(start, start + count)
                ]
            )

        def ensure(partners):
            partners._scrm_ensure_identity()
            self.env.flush_all()

        ensure(make(2, 0))
        few, many = make(2, 10), make(30, 100)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        ensure(few)
        queries = self.env.cr.sql_log_count - before
        with self.assertQueryCount(queries):
            ensure(many)

    def test_one_click_from_the_contact(self):
        operator = self._make_user("operator", "scrm_base.group_scrm_base_operator")
        viewer = self._make_user("viewer", "scrm_base.group_scrm_base_viewer")
        partner = self._make_partner(name="陈女士")
        with self.assertRaises(UserError):
            partner.with_user(viewer).action_scrm_open_customer()
        action = partner.with_user(operator).action_scrm_open_customer()
        self.assertEqual(
            ("scrm.customer", partner.scrm_customer_id.id), (action["res_model"], action["res_id"])
        )
        self.assertEqual(action, partner.with_user(viewer).action_scrm_open_customer())
        with self.assertRaises(UserError):
            viewer.partner_id.with_user(operator).action_scrm_open_customer()

    def test_a_deleted_contact_leaves_its_customer(self):
        partner = self._make_partner(name="陈女士", phone="13826001001")
        partner._scrm_ensure_identity()
        customer = partner.scrm_customer_id
        partner.unlink()
        self.assertFalse(customer.partner_ids)
        self.assertEqual(2, len(customer.identity_ids))
        self.assertTrue(customer.name)
