from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import ScrmCase


class TagCase(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer("陈女士", "13826001001", "chen@example.com")
        cls.phone, cls.email = cls.customer.identity_ids.sorted("id")
        cls.tag, cls.tag_other = cls.env["scrm.tag"].create(
            [{"name": "Filters"}, {"name": "Talks a lot", "kind": "behaviour"}]
        )
        cls.Assign = cls.env["scrm.tag.assign"]
        cls.viewer = cls._make_user("viewer", "scrm_base.group_scrm_base_viewer")
        cls.operator = cls._make_user("operator", "scrm_base.group_scrm_base_operator")
        cls.manager = cls._make_user("manager", "scrm_base.group_scrm_base_manager")

    def _assign(self, identity=None, tag=None, **vals):
        row = {"identity_id": (identity or self.phone).id, "tag_id": (tag or self.tag).id, **vals}
        self.Assign._assign([row])

    def _get_rows(self):
        return [
            (row.identity_id, row.tag_id, row.weight, row.reference)
            for row in self.customer.tag_assign_ids.sorted("id")
        ]


@tagged("post_install", "-at_install")
class TestTags(TagCase):
    def test_the_same_source_renews_another_adds(self):
        for _twice in range(2):
            self._assign(reference="campaign:1", weight=2)
        self.assertEqual([(self.phone, self.tag, 2, "campaign:1")], self._get_rows())
        self._assign(reference="campaign:1", weight=3.25, expires_at="2030-01-01 00:00:00")
        self._assign(reference="campaign:2", weight=1)
        self.assertEqual([3.25, 1], self.customer.tag_assign_ids.sorted("id").mapped("weight"))
        self.assertEqual(self.tag, self.customer.tag_ids)
        self.Assign._assign(
            [
                {"identity_id": self.phone.id, "tag_id": self.tag.id, "weight": weight}
                for weight in (5, 6)
            ]
        )  # of the same key twice in a batch the last counts
        self.assertEqual(6, max(self.customer.tag_assign_ids.mapped("weight")))

    def test_a_batch_costs_what_one_costs(self):
        def count(number):
            rows = [
                {"identity_id": self.phone.id, "tag_id": self.tag.id, "reference": str(i)}
                for i in range(number)
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Assign._assign(rows)
            return self.env.cr.sql_log_count - before

        self.assertEqual(count(1), count(50))

    def test_a_tag_touches_its_customer(self):
        Touch = self.env["scrm.customer.touch"]
        self.env.flush_all()
        Touch._take()
        self._assign()
        self.assertEqual({self.company.id: self.customer.ids}, Touch._take())
        self.env["scrm.tag.rule"]._evaluate(self.company)
        self.assertEqual({}, Touch._take())

    def test_what_has_expired_is_gone(self):
        now = fields.Datetime.now()
        self._assign(expires_at=now - timedelta(hours=1))
        self._assign(tag=self.tag_other, expires_at=now + timedelta(hours=1))
        self.assertEqual(self.tag_other, self.customer.tag_ids)
        self.assertFalse(self.env["scrm.customer"].search([("tag_ids", "in", self.tag.ids)]))
        self.env["scrm.customer"]._refresh_all(self.company)
        self.assertEqual(self.tag_other, self.customer.tag_assign_ids.tag_id)

    def test_a_merge_moves_no_tag_and_undoing_it_gives_them_back(self):
        other = self._make_customer("小陈", "13826001002")
        self._assign()
        self._assign(identity=other.identity_ids, tag=self.tag_other)
        link = self.phone._attach(other.identity_ids, rule="manual")
        self.assertEqual(self.tag | self.tag_other, self.customer.tag_ids)
        link.action_undo()
        self.assertEqual((self.tag, self.tag_other), (self.customer.tag_ids, other.tag_ids))
        self.env["scrm.identity"]._rebuild()
        self.assertEqual((self.tag, self.tag_other), (self.customer.tag_ids, other.tag_ids))

    def test_tags_are_searched_on_customers_and_contacts(self):
        partner = self._make_partner(name="李先生", phone="13826001009")
        identity = partner._scrm_ensure_identity()
        self._assign(identity=identity)
        self._assign(tag=self.tag_other)
        customers, ours = self.env["scrm.customer"], [("pool_id", "=", self.pool.id)]
        for domain, expected in (
            ([("tag_ids", "=", self.tag.id)], identity.customer_id),
            ([("tag_ids", "!=", self.tag.id)], self.customer),
            ([("tag_ids.kind", "=", "behaviour")], self.customer),
            ([("tag_ids", "ilike", "filt")], identity.customer_id),
            ([("tag_ids", "=", False)], customers),
            ([("tag_ids", "!=", False)], self.customer | identity.customer_id),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(expected, customers.search(ours + domain, order="id"))
        self.assertEqual(
            partner, self.env["res.partner"].search([("scrm_tag_ids", "in", self.tag.ids)])
        )
        self.assertEqual(self.tag, partner.scrm_tag_ids)
        mine = [("id", "=", partner.id)]
        Partner = self.env["res.partner"]
        self.assertFalse(Partner.search([*mine, ("scrm_tag_ids", "=", False)]))
        self.assertFalse(Partner.search([*mine, ("scrm_tag_ids", "!=", self.tag.id)]))
        unknown = self._make_partner(name="Nobody yet")
        self.assertTrue(Partner.search([("id", "=", unknown.id), ("scrm_tag_ids", "=", False)]))

    def test_each_number_opens_what_it_counts(self):
        self._assign()
        self.assertEqual(1, self.tag.customer_count)
        action = self.tag.action_view_customers()
        self.assertEqual(self.customer, self.env["scrm.customer"].search(action["domain"]))

    def test_an_operator_tags_on_the_page(self):
        page = "scrm_base.scrm_customer_view_form"
        with Form(self.customer.with_user(self.operator), page) as form:
            form.tag_ids.add(self.tag)
        row = self.customer.tag_assign_ids
        self.assertEqual(("manual", self.operator), (row.source, row.user_id))
        with Form(self.customer.with_user(self.operator), page) as form:
            form.tag_ids.remove(self.tag.id)
        self.assertFalse(self.customer.tag_ids)
        with self.assertRaises(AccessError):
            self.customer.with_user(self.viewer).tag_ids = self.tag

    def test_what_others_gave_is_not_taken_away(self):
        self._assign(reference="campaign:1")
        with self.assertRaises(UserError):
            self.customer.with_user(self.operator).tag_ids = False
        self.customer.with_user(self.operator).tag_ids |= self.tag_other
        self.assertEqual(self.tag | self.tag_other, self.customer.tag_ids)
        self.assertEqual(2, len(self.customer.tag_assign_ids))

    def test_contact_tags_are_those_of_all_contacts(self):
        old, new = self.env["res.partner.category"].create([{"name": "Old"}, {"name": "New"}])
        main, second = (
            self._make_partner(name=name, category_id=[Command.set(ids)])
            for name, ids in (("陈女士", []), ("陈晓雨", old.ids))
        )
        (main | second)._scrm_ensure_identity()
        main.scrm_identity_ids._attach(second.scrm_identity_ids, rule="manual")
        customer = main.scrm_customer_id
        self.assertEqual(old, customer.category_ids)
        customer.with_user(self.operator).category_ids |= new
        self.assertEqual((new, old), (main.category_id, second.category_id))
        customer.with_user(self.operator).category_ids = new
        self.assertEqual((new, old.browse()), (main.category_id, second.category_id))
        self.assertEqual(
            customer, self.env["scrm.customer"].search([("category_ids", "in", new.ids)])
        )
        with self.assertRaises(AccessError):
            customer.with_user(self.viewer).category_ids = old
        self.assertFalse(self.customer.main_partner_id)
        self.customer.with_user(self.operator).category_ids = old
        self.assertEqual(old, self.customer.main_partner_id.category_id)

    def test_roles(self):
        self._assign()
        row = self.customer.tag_assign_ids
        stranger = self._make_user(
            "stranger", "scrm_base.group_scrm_base_manager", company=self.company_other
        )
        for user in (self.viewer, self.operator, self.manager):
            self.assertEqual(1, row.with_user(user).weight)
            for change in (row.with_user(user).unlink, lambda u=user: row.with_user(u).write({})):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    change()
        with self.assertRaises(AccessError):
            row.with_user(stranger).read(["weight"])
        self.assertFalse(self.Assign.with_user(stranger).search([]))
        nobody = self._make_user("nobody")
        with self.assertRaises(AccessError):
            self.Assign.with_user(nobody).search([])
        for user in (self.viewer, self.operator):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["scrm.tag"].with_user(user).create({"name": "Mine"})
        self.env["scrm.tag"].with_user(self.manager).create({"name": "Ours"})


@tagged("post_install", "-at_install")
class TestTagRules(TagCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        water, filters = cls.env["product.category"].create(
            [{"name": "Water"}, {"name": "Filters"}]
        )
        filters.parent_id = water
        cls.product, cls.product_other = cls.env["product.product"].create(
            [{"name": "Filter", "categ_id": filters.id}, {"name": "Chair"}]
        )
        cls.partner = cls._make_partner(name="陈女士")
        cls.identity = cls.partner._scrm_ensure_identity()
        cls.identity._attach(cls.phone, rule="manual")
        cls.customer = cls.identity.customer_id
        cls.rule = cls.env["scrm.tag.rule"].create(
            {
                "tag_id": cls.tag.id,
                "product_categ_id": water.id,
                "times": 2,
                "days": 30,
                "weight": 1.5,
                "company_id": cls.company.id,
            }
        )

    def _order(self, product=None, days=0, partner=None):
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.partner).id,
                "order_line": [Command.create({"product_id": (product or self.product).id})],
            }
        )
        order.action_confirm()
        order.date_order = fields.Datetime.now() - timedelta(days=days)
        return order

    def _refresh(self):
        while self.env["scrm.customer.touch"]._refresh():
            pass

    def test_who_buys_often_enough_gets_the_tag(self):
        self._order()
        self._order(self.product_other)
        self._order(days=40)
        self._refresh()
        self.assertFalse(self.customer.tag_ids)
        home = self._make_partner(name="Home", parent_id=self.partner.id, type="delivery")
        order = self._order(partner=home)
        self._refresh()
        row = self.customer.tag_assign_ids
        self.assertEqual((self.tag, self.rule, 1.5), (row.tag_id, row.rule_id, row.weight))
        self.assertEqual("rule", row.source)
        order._action_cancel()
        self._refresh()
        self.assertFalse(self.customer.tag_assign_ids.exists())

    def test_one_product_is_enough(self):
        self.rule.write({"product_id": self.product_other.id, "product_categ_id": False})
        self._order()
        self._order()
        self.rule.action_apply()
        self.assertFalse(self.customer.tag_ids)
        self._order(self.product_other)
        self._order(self.product_other)
        self.rule.action_apply()
        self.assertEqual(self.tag, self.customer.tag_ids)
        self.assertEqual(1, self.rule.customer_count)
        action = self.rule.action_view_customers()
        self.assertEqual(self.customer, self.env["scrm.customer"].search(action["domain"]))

    def test_what_happens_often_enough_gives_the_tag(self):
        self.env["scrm.tag.rule"].create(
            {
                "tag_id": self.tag_other.id,
                "kind": "interaction",
                "interaction_kind": "message_in",
                "times": 3,
                "days": 7,
            }
        )
        other = self._make_customer("李先生", "13826001002")
        for i in range(3):
            for identity in (self.phone, other.identity_ids):
                self.env["scrm.interaction"]._record(
                    [
                        {
                            "identity_id": identity.id,
                            "kind": "message_in" if identity == self.phone else "note",
                            "summary": "Hello",
                            "dedupe_key": f"test:{identity.id}:{i}",
                        }
                    ]
                )
        self._refresh()
        self.assertEqual(self.tag_other, self.customer.tag_ids)
        self.assertFalse(other.tag_ids)
        self.assertEqual(self.phone, self.customer.tag_assign_ids.identity_id)

    def test_the_days_are_the_companys(self):
        self.company.partner_id.tz = "Asia/Shanghai"
        since = self.rule._get_since(self.company)
        self.assertEqual((16, 0), (since.hour, since.minute))
        self.company.partner_id.tz = False
        self.assertEqual(0, self.rule._get_since(self.company).hour)

    def test_all_at_night_is_what_each_is_by_day(self):
        self._order()
        self._order()
        self._refresh()
        expected = self._get_rows()
        self.assertEqual(1, len(expected))
        self.Assign.search([("source", "=", "rule")]).unlink()
        self._assign(tag=self.tag_other)  # no rule's word: stays
        self.env["scrm.customer"]._refresh_all(self.company)
        self.assertLess(set(expected), set(self._get_rows()))
        self.assertEqual(self.tag | self.tag_other, self.customer.tag_ids)
        self.rule.active = False
        self.env["scrm.customer"]._refresh_all(self.company)
        self.assertEqual(self.tag_other, self.customer.tag_ids)

    def test_a_merge_earns_the_tag_together_and_its_undoing_loses_it(self):
        second = self._make_partner(name="陈晓雨")
        identity = second._scrm_ensure_identity()
        self._order()
        self._order(partner=second)
        self._refresh()
        self.assertFalse((self.customer | identity.customer_id).tag_ids)
        link = self.identity._attach(identity, rule="manual")
        self._refresh()
        self.assertEqual(self.tag, self.customer.tag_ids)
        link.action_undo()
        self._refresh()
        self.assertFalse((self.customer | identity.customer_id).tag_ids)

    def test_any_number_of_rules_and_customers_is_one_statement(self):
        self.rule.copy({"tag_id": self.tag_other.id})
        self._order()
        self._order()
        Rule = self.env["scrm.tag.rule"]
        Rule._evaluate(self.company)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        Rule._evaluate(self.company)
        few = self.env.cr.sql_log_count - before
        for number in range(10):
            self.rule.copy({"times": number + 1})
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        Rule._evaluate(self.company)
        self.assertEqual(few, self.env.cr.sql_log_count - before)
        self.assertEqual(self.tag | self.tag_other, self.customer.tag_ids)

    def test_another_company_is_left_alone(self):
        self.rule.company_id = False
        self._assign(company_id=self.company_other.id, source="rule", reference="1")
        self._order()
        self._order()
        self.rule.action_apply()
        self.assertEqual(2, len(self.customer.tag_assign_ids))
        self.assertFalse(self.customer.with_company(self.company_other).tag_ids - self.tag)

    def test_a_rule_says_what(self):
        for vals in ({"kind": "interaction"}, {"kind": "product", "product_categ_id": False}):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self.rule.write(vals)

    def test_roles(self):
        with self.assertRaises(AccessError):
            self.rule.with_user(self.operator).action_apply()
        self.rule.with_user(self.manager).action_apply()
        stranger = self._make_user(
            "stranger", "scrm_base.group_scrm_base_manager", company=self.company_other
        )
        with self.assertRaises(AccessError):
            self.rule.with_user(stranger).action_apply()
