import base64
from unittest.mock import patch

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import MANAGER, PREPARER, REVIEWER
from .reconciliation_case import ReconciliationCase


@tagged("post_install", "-at_install")
class TestReconciliationWaiver(ReconciliationCase):
    """What is left unresolved blocks the statement until a second person waives it."""

    def test_unresolved_rows_block_the_statement(self):
        self._entry("D-1")
        statement = self._generate(self.preparer)
        record = self._make_import(self._row("D-1", 130), statement_id=statement.id)
        with self.assertRaisesRegex(UserError, "is not compared yet"):
            statement.action_submit()
        record.action_compare()
        with self.assertRaisesRegex(UserError, "1 rows of the dealer's file .* unresolved"):
            statement.action_submit()
        record.with_user(self.reviewer)._action_waive("Agreed by phone on 30 November")
        self.assertEqual(("waived", self.reviewer), (record.state, record.waiver_id))
        statement.action_submit()
        self.assertEqual("submitted", statement.state)

    def test_bulk_review_leaves_what_was_waived(self):
        for dealer in (self.dealer, self.dealer_2):
            self._entry(f"D-{dealer.id}", partner_id=dealer.id)
        statements = self._generate(self.preparer)
        waived = statements.filtered(lambda s: s.partner_id == self.dealer)
        record = self._compare(self._row(f"D-{self.dealer.id}", 130))
        record.with_user(self.reviewer)._action_waive("Agreed by phone on 30 November")
        statements.action_submit()
        params = statements.with_user(self.reviewer).action_review_selected()["params"]
        self.assertEqual("submitted", waived.state)
        self.assertEqual(["reviewed"], (statements - waived).mapped("state"))
        self.assertIn(f"{waived.name} has differences that were waived", params["message"])

    def test_a_file_about_the_period_blocks_as_well(self):
        self._entry("D-1")
        statement = self._generate(self.preparer)
        record = self._compare(self._row("D-1", 130))
        with self.assertRaisesRegex(UserError, "unresolved"):
            statement.action_submit()
        record.action_discard()
        statement.action_submit()
        self.assertEqual("submitted", statement.state)

    def test_matched_files_block_nothing(self):
        self._entry("D-1")
        statement = self._generate(self.preparer)
        self._compare(self._row("D-1"), statement_id=statement.id)
        statement.action_submit()
        self.assertEqual("submitted", statement.state)

    def test_nobody_waives_what_he_prepared_before_another(self):
        both = self._make_user("reconciliation.earlier", PREPARER, REVIEWER)
        self._entry("D-1")
        record = self._make_import(self._row("D-1", 150), self._row("X-9", 70, day=20))
        record.with_user(both).action_compare()
        row = record.line_ids.filtered(lambda line: line.row_number and line.line_id)
        row.with_user(both).action_unmatch()
        [ours] = record.line_ids.filtered(lambda line: not line.row_number)
        row.with_user(self.preparer)._match_with(ours.with_user(self.preparer))
        self.assertEqual(self.preparer, record.preparer_id)
        with self.assertRaisesRegex(UserError, "cannot waive"):
            record.with_user(both)._action_waive("Never mind")
        record.with_user(self.reviewer)._action_waive("Agreed")

    def test_nobody_waives_what_he_prepared(self):
        both = self._make_user("reconciliation.both", PREPARER, REVIEWER)
        third = self._make_user("reconciliation.third", PREPARER, REVIEWER)
        self._entry("D-1")
        statement = self._generate(third)
        record = self._compare(self._row("D-1", 130), user=both, statement_id=statement.id)
        for user in (both, third):  # who uploaded, who made the statement
            with self.assertRaisesRegex(UserError, "cannot waive"):
                record.with_user(user)._action_waive("Never mind")
        with self.assertRaisesRegex(UserError, "Say why"):
            record.with_user(self.reviewer)._action_waive("  ")
        with self.assertRaises(AccessError):
            record.with_user(self.preparer)._action_waive("Never mind")
        for column in ("uploader_id", "create_uid", "preparer_id"):
            with (
                self.assertRaises(psycopg2.errors.CheckViolation),
                mute_logger("odoo.sql_db"),
                self.cr.savepoint(),
            ):
                self.cr.execute(
                    "UPDATE scrm_settlement_import SET state = 'waived', waived_at = now(), "
                    f"waiver_reason = 'x', waiver_id = 1, {column} = 1 WHERE id = %s",
                    [record.id],
                )

    def test_the_waiver_does_not_submit(self):
        both = self._make_user("reconciliation.both", PREPARER, REVIEWER)
        self._entry("D-1")
        statement = self._generate(self.preparer)
        record = self._compare(self._row("D-1", 130), statement_id=statement.id)
        record.with_user(both)._action_waive("Agreed")
        with self.assertRaisesRegex(UserError, "you waived"):
            statement.with_user(both).action_submit()
        with (
            patch.object(type(statement), "_get_submit_obstacles", lambda _self: []),
            self.assertRaises(psycopg2.errors.CheckViolation),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            statement.with_user(both).action_submit()
            self.env.flush_all()

    def test_a_waiver_freezes_the_rows_until_it_is_taken_back(self):
        self._entry("D-1")
        record = self._compare(self._row("D-1", 130))
        record.with_user(self.reviewer)._action_waive("Agreed")
        with self.assertRaisesRegex(UserError, "do not change"):
            record.line_ids.with_user(self.preparer).action_unmatch()
        record.action_reopen()
        self.assertEqual(("compared", False), (record.state, record.waiver_reason))

    def test_nothing_goes_round_the_buttons(self):
        record = self._compare(self._row("D-1", 130))
        manager = self._make_user("reconciliation.manager", MANAGER)
        for vals in (
            {"state": "waived"},
            {"waiver_id": manager.id},
            {"uploader_id": manager.id},
            {"preparer_id": False},
            {"file_key": "x"},
        ):
            with self.assertRaises(UserError):
                record.with_user(manager).write(vals)
        with self.assertRaisesRegex(UserError, "compared already"):
            record.file = base64.b64encode(b"other")
        with self.assertRaises(AccessError):
            record.line_ids.with_user(manager).write({"status": "matched"})
        with self.assertRaises(UserError):
            record.sudo().unlink()
