from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ScrmCase

OWN = (
    "scrm.customer",
    "scrm.identity",
    "scrm.identity.link",
    "scrm.interaction",
    "scrm.metric",
    "scrm.lifecycle.standing",
    "scrm.lifecycle.history",
)
CONFIGURATION = ("scrm.region", "scrm.lifecycle.rule", "scrm.lifecycle.stage", "scrm.pool")


@tagged("post_install", "-at_install")
class TestAccess(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._make_customer("陈女士", "13826001001", "chen@example.com")
        cls.customer._set_stage("customer", "First order")
        cls.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": cls.customer.identity_ids[0].id,
                    "kind": "note",
                    "summary": "Asked for a filter",
                    "dedupe_key": "test:note",
                    "record": cls.customer,
                }
            ]
        )
        cls.env["scrm.metric"]._refresh(cls.company)
        cls.env.flush_all()
        cls.users = {
            role: cls._make_user(f"test.{role}", f"scrm_base.group_scrm_base_{role}")
            for role in ("viewer", "operator", "steward", "privacy", "manager")
        }
        cls.employee = cls._make_user("test.employee")
        cls.portal = cls._make_user("test.portal", "base.group_portal")
        cls.foreigner = cls._make_user(
            "test.foreigner", "scrm_base.group_scrm_base_manager", company=cls.company_other
        )

    def _own_records(self, model):
        domain = {
            "scrm.customer": [("id", "in", self.customer.ids)],
            "scrm.identity": [("customer_id", "=", self.customer.id)],
            "scrm.identity.link": [("left_id.customer_id", "=", self.customer.id)],
        }.get(model, [("customer_id", "=", self.customer.id)])
        records = self.env[model].search(domain)
        self.assertTrue(records)
        return records

    def test_every_role_reads(self):
        for user in self.users.values():
            for model in OWN:
                with self.subTest(user=user.login, model=model):
                    self._own_records(model).with_user(user).read(["display_name"])
            for model in CONFIGURATION:
                self.env[model].with_user(user).search([])

    def test_others_do_not(self):
        for user in (self.employee, self.portal):
            for model in OWN + CONFIGURATION:
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([]).read(["display_name"])

    def test_another_pool_sees_nothing(self):
        for model in OWN:
            records = self._own_records(model)
            with self.subTest(model=model):
                found = self.env[model].with_user(self.foreigner).search([])
                self.assertFalse(found & records)
                with self.assertRaises(AccessError):
                    records.with_user(self.foreigner).read(["display_name"])

    def test_a_company_of_the_same_pool_knows_the_customer_not_the_business(self):
        sister = self.env["res.company"].create(
            {"name": "Sister company", "scrm_pool_id": self.pool.id}
        )
        user = self._make_user("test.sister", "scrm_base.group_scrm_base_viewer", company=sister)
        customer = self.customer.with_user(user).with_company(sister)
        self.assertEqual("陈女士", customer.name)
        self.assertEqual("potential", customer.stage_id.code)
        self.assertFalse(customer.interaction_ids)
        with self.assertRaises(AccessError):
            self._own_records("scrm.interaction").with_user(user).read(["summary"])

    def test_nobody_writes_what_is_recorded(self):
        manager = self.users["manager"]
        for model in (*OWN[1:], "scrm.customer"):
            records = self._own_records(model).with_user(manager)
            with self.subTest(model=model):
                with self.assertRaises(AccessError):
                    records.unlink()
                if model != "scrm.customer":
                    self.assertFalse(records.has_access("write"))
                self.assertFalse(self.env[model].with_user(manager).has_access("create"))

    def test_raw_values_are_for_managers_and_the_officer(self):
        """An operator's look is logged, so no call reads the values past the dialog."""
        identity = self.customer._get_identity("phone")
        for role in ("viewer", "operator", "steward"):
            mine = identity.with_user(self.users[role])
            self.assertEqual("+86138****1001", mine.display_value)
            for field in ("value", "value_raw"):
                with self.subTest(role=role, field=field), self.assertRaises(AccessError):
                    mine.read([field])
                with self.subTest(role=role, field=field), self.assertRaises(AccessError):
                    mine.formatted_read_group([], [field], ["__count"])
            self.assertNotIn("value", mine.fields_get())
        for role in ("manager", "privacy"):
            (row,) = identity.with_user(self.users[role]).read(["value", "display_value"])
            self.assertEqual("+8613826001001", row["value"])
            self.assertEqual("+86138****1001", row["display_value"])

    def test_who_may_not_read_finds_but_does_not_fish(self):
        identity = self.customer._get_identity("phone")
        for role in ("viewer", "operator", "steward"):
            user = self.users[role]
            Customer = self.env["scrm.customer"].with_user(user)
            Identity = self.env["scrm.identity"].with_user(user)
            told = [("handle_search", "=", "138 2600 1001")]
            self.assertEqual(self.customer, Customer.search(told))
            self.assertEqual(identity, Identity.search(told))
            self.assertFalse(Identity.search([("handle_search", "ilike", "1382600")]))
            with self.assertRaises(AccessError):
                Customer.search([("identity_ids.value", "like", "+86138")])
            with self.assertRaises(AccessError):
                Identity.search([("value", "like", "+86138")])
            with self.assertRaises(AccessError):
                Identity.search([], order="value")

    def test_only_stewards_say_who_is_one(self):
        other = self._make_customer("陈晓雨", "13826001002")
        both = self.customer | other
        for role in ("viewer", "operator", "privacy"):
            with self.assertRaises(AccessError):
                both.with_user(self.users[role]).action_unite()
            with self.assertRaises(AccessError):
                both.with_user(self.users[role]).action_separate()
        steward = self.users["steward"]
        both.with_user(steward).action_unite()
        self.assertEqual(self.customer, other.merged_into_id)
        link = self.customer.link_ids.filtered(lambda link: link.rule == "manual")
        self.assertEqual(steward, link.decided_by_id)
        for role in ("viewer", "operator", "privacy"):
            with self.assertRaises(AccessError):
                link.with_user(self.users[role]).action_undo()
        link.with_user(steward).action_undo()
        self.assertTrue(other.active)
        self.assertEqual(steward, link.ended_by_id)
        both.with_user(steward).action_separate()
        self.assertIn("cannot", other.link_ids.mapped("rule"))

    def test_stewards_do_not_reach_into_another_pool(self):
        foreign = self._make_identity("visitor", "v", pool=self.pool_other).customer_id
        with self.assertRaises(AccessError):
            (self.customer | foreign).with_user(self.users["steward"]).action_unite()
        link = self.customer.link_ids
        with self.assertRaises(AccessError):
            link.with_user(self.foreigner).action_undo()

    def test_operators_name_customers(self):
        self.customer.with_user(self.users["operator"]).name = "陈晓雨"
        self.assertEqual("陈晓雨", self.customer.name)
        with self.assertRaises(AccessError):
            self.customer.with_user(self.users["viewer"]).name = "x"

    def test_managers_configure(self):
        for model in CONFIGURATION:
            for role, user in self.users.items():
                for operation in ("write", "create", "unlink"):
                    self.assertEqual(
                        role == "manager",
                        self.env[model].with_user(user).has_access(operation),
                        (model, role, operation),
                    )
