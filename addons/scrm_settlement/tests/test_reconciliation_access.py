from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CHANNEL_MANAGER, MANAGER
from .reconciliation_case import ReconciliationCase

MODELS = (
    "scrm.settlement.import",
    "scrm.settlement.import.line",
    "scrm.settlement.import.subtotal",
    "scrm.settlement.import.template",
)


@tagged("post_install", "-at_install")
class TestReconciliationAccess(ReconciliationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls._make_user("reconciliation.channel", CHANNEL_MANAGER)
        cls.salesman = cls._make_user("reconciliation.salesman", "sales_team.group_sale_salesman")
        cls.stranger = cls._make_user("reconciliation.stranger", MANAGER, company=cls.company_other)
        cls.portal = cls._make_user("reconciliation.portal", "base.group_portal")
        cls.portal.partner_id.parent_id = cls.dealer
        cls.dealer_2.grade_id = cls.grade_store
        cls.portal_2 = cls._make_user("reconciliation.portal2", "base.group_portal")
        cls.portal_2.partner_id.parent_id = cls.dealer_2

    def setUp(self):
        super().setUp()
        self._entry("D-1")
        self.record = self._compare(self._row("D-1", 130), self._row("D-2", code="x"))
        template = self.env["scrm.settlement.import.template"].create(
            {"name": "T", "company_id": self.company.id}
        )
        self.records = dict(
            zip(
                MODELS,
                (self.record, self.record.line_ids, self.record.subtotal_ids, template),
                strict=True,
            )
        )

    def _as(self, record, user):
        return record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def _may(self, user, operation):
        return {name for name in MODELS if self._as(self.records[name], user).has_access(operation)}

    def test_roles(self):
        everything = set(MODELS)
        prepared = {"scrm.settlement.import", "scrm.settlement.import.template"}
        for user, read, write in (
            (self.preparer, everything, prepared),
            (self.channel, everything, prepared),
            (self.reviewer, everything, {"scrm.settlement.import"}),
            (self.salesman, set(), set()),
            (self.portal, set(), set()),  # the office's upload is not the dealer's
            (self.stranger, set(), set()),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(read, self._may(user, "read"))
                self.assertEqual(write, self._may(user, "write"))

    def test_foreign_companies_get_an_error(self):
        for name in MODELS:
            record = self._as(self.records[name], self.stranger)
            with self.assertRaises(AccessError):
                record.read(["display_name"])
            self.assertFalse(record.search([("id", "in", record.ids)]))
        for name in ("action_compare", "action_discard"):
            with self.assertRaises(AccessError):
                getattr(self._as(self.record, self.stranger), name)()
        with self.assertRaises(AccessError):
            self._as(self.record.line_ids, self.stranger).action_unmatch()

    def test_reviewers_read_and_waive_only(self):
        record = self.record.with_user(self.reviewer)
        row = record.only_theirs_line_ids
        for attempt in (
            record.action_compare,
            record.action_discard,
            lambda: record.write({"date_to": "2026-12-01"}),
            lambda: row._accept(self.part, 1),
            record.line_ids.action_unmatch,
            lambda: self._make_import(self._row("X"), user=self.reviewer),
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertTrue(record.action_download_report()["url"])
        record._action_waive("Agreed")
        self.assertEqual("waived", record.state)

    def test_the_reconciliations_of_a_statement_are_begun_by_preparers(self):
        """A reviewer, who begins none, sees that there are none."""
        self._entry("D-2")
        statement = self._generate(self.preparer)
        for user in (self.preparer, self.reviewer):
            self.assertEqual(
                self.record.id, statement.with_user(user).action_open_imports()["res_id"]
            )
        self.record.action_discard()
        for user, kind in ((self.preparer, "form"), (self.reviewer, "list")):
            action = statement.with_user(user).action_open_imports()
            self.assertEqual((kind, False), (action["views"][0][1], bool(action.get("res_id"))))

    def test_a_dealer_sees_his_own_uploads_only(self):
        record = self._upload(self.portal)
        lines = record.sudo().line_ids
        for own in (record, lines, record.sudo().subtotal_ids):
            self.assertTrue(own.with_user(self.portal).read(["display_name"]))
            with self.assertRaises(AccessError):
                own.with_user(self.portal_2).read(["display_name"])
            for user in (self.portal, self.portal_2):
                with self.assertRaises(AccessError):
                    own.with_user(user).check_access("write")
        self.assertFalse(self.record.with_user(self.portal).search([("id", "=", self.record.id)]))
        with self.assertRaises(AccessError):
            self.env["scrm.settlement.import"].with_user(self.portal).create(
                {"partner_id": self.dealer.id}
            )
        with self.assertRaises(AccessError):
            lines.with_user(self.portal).action_unmatch()
        with self.assertRaises(AccessError):
            record.with_user(self.portal).action_discard()

    # === UPLOADS OF DEALERS === #

    def _upload(self, user, *rows, filename="own.xlsx", content=None):
        content = content or self._make_file(*rows or (self._row("D-1"), self._row("D-2", 50)))
        return (
            self.env["scrm.settlement.import"]
            .with_user(user)
            .with_company(self.company)
            ._upload_from_portal(content, filename, "2026-11-01", "2026-11-30")
        )

    def test_an_upload_is_compared_at_once(self):
        record = self._upload(self.portal).sudo()
        self.assertEqual((self.dealer, self.portal), (record.partner_id, record.uploader_id))
        self.assertEqual(("compared", True), (record.state, record.is_from_dealer))
        self.assertEqual({2: "matched", 3: "only_theirs"}, self._statuses(record))
        statement = self._generate(self.preparer)
        self.record.action_discard()
        with self.assertRaisesRegex(UserError, "own.xlsx"):
            statement.action_submit()

    def test_a_newer_list_takes_the_place_of_the_last(self):
        first = self._upload(self.portal).sudo()
        second = self._upload(self.portal, self._row("D-1")).sudo()
        self.assertEqual(("cancel", "compared"), (first.state, second.state))
        self.assertEqual("compared", self.record.state)
        # Not once somebody has worked on it
        self._upload(self.portal, self._row("D-7", code="x")).sudo().line_ids.filtered(
            lambda row: row.status == "only_theirs"
        ).with_user(self.preparer)._accept(self.part, 1)
        worked_on = self.env["scrm.settlement.import"].search([], limit=1)
        self._upload(self.portal, self._row("D-8"))
        self.assertEqual("compared", worked_on.state)

    def test_a_list_that_was_replaced_may_be_sent_again(self):
        """A dealer cannot restore what his own mistake has replaced."""
        right = self._make_file(self._row("D-1"))
        first = self._upload(self.portal, content=right).sudo()
        wrong = self._upload(self.portal, self._row("D-9")).sudo()
        again = self._upload(self.portal, content=right).sudo()
        self.assertEqual(
            ["cancel", "cancel", "compared"], [file.state for file in (first, wrong, again)]
        )
        with self.assertRaisesRegex(UserError, "uploaded for this dealer"):
            first.with_user(self.preparer).action_restore()
        wrong.with_user(self.preparer).action_restore()
        self.assertTrue(wrong.file_key)

    def test_who_is_no_dealer_uploads_nothing(self):
        nobody = self._make_user("reconciliation.nobody", "base.group_portal")
        with self.assertRaisesRegex(UserError, "Only dealers"):
            self._upload(nobody)

    def test_dealers_read_nothing_internal(self):
        record = self._upload(self.portal)
        record.sudo().with_user(self.reviewer)._action_waive("Between us")
        readable = record.with_user(self.portal).fields_get()
        self.assertNotIn("waiver_reason", readable)
        self.assertNotIn("file_key", readable)
        with self.assertRaises(AccessError):
            record.with_user(self.portal).read(["waiver_reason"])

    def test_the_statement_says_whose_the_list_is(self):
        """A claim of one dealer never lands on the statement of another one."""
        self._entry("D-1")
        statement = self._generate(self.preparer)
        usd = self.env.ref("base.USD")
        usd.active = True
        about = {
            "partner_id": self.dealer_2.id,
            "date_from": "2026-01-01",
            "date_to": "2026-11-29",
            "currency_id": usd.id,
        }
        record = self._make_import(self._row("D-2"), statement_id=statement.id, **about)
        record.write(about)
        for name in about:
            self.assertEqual(statement[name], record[name])
        record.action_compare()
        with self.assertRaisesRegex(UserError, "compared already"):
            record.currency_id = usd
