from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import format_amount

from odoo.addons.scrm_base.tests.spreadsheet_files import make_xlsx

from ..models import scrm_settlement_import_read as reading
from .common import PREPARER
from .reconciliation_case import ReconciliationCase


@tagged("post_install", "-at_install")
class TestReconciliationNotices(ReconciliationCase):
    """Each step of a dealer's list is told to its people, and to nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._make_user("notice.preparer", PREPARER)
        cls.stranger = cls._make_user("notice.stranger", PREPARER, company=cls.company_other)
        cls.portal = cls._make_user("notice.dealer", "base.group_portal")
        cls.portal.partner_id.parent_id = cls.dealer
        cls.portal_2 = cls._make_user("notice.dealer2", "base.group_portal")
        cls.portal_2.partner_id.parent_id = cls.dealer_2

    def _upload(self, *rows, content=None, statement=None):
        return (
            self.env["scrm.settlement.import"]
            .with_user(self.portal)
            ._upload_from_portal(
                content or self._make_file(*rows),
                "own.xlsx",
                "2026-11-01",
                "2026-11-30",
                statement,
            )
            .sudo()
        )

    def _told(self, record):
        """Return {event: {(medium, who)}} of the notices about a list."""
        told = {}
        for row in self.env["scrm.outbox"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)]
        ):
            who = row.user_id.partner_id or row.partner_id
            told.setdefault(row.rule_id.event, set()).add((row.medium, who))
        return told

    def _bell(self, *users):
        return {("inapp", user.partner_id) for user in users}

    def test_without_any_statement_all_preparers_of_the_company(self):
        self._entry("D-1")
        told = self._told(self._upload(self._row("D-1")))
        self.assertEqual({"upload"}, set(told))
        self.assertLessEqual(self._bell(self.preparer, self.colleague), told["upload"])
        people = {partner for _medium, partner in told["upload"]}
        for user in (self.stranger, self.reviewer, self.portal, self.portal_2):
            self.assertNotIn(user.partner_id, people, user.login)

    def test_who_prepared_the_dealers_latest_statement(self):
        self._entry("D-1", occurred_at="2026-10-05 04:00:00")
        self._generate(self.colleague, date_from="2026-10-01", date_to="2026-10-31")
        self._entry("D-2")
        told = self._told(self._upload(self._row("D-2")))
        self.assertEqual({"upload": self._bell(self.colleague)}, told)

    def test_somebody_who_left_prepares_nothing(self):
        self._entry("D-1")
        self._generate(self.colleague)
        self.colleague.active = False
        told = self._told(self._upload(self._row("D-1")))
        self.assertLessEqual(self._bell(self.preparer), told["upload"])
        self.assertNotIn(self.colleague.partner_id, {who for _medium, who in told["upload"]})

    def test_the_preparer_of_the_statement_and_the_dealer_hear_of_differences(self):
        self._entry("D-1")
        statement = self._generate(self.preparer)
        statement.with_user(self.preparer).action_submit()
        self._entry("D-2", day=8)
        self._generate(self.colleague)
        record = self._upload(self._row("D-1", 130), statement=statement)
        dealer = {("email", self.portal.partner_id)}
        self.assertEqual(
            {"upload": self._bell(self.preparer), "differ": self._bell(self.preparer) | dealer},
            self._told(record),
        )
        bodies = self.env["scrm.outbox"].search([("res_id", "=", record.id)]).mapped("body")
        said = f"difference: {format_amount(self.env, 30, record.currency_id)}."
        self.assertTrue([body for body in bodies if said in (body or "")])

    def test_unread_in_the_background_the_dealer_who_uploaded(self):
        with patch.object(reading, "LARGE_FILE", 10):
            record = self._upload(content=make_xlsx([["Name"], ["A"]]))
        record.with_user(self.portal).sudo()._run_reading()
        self.assertEqual("draft", record.state)
        self.assertEqual({("email", self.portal.partner_id)}, self._told(record)["fail"])

    def test_what_the_office_uploads_is_told_to_the_office(self):
        self._entry("D-1")
        with patch.object(reading, "LARGE_FILE", 10):
            record = self._compare(self._row("D-1", 130))
        record._run_reading()
        self.assertEqual({"differ": self._bell(self.preparer)}, self._told(record))

    def test_nothing_is_told_of_what_agrees_or_is_seen_at_once(self):
        self._entry("D-1")
        self.assertFalse(self._told(self._compare(self._row("D-1", 130))))
        with patch.object(reading, "LARGE_FILE", 10):
            record = self._compare(self._row("D-1"))
        record._run_reading()
        self.assertEqual("compared", record.state)
        self.assertFalse(self._told(record))

    def test_waived_the_preparer_and_the_dealer(self):
        self._entry("D-1")
        statement = self._generate(self.preparer)
        statement.with_user(self.preparer).action_submit()
        record = self._upload(self._row("D-1", 130), statement=statement)
        record.with_user(self.reviewer)._action_waive("Agreed by phone")
        self.assertEqual(
            self._bell(self.preparer) | {("email", self.portal.partner_id)},
            self._told(record)["waive"],
        )
        rows = self.env["scrm.outbox"].search(
            [("res_id", "=", record.id), ("medium", "=", "email")]
        )
        self.assertNotIn("Agreed by phone", " ".join(rows.mapped("body")))
