from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import MANAGER
from .credit_case import CreditCase

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

    def test_what_a_policy_allows_is_logged(self):
        stricter = {"has_default_limit": True, "check_overdue": True, "check_open": True}
        self._assert_logged(self.policy, {**stricter, "review_threshold": 5}, LOOSER)
