from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import CHANNEL_MANAGER, MANAGER, PREPARER, REVIEWER, SettlementCase

MODELS = (
    "scrm.library",
    "scrm.library.line",
    "scrm.settlement.tier",
    "scrm.settlement.rule",
    "scrm.settlement.line",
    "scrm.settlement.statement",
)


@tagged("post_install", "-at_install")
class TestAccess(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule("B", value=8)
        cls.preparer = cls._make_user("settlement.preparer", PREPARER)
        cls.channel = cls._make_user("settlement.channel", CHANNEL_MANAGER)
        cls.reviewer = cls._make_user("settlement.reviewer", REVIEWER)
        cls.accountant = cls._make_user("settlement.accountant", "account.group_account_invoice")
        cls.salesman = cls._make_user("settlement.salesman", "sales_team.group_sale_salesman")
        cls.stranger = cls._make_user("settlement.stranger", MANAGER, company=cls.company_other)
        cls.portal = cls._make_user("settlement.portal", "base.group_portal")
        cls.portal.partner_id.parent_id = cls.dealer

    def setUp(self):
        super().setUp()
        self.line = self._record()
        self.statement = self._generate(self.preparer)
        self.records = {
            "scrm.library": self.library,
            "scrm.library.line": self.library.line_ids,
            "scrm.settlement.tier": self.tier,
            "scrm.settlement.rule": self.rule,
            "scrm.settlement.line": self.line,
            "scrm.settlement.statement": self.statement,
        }

    def _as(self, record, user):
        """Return the record as the user sees it from their own company."""
        return record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def _may(self, user, operation):
        return {name for name in MODELS if self._as(self.records[name], user).has_access(operation)}

    def test_roles(self):
        everything = set(MODELS)
        configuration = set(MODELS[:4])
        statement = {"scrm.settlement.statement"}
        read_in_invoicing = everything - {"scrm.library", "scrm.library.line"}
        for user, read, write, create in (
            (self.preparer, everything, statement, statement),
            (self.channel, everything, configuration | statement, configuration | statement),
            (self.reviewer, everything, statement, set()),
            (self.accountant, read_in_invoicing, set(), set()),
            (self.salesman, set(), set(), set()),
            (self.portal, set(), set(), set()),
            (self.stranger, set(), set(), set()),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(read, self._may(user, "read"))
                self.assertEqual(write, self._may(user, "write"))
                if user != self.stranger:  # who may create, but in their own company
                    self.assertEqual(create, self._may(user, "create"))

    def test_foreign_companies_get_an_error(self):
        for name in MODELS:
            record = self._as(self.records[name], self.stranger)
            with self.assertRaises(AccessError):
                record.read(["display_name"])
            self.assertFalse(record.search([("id", "in", record.ids)]))
        with self.assertRaises(AccessError):
            self._as(self.statement, self.stranger).action_submit()

    def test_portal_users_get_an_error(self):
        for name in MODELS:
            with self.assertRaises(AccessError):
                self.records[name].with_user(self.portal).read(["display_name"])

    def test_foreign_reviewers_cannot_review(self):
        self.statement.action_submit()
        bill = self.statement.sudo().move_id
        with self.assertRaises(AccessError):
            self._as(self.statement, self.stranger).action_review()
        with self.assertRaises(AccessError):
            self._as(bill, self.stranger).action_scrm_review()

    def test_preparers_have_no_rights_in_invoicing(self):
        self.statement.action_submit()
        with self.assertRaises(AccessError):
            self.statement.sudo().move_id.with_user(self.preparer).read(["name"])

    def test_exceptions_are_offered_to_who_may_read_them(self):
        for user in (self.preparer, self.reviewer, self.accountant):
            may_read = self.env["scrm.settlement.exception"].with_user(user).has_access("read")
            arch = self.statement.with_user(user).get_view(view_type="form")["arch"]
            self.assertEqual(may_read, "action_open_exceptions" in arch, user.login)

    def test_accountants_open_what_priced_a_line(self):
        for name in ("scrm.settlement.line", "scrm.settlement.tier", "scrm.settlement.rule"):
            with self.subTest(name):
                self.env.invalidate_all()
                Form(self.records[name].with_user(self.accountant))

    def test_preparer_and_reviewer_do_not_imply_each_other(self):
        preparer, reviewer = self.env.ref(PREPARER), self.env.ref(REVIEWER)
        self.assertNotIn(reviewer, preparer.all_implied_ids)
        self.assertNotIn(preparer, reviewer.all_implied_ids)
        self.assertNotIn(reviewer, self.env.ref(CHANNEL_MANAGER).all_implied_ids)

    def test_invoices_are_readable_without_settlement_rights(self):
        """Salesmen read invoices; the fields on them ask for no rights on statements."""
        invoice = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": self.dealer.id}
        )
        self.assertTrue(invoice.with_user(self.salesman).read())
        partner = self.dealer.with_user(self.salesman)
        self.assertTrue(partner.read(["name", "scrm_scenario_id"]))
        self.assertNotIn("scrm_statement_count", partner.fields_get())
