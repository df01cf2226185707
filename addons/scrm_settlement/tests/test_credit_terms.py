from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CHANNEL_MANAGER, MANAGER
from .credit_case import SALESMAN, CreditCase

# What gives more credit without touching anybody's limit.
LOOSER = {
    "has_default_limit": False,
    "default_limit": 10**9,
    "horizon_days": 1,
    "on_confirm": "none",
    "on_portal": "quote",
    "on_reserve": "warn",
    "on_issue": "none",
    "check_overdue": False,
    "max_days_overdue": 999,
    "check_open": False,
    "max_days_open": 999,
    "with_receivable": False,
    "with_delivered": False,
    "with_ordered": False,
    "with_draft_invoice": False,
    "with_statement": False,
    "with_payable": True,
    "with_deposit": False,
    "deposit_account_ids": False,
}


@tagged("post_install", "-at_install")
class TestCreditTerms(CreditCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = cls._make_user("credit.administrator", MANAGER)

    def _assert_logged(self, record, *changes):
        """Make changes, one transaction each, and look for their fields in the log."""
        logged = record.with_context(tracking_disable=False)
        for vals in changes:
            logged.write(vals)
            self.env.flush_all()
            self.env.cr.precommit.run()  # where the log is written
        tracked = record.message_ids.sudo().tracking_value_ids.field_id.mapped("name")
        self.assertEqual({name for vals in changes for name in vals}, set(tracked))

    # === POLICY === #

    def test_one_person_does_not_loosen_a_policy_in_use(self):
        self._open_account()
        for name, value in LOOSER.items():
            with self.subTest(name=name), self.assertRaisesRegex(AccessError, "administrator"):
                self.policy.with_user(self.manager).write({name: value})
        self.policy.with_user(self.manager).write({"name": "Agents", "release_days": 7})
        self.policy.with_user(self.administrator).on_confirm = "none"
        self.assertEqual("none", self.policy.on_confirm)

    def test_a_policy_that_nobody_has_is_prepared_by_a_credit_manager(self):
        policy = self.env["scrm.credit.policy"].with_user(self.manager).create({"name": "Stores"})
        policy.write({"has_default_limit": True, "default_limit": 500, "on_confirm": "block"})
        self.assertEqual((500, "block"), (policy.default_limit, policy.on_confirm))

    @mute_logger("odoo.sql_db")
    def test_the_default_policy_stays_active(self):
        """Without it the next account would get a new one, which limits nothing."""
        policy = self.env["scrm.credit.policy"]._get_default(self.company)
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            policy.active = False

    def test_what_a_policy_allows_is_logged(self):
        stricter = {"has_default_limit": True, "check_overdue": True, "check_open": True}
        self._assert_logged(self.policy, {**stricter, "review_threshold": 5}, LOOSER)

    # === ACCOUNT === #

    def test_one_person_gives_no_dealer_another_policy(self):
        account = self._open_account()
        policy = self.env["scrm.credit.policy"].with_user(self.manager).create({"name": "Lax"})
        with self.assertRaisesRegex(AccessError, "another credit policy"):
            account.with_user(self.manager).policy_id = policy
        account.with_user(self.manager).write({"policy_id": self.policy.id})
        account.with_user(self.administrator).policy_id = policy
        self.assertEqual(policy, account.policy_id)

    def test_one_person_does_not_end_the_control_of_a_dealer(self):
        account = self.env["scrm.credit.account"].create({"partner_id": self.dealer.id})
        with self.assertRaisesRegex(AccessError, "not checked"):
            account.with_user(self.manager).unlink()
        account.with_user(self.administrator).unlink()
        self.assertFalse(account.exists())

    def test_one_person_takes_no_dealer_from_the_account_of_the_company_above(self):
        self._open_account()
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id, "scrm_pool_id": self.pool.id}
        )
        vals = {"company_id": branch.id, "partner_id": self.dealer.id}
        for user in self.manager | self.administrator:
            user.company_ids |= branch
        Account = self.env["scrm.credit.account"].with_context(
            allowed_company_ids=(self.company | branch).ids
        )
        with self.assertRaisesRegex(AccessError, "company above"), self.env.cr.savepoint():
            Account.with_user(self.manager).create(vals)
        account = Account.with_user(self.administrator).create(vals)
        self.assertEqual({self.dealer: account}, Account._find_accounts(self.dealer, branch))

    # === LEVEL === #

    def test_one_person_sets_no_limit_for_a_whole_level(self):
        channel = self._make_user("credit.channel", CHANNEL_MANAGER)
        level = self.grade_store.with_user(channel)
        for vals in ({"scrm_credit_limited": True}, {"scrm_credit_limit": 10**9}):
            with self.subTest(**vals), self.assertRaisesRegex(AccessError, "limit of a level"):
                level.write(vals)
            with self.subTest(**vals), self.assertRaisesRegex(AccessError, "limit of a level"):
                level.create({"name": "New", **vals})
        level.write({"scrm_rank": 3})
        self.assertTrue(level.create({"name": "Without a limit"}))
        level.with_user(self.administrator).write({"scrm_credit_limited": True})
        with self.assertRaisesRegex(AccessError, "limit of a level"):
            level.unlink()

    def test_the_limit_of_a_level_is_logged(self):
        self._assert_logged(
            self.grade_store, {"scrm_credit_limited": True, "scrm_credit_limit": 10**5}
        )

    # === LEVEL OF A DEALER === #

    def test_one_person_raises_no_limit_by_another_level(self):
        self.policy.review_threshold = 500
        (self.grade_store | self.grade_distributor).scrm_credit_limited = True
        self.grade_store.scrm_credit_limit = 1000
        self.dealer.grade_id = self.grade_store
        account = self.env["scrm.credit.account"].create({"partner_id": self.dealer.id})
        free = self.env["res.partner.grade"].create({"name": "Without a limit"})
        seller = self._make_user("credit.contacts", SALESMAN, "base.group_partner_manager")
        dealer = self.dealer.with_user(seller)
        self.grade_distributor.scrm_credit_limit = 1500.01
        for level in (self.grade_distributor, free, self.grade_store.browse()):
            with (
                self.subTest(level=level.name),
                self.assertRaisesRegex(AccessError, "Change limit"),
                self.env.cr.savepoint(),
            ):
                dealer.grade_id = level
        self.grade_distributor.scrm_credit_limit = 1500
        dealer.grade_id = self.grade_distributor
        account.invalidate_recordset()
        self.assertEqual(1500, account.credit_limit)
        dealer.grade_id = self.grade_store
        account._request_limit({"limit_mode": "amount", "own_limit": 1000}, "Keeps it")
        dealer.grade_id = free  # his own limit goes on counting
        self.assertEqual(1000, account.credit_limit)

    def test_a_level_bought_on_the_portal_raises_no_limit_by_itself(self):
        self.policy.review_threshold = 500
        (self.grade_store | self.grade_distributor).scrm_credit_limited = True
        self.grade_store.scrm_credit_limit = 1000
        self.dealer.grade_id = self.grade_store
        self.env["scrm.credit.account"].create({"partner_id": self.dealer.id})
        product = self.env["product.product"].create(
            {
                "name": "Partnership",
                "type": "service",
                "list_price": 0,
                "service_tracking": "partnership",
                "grade_id": self.grade_distributor.id,
            }
        )

        def buy():
            order = self.env["sale.order"].create(
                {
                    "partner_id": self.dealer.id,
                    "order_line": [Command.create({"product_id": product.id})],
                }
            )
            order.sudo().action_confirm()
            self.assertEqual("sale", order.state)
            return order

        self.grade_distributor.scrm_credit_limit = 1500.01
        order = buy()
        self.assertEqual(self.grade_store, self.dealer.grade_id)
        self.assertIn("Decide on the level", order.activity_ids.mapped("summary")[0])
        self.grade_distributor.scrm_credit_limit = 1500
        self.assertFalse(buy().activity_ids)
        self.assertEqual(self.grade_distributor, self.dealer.grade_id)

    def test_an_administrator_raises_a_limit_by_another_level(self):
        self.grade_store.write({"scrm_credit_limited": True, "scrm_credit_limit": 1000})
        self.dealer.grade_id = self.grade_store
        account = self.env["scrm.credit.account"].create({"partner_id": self.dealer.id})
        self.grade_distributor.write({"scrm_credit_limited": True, "scrm_credit_limit": 9000})
        self.administrator.group_ids |= self.env.ref("base.group_partner_manager")
        self.dealer.with_user(self.administrator).grade_id = self.grade_distributor
        account.invalidate_recordset()
        self.assertEqual(9000, account.credit_limit)
