from datetime import timedelta

from psycopg2.errors import CheckViolation, RestrictViolation, UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .credit_case import SALESMAN, CreditCase


@tagged("post_install", "-at_install")
class TestCreditAccount(CreditCase):
    def _today(self, days=0):
        return self.company._scrm_local_day(fields.Datetime.now()) + timedelta(days=days)

    def test_the_nearest_limit_counts(self):
        account = self._open_account(limit_mode="inherit", own_limit=0)
        self.assertEqual(("none", 0), (account.limit_source, account.credit_limit))
        self.policy.write({"has_default_limit": True, "default_limit": 500})
        account.invalidate_recordset()
        self.assertEqual(("company", 500), (account.limit_source, account.credit_limit))
        self.grade_store.write({"scrm_credit_limited": True, "scrm_credit_limit": 700})
        account.invalidate_recordset()
        self.assertEqual(("level", 700), (account.limit_source, account.credit_limit))
        account._request_limit({"limit_mode": "amount", "own_limit": 900}, "Agreed")
        self.assertEqual(("partner", 900), (account.limit_source, account.credit_limit))
        account._request_limit({"limit_mode": "unlimited"}, "State owned")
        self.assertEqual("none", account.limit_source)

    def test_zero_is_a_limit_and_none_is_not(self):
        account = self._open_account(limit=0)
        order = self._make_order(0.01)
        order.action_confirm()
        self.assertEqual("held", order.scrm_credit_state)
        account._request_limit({"limit_mode": "unlimited"}, "State owned")
        free = self._make_order(10**8)
        free.action_confirm()
        self.assertFalse(free.scrm_credit_state)

    def test_a_temporary_increase_ends(self):
        account = self._open_account(limit=100, increase=50, increase_until=self._today())
        self.assertEqual(150, account.credit_limit)
        account._request_limit({"increase_until": self._today(-1)}, "Over")
        self.assertEqual(100, account.credit_limit)

    def test_an_expired_limit_is_no_credit(self):
        account = self._open_account(limit=100, valid_until=self._today())
        self.assertEqual(100, account.credit_limit)
        account._request_limit({"valid_until": self._today(-1)}, "Over")
        order = self._make_order(1)
        order.action_confirm()
        self.assertEqual("expired", order.scrm_credit_hold_id.reason_codes)
        self.assertEqual(("partner", 0), (account.limit_source, account.credit_limit))

    def test_the_limit_of_another_currency(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": usd.id,
                "name": "2020-01-01",
                "rate": 0.125,
                "company_id": self.company.id,
            }
        )
        account = self._open_account(limit=1000, currency_id=usd.id)
        self.assertEqual(8000, account.credit_limit)

    def test_core_speaks_of_the_same_limit(self):
        account = self._open_account(limit=100)
        core = self.dealer.with_company(self.company)
        self.assertEqual(100, core.credit_limit)
        account._request_limit({"increase": 20, "increase_until": self._today()}, "Fair")
        self.assertEqual(120, core.credit_limit)
        self.assertFalse(self.dealer.with_company(self.company_other).credit_limit)

    # === SECOND PERSON === #

    def test_a_higher_limit_needs_a_second_person(self):
        account = self._open_account(limit=1000)
        self.policy.review_threshold = 500
        mine = account.with_user(self.manager)
        mine._request_limit({"own_limit": 1500}, "Small")
        self.assertEqual(1500, account.own_limit)
        review = mine._request_limit({"own_limit": 2000.01}, "Big")
        self.assertEqual(("pending", 1500), (review.state, account.own_limit))
        with self.assertRaisesRegex(UserError, "cannot decide"):
            review.with_user(self.manager).action_approve()
        review.with_user(self.manager_2).action_approve()
        self.assertEqual(("applied", 2000.01), (review.state, account.own_limit))
        self.assertEqual(self.manager_2, review.approver_id)
        lower = mine._request_limit({"own_limit": 1}, "Late payer")
        self.assertEqual(("applied", 1), (lower.state, account.own_limit))
        without = mine._request_limit({"limit_mode": "unlimited"}, "Why not")
        without.with_user(self.manager_2).action_reject()
        self.assertEqual(("rejected", "amount"), (without.state, account.limit_mode))

    def test_many_small_steps_need_a_second_person(self):
        self.policy.review_threshold = 500
        account = self._open_account(limit=1000)
        for limit, is_applied in ((1300, True), (1500, True), (1501, False)):
            account.with_user(self.manager)._request_limit({"own_limit": limit}, "Grows")
            with self.subTest(limit=limit):
                self.assertEqual(is_applied, account.own_limit == limit)
        account.review_ids.filtered(lambda review: review.state == "pending").with_user(
            self.manager_2
        ).action_approve()
        account.with_user(self.manager)._request_limit({"own_limit": 2001}, "From what was agreed")
        self.assertEqual(2001, account.own_limit)

    def test_who_raises_limits_does_not_move_the_threshold(self):
        policy = self.policy.with_user(self.manager)
        with self.assertRaisesRegex(AccessError, "administrator"):
            policy.review_threshold = 10**9
        policy.release_days = 7

    def test_a_new_account_of_a_manager_waits_for_its_limit(self):
        self.policy.write({"has_default_limit": True, "default_limit": 100})
        account = (
            self.env["scrm.credit.account"]
            .with_user(self.manager)
            .create({"partner_id": self.dealer.id, "limit_mode": "amount", "own_limit": 9000})
        )
        self.assertEqual(("company", 100), (account.limit_source, account.credit_limit))
        account.review_ids.with_user(self.manager_2).action_approve()
        self.assertEqual(("partner", 9000), (account.limit_source, account.credit_limit))

    def test_a_decision_keeps_what_was_known_then(self):
        account = self._open_account(limit=1000)
        self._invoice(300)
        review = account.with_user(self.manager)._request_limit({"own_limit": 5000}, "Grows")
        self.assertFalse(review.snapshot, "not decided yet")
        self._invoice(150.5)
        review.with_user(self.manager_2).action_approve()
        without = account.with_user(self.manager)._request_limit({"limit_mode": "unlimited"}, "x")
        without.with_user(self.manager_2).action_reject()
        inherited = account._request_limit({"limit_mode": "inherit"}, "As all others")
        for decided, limit, new_limit in (
            (review, 1000, "5000.00"),
            (without, 5000, None),
            (inherited, 5000, None),
        ):
            with self.subTest(state=decided.state, limit=limit):
                self.assertEqual((450.5, limit), (decided.amount_exposure, decided.amount_limit))
                self.assertEqual(new_limit, decided.snapshot["new_limit"])
                self.assertEqual("450.50", decided.snapshot["parts"]["receivable"])
                self.assertTrue(decided.is_limited)
        with self.assertRaises(AccessError):
            review.with_user(self.manager).write({"amount_exposure": 0})

    def test_limits_are_not_edited_by_hand(self):
        account = self._open_account()
        with self.assertRaisesRegex(UserError, "Change limit"):
            account.with_user(self.manager).write({"own_limit": 1})
        with self.assertRaisesRegex(UserError, "Change limit"):
            account.with_user(self.manager).with_context(_scrm_decided=True).write({"own_limit": 1})
        with self.assertRaisesRegex(UserError, "Say why"):
            account._request_limit({"own_limit": 1}, "")
        with self.assertRaisesRegex(UserError, "stays with"):
            account.write({"partner_id": self.dealer_2.id})

    @mute_logger("odoo.sql_db")
    def test_the_database_keeps_the_promises(self):
        account = self._open_account()
        review = account.review_ids
        for error, statement, record in (
            (RestrictViolation, "UPDATE scrm_credit_review SET reason = 'x' WHERE id = %s", review),
            (RestrictViolation, "DELETE FROM scrm_credit_review WHERE id = %s", review),
            (
                CheckViolation,
                "UPDATE scrm_credit_review SET approver_id = requester_id WHERE id = %s",
                review,
            ),
        ):
            with self.assertRaises(error), self.env.cr.savepoint():
                self.env.cr.execute(statement, [record.id])
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self._open_account()

    def test_the_limit_is_in_the_currency_of_the_accounts_company(self):
        """Whichever company the person has opened."""
        self.company_other.currency_id = self.env.ref("base.EUR")
        account = self.env["scrm.credit.account"].create(
            {"company_id": self.company_other.id, "partner_id": self.dealer.id}
        )
        self.assertEqual(self.company_other.currency_id, account.currency_id)

    def test_the_account_is_the_dealers_not_a_contacts(self):
        contact = self._make_partner(name="Buyer", parent_id=self.dealer.id)
        with self.assertRaisesRegex(ValidationError, "belongs to Dealer"):
            self._open_account(partner=contact)

    def test_a_branch_uses_the_account_of_the_company_above(self):
        account = self._open_account()
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id, "scrm_pool_id": self.pool.id}
        )
        found = self.env["scrm.credit.account"]._find_accounts(self.dealer, branch)
        self.assertEqual({self.dealer: account}, found)
        self.assertFalse(
            self.env["scrm.credit.account"]._find_accounts(self.dealer, self.company_other)
        )

    def test_what_was_asked_for_a_contact_that_goes_is_not_given_to_the_other(self):
        account = self._open_account()
        gone = self._open_account(partner=self.dealer_2, limit=5)
        review = gone.with_user(self.manager)._request_limit({"own_limit": 20000}, "Growth")
        self.assertEqual("pending", review.state)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.dealer | self.dealer_2).ids, self.dealer, extra_checks=False)
        self.env.invalidate_all()
        self.assertEqual((account, "rejected"), (review.account_id, review.state))
        with self.assertRaisesRegex(UserError, "cannot be done"):
            review.with_user(self.manager_2).action_approve()
        self.assertEqual(100000, account.own_limit)

    def test_a_dealer_that_becomes_part_of_a_company_takes_its_credit_along(self):
        shop = self._make_partner(name="Shop", is_company=False)
        account = self._open_account(partner=shop, limit=100)
        shop.parent_id = self.dealer
        self.assertEqual((self.dealer, 100), (account.partner_id, account.own_limit))
        order = self._make_order(101, partner=shop)
        order.with_user(self.salesman).action_confirm()
        self.assertEqual("held", order.scrm_credit_state)

    def test_a_dealer_that_becomes_part_of_one_with_credit_has_that(self):
        shop = self._make_partner(name="Shop", is_company=False)
        gone, kept = self._open_account(partner=shop, limit=100), self._open_account(limit=50)
        order = self._make_order(101, partner=shop)
        order.action_confirm()
        shop.parent_id = self.dealer
        self.assertFalse(gone.exists())
        self.assertEqual(50, kept.own_limit)
        self.assertEqual(kept, order.scrm_credit_hold_ids.account_id)

    def test_no_limit_is_raised_by_a_company_of_a_higher_level(self):
        self.policy.review_threshold = 500
        (self.grade_store | self.grade_distributor).scrm_credit_limited = True
        self.grade_store.scrm_credit_limit, self.grade_distributor.scrm_credit_limit = 1000, 9000
        shop = self._make_partner(name="Shop", is_company=False, grade_id=self.grade_store.id)
        self.env["scrm.credit.account"].create({"partner_id": shop.id})
        self.dealer.grade_id = self.grade_distributor
        seller = self._make_user("contacts", SALESMAN, "base.group_partner_manager")
        with self.assertRaisesRegex(AccessError, "more credit"):
            shop.with_user(seller).parent_id = self.dealer

    def test_contacts_that_become_one_keep_one_account(self):
        account = self._open_account()
        gone = self._open_account(partner=self.dealer_2, limit=5)
        order = self._make_order(6, partner=self.dealer_2)
        order.action_confirm()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.dealer | self.dealer_2).ids, self.dealer, extra_checks=False)
        self.assertFalse(gone.exists())
        self.assertEqual(account, order.scrm_credit_hold_ids.account_id)
        self.assertEqual(100000, account.own_limit)
