from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import CHANNEL_MANAGER, MANAGER, PREPARER, REVIEWER
from .credit_case import CreditCase

MODELS = {
    "scrm.credit.account",
    "scrm.credit.hold",
    "scrm.credit.policy",
    "scrm.credit.review",
}


@tagged("post_install", "-at_install")
class TestCreditAccess(CreditCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._open_account()
        cls.order = cls._make_order(150000)
        cls.order.with_user(cls.salesman).action_confirm()
        cls.records = {
            "scrm.credit.account": cls.account,
            "scrm.credit.hold": cls.order.scrm_credit_hold_id,
            "scrm.credit.policy": cls.policy,
            "scrm.credit.review": cls.account.review_ids,
        }
        cls.preparer = cls._make_user("credit.preparer", PREPARER)
        cls.channel = cls._make_user("credit.channel", CHANNEL_MANAGER)
        cls.reviewer = cls._make_user("credit.reviewer", REVIEWER)
        cls.keeper = cls._make_user("credit.keeper", "stock.group_stock_user")
        cls.portal = cls._make_user("credit.portal", "base.group_portal")
        cls.portal.partner_id.parent_id = cls.dealer
        cls.stranger = cls._make_user("credit.stranger", MANAGER, company=cls.company_other)

    def _as(self, name, user):
        """Return a record as the user sees it from their own company."""
        record = self.records[name]
        return record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def _may(self, user, operation):
        return {name for name in MODELS if self._as(name, user).has_access(operation)}

    def test_roles(self):
        changing = {"scrm.credit.account", "scrm.credit.policy"}
        for user, read, write, create in (
            (self.manager, MODELS, MODELS, changing),
            (self.preparer, MODELS, set(), set()),
            (self.channel, MODELS, set(), set()),
            (self.reviewer, MODELS, set(), set()),
            (self.salesman, MODELS - {"scrm.credit.review"}, set(), set()),
            (self.keeper, set(), set(), set()),
            (self.portal, set(), set(), set()),
            (self.stranger, set(), set(), None),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(read, self._may(user, "read"))
                self.assertEqual(write, self._may(user, "write"))
                if create is not None:  # who may create, but in their own company
                    self.assertEqual(create, self._may(user, "create"))

    def test_foreign_companies_and_dealers_get_an_error(self):
        for user in (self.stranger, self.portal):
            for name in MODELS:
                with self.assertRaises(AccessError):
                    self._as(name, user).read(["display_name"])
        with self.assertRaises(AccessError):
            self._as("scrm.credit.hold", self.stranger)._approve(150000, "2099-01-01")
        with self.assertRaises(AccessError):
            self._as("scrm.credit.hold", self.stranger).action_check_again()
        with self.assertRaises(AccessError):
            self._as("scrm.credit.account", self.stranger).action_open_items()
        with self.assertRaises(AccessError):
            self._as("scrm.credit.account", self.salesman)._request_limit({"own_limit": 1}, "x")

    def test_the_sales_team_sees_and_asks(self):
        order = self.order.with_user(self.salesman)
        self.assertIn("exceed", order.scrm_credit_reason)
        self.assertIn("Limit", order.scrm_credit_banner)
        self.assertTrue(order.action_scrm_open_credit()["domain"])
        partner = self.dealer.with_user(self.salesman)
        self.assertEqual(100000, partner.scrm_credit_free)
        self.assertEqual(1, partner.scrm_credit_hold_count)

    def test_whoever_reads_the_credit_opens_its_forms(self):
        for user in (self.manager, self.preparer, self.reviewer, self.salesman):
            for name in ("scrm.credit.account", "scrm.credit.hold"):
                with self.subTest(user=user.login, name=name):
                    self.env.invalidate_all()
                    Form(self._as(name, user))

    def test_who_has_no_rights_on_credit_reads_orders_and_deliveries_all_the_same(self):
        self.assertNotIn("scrm_credit_used", self.dealer.with_user(self.keeper).fields_get())
        self.assertTrue(self.dealer.with_user(self.keeper).read(["name"]))

    def test_credit_managers_read_what_they_decide_on(self):
        order = self.order.with_user(self.manager)
        self.assertEqual(150000, order.read(["amount_total"])[0]["amount_total"])
        with self.assertRaises(AccessError):
            order.write({"client_order_ref": "x"})

    def test_every_link_to_an_order_opens_what_a_credit_manager_may_read(self):
        own = self.env.ref("scrm_settlement.sale_order_view_form_credit_manager").id
        hold = self.order.scrm_credit_hold_id
        order = self.order.with_user(self.manager)
        self.assertEqual(own, order.get_formview_action()["views"][0][0])
        self.assertEqual(own, hold.with_user(self.manager).action_open_order()["views"][0][0])
        self.assertNotEqual(own, self.order.with_user(self.salesman).get_formview_id())

    def test_the_order_of_a_hold_is_offered_to_who_may_read_it(self):
        for user in (self.manager, self.reviewer, self.salesman, self.preparer):
            arch = self.env["scrm.credit.hold"].with_user(user).get_view(view_type="form")["arch"]
            may_read = self.order.with_user(user).has_access("read")
            self.assertEqual(may_read, "action_open_order" in arch, user.login)

    def test_nobody_writes_holds_and_reviews(self):
        for name in ("scrm.credit.hold", "scrm.credit.review"):
            with self.assertRaises(AccessError):
                self.env[name].with_user(self.manager).create({})
        with self.assertRaises(AccessError):
            self.order.with_user(self.salesman).write(
                {"scrm_credit_hold_ids": [Command.create({"reason_codes": "limit"})]}
            )
