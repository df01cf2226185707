from datetime import date, datetime

from psycopg2 import IntegrityError
from psycopg2.errors import ExclusionViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CHANNEL_MANAGER, REVIEWER, SettlementCase

OCTOBER = {"date_from": date(2026, 10, 1), "date_to": date(2026, 10, 31)}


@tagged("post_install", "-at_install")
class TestRevision(SettlementCase):
    """A period is settled by revisions that lose no line and take none twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_rule("B", method="fixed", value=100)
        cls.preparer = cls._make_user("revision.preparer", CHANNEL_MANAGER)
        cls.reviewer = cls._make_user("revision.reviewer", REVIEWER)

    def _generate(self, **vals):
        return super()._generate(self.preparer, **vals)

    def _post(self, statement):
        statement.action_submit()
        statement.with_user(self.reviewer).action_review()
        document = statement.sudo().move_id.sudo(False).with_user(self.reviewer)
        document.action_post()
        return document

    def _open_reversal(self, document):
        return (
            self.env["account.move.reversal"]
            .with_user(self.reviewer)
            .with_context(active_model="account.move", active_ids=document.ids)
            .create({"journal_id": document.journal_id.id})
        )

    def _reverse(self, document):
        """Reverse by core's own wizard; return the reversal."""
        self._open_reversal(document).refund_moves()
        reversal = document.reversal_move_ids
        reversal.action_post()
        return reversal

    def test_a_reversal_that_goes_back_to_draft_takes_nothing_back(self):
        self._record()
        statement = self._generate()
        reversal = self._reverse(self._post(statement))
        self.assertEqual("reversed", statement.state)
        reversal.button_draft()
        self.assertEqual("invoiced", statement.state)
        with self.assertRaises(UserError):
            statement.action_reopen()
        reversal.action_post()
        self.assertEqual("reversed", statement.state)

    def test_a_reversal_stays_once_its_lines_are_settled_again(self):
        self._record()
        statement = self._generate()
        reversal = self._reverse(self._post(statement))
        statement.action_reopen()
        with self.assertRaisesRegex(UserError, "settled again by"):
            reversal.button_draft()

    def test_a_reversed_document_does_not_go_back_to_draft(self):
        """Its reversal would stay posted, and it could never be posted again."""
        self._record()
        document = self._post(self._generate())
        self._reverse(document)
        with self.assertRaisesRegex(UserError, "was reversed. Undo the reconciliation"):
            document.button_draft()

    def test_a_dealer_who_became_part_of_a_company_is_settled(self):
        line = self._record()
        parent = self._make_partner(name="Holding", is_company=True)
        self.dealer.write({"is_company": False, "parent_id": parent.id})
        self.assertEqual(parent, self.dealer.commercial_partner_id)
        statement = self._generate(partners=self.dealer)
        self.assertEqual(line, statement.line_ids)
        self.assertEqual("posted", self._post(statement).state)

    def test_late_lines_are_the_next_revision(self):
        self._record()
        first = self._generate()
        self._record()
        second = self._generate()
        self._record()
        third = self._generate()
        self.assertEqual([0, 1, 2], [s.revision for s in (first, second, third)])
        self.assertEqual(first.date_to, third.date_to)

    @mute_logger("odoo.sql_db")
    def test_the_database_knows_one_statement_per_revision(self):
        self._record()
        first = self._generate()
        self._record()
        second = self._generate()
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            self.cr.execute(
                "UPDATE scrm_settlement_statement SET revision = 1 WHERE id = %s", [first.id]
            )
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.cr.execute(
                "UPDATE scrm_settlement_statement SET revision = 0 WHERE id = %s", [second.id]
            )
        self._record({"occurred_at": datetime(2026, 10, 5)})
        october = self._generate(**OCTOBER)
        with self.assertRaises(ExclusionViolation), self.cr.savepoint():
            self.cr.execute(
                "UPDATE scrm_settlement_statement SET date_to = '2026-11-01' WHERE id = %s",
                [october.id],
            )

    def test_overlapping_periods_are_refused_with_a_sentence(self):
        self._record()
        self._generate()
        self._record()
        with self.assertRaisesRegex(UserError, "1 dealers have a statement of another period"):
            self._generate(date_from=date(2026, 10, 16), date_to=date(2026, 11, 15))
        self._record({"partner_id": self.dealer_2.id})
        statements = self._generate(date_from=date(2026, 10, 16), date_to=date(2026, 11, 15))
        self.assertEqual(self.dealer_2, statements.partner_id)

    def test_what_comes_late_for_two_dealers_who_became_one_goes_onto_a_revision(self):
        """One was settled by the month, the other by its half."""
        half = {"date_from": date(2026, 11, 1), "date_to": date(2026, 11, 15)}
        self._record({}, {"partner_id": self.dealer_2.id, "occurred_at": datetime(2026, 11, 5)})
        self._generate(partners=self.dealer)
        self._generate(partners=self.dealer_2, **half)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.dealer | self.dealer_2).ids, self.dealer
        )
        self.env.invalidate_all()
        for days in ({}, half):
            late = self._record({"occurred_at": datetime(2026, 11, 6)})
            with self.subTest(days=days):
                self.assertEqual(late, self._generate(**days).line_ids)

    def test_a_cancelled_period_may_be_cut_otherwise(self):
        line = self._record()
        self._generate().action_cancel()
        statement = self._generate(date_from=date(2026, 10, 16), date_to=date(2026, 11, 15))
        self.assertEqual((line, 0), (statement.line_ids, statement.revision))

    def test_a_reversed_bill_is_not_paid_and_its_lines_are_settled_again(self):
        lines = self._record({"quantity": 2}, {})
        statement = self._generate()
        bill = self._post(statement)
        self._reverse(bill)
        self.assertEqual("reversed", bill.payment_state)
        self.assertEqual("reversed", statement.state)
        self.assertEqual(lines, statement.line_ids)
        with self.assertRaises(AccessError):
            statement.with_user(self.reviewer).action_reopen()
        action = statement.action_reopen()
        successor = statement.browse(action["res_id"])
        self.assertRecordValues(
            successor,
            [
                {
                    "revision": 1,
                    "state": "draft",
                    "origin_statement_id": statement.id,
                    "amount_total": 300,
                    "date_from": statement.date_from,
                    "date_to": statement.date_to,
                }
            ],
        )
        self.assertEqual(lines, successor.line_ids)
        self.assertFalse(statement.line_ids)
        with self.assertRaisesRegex(UserError, "no lines to settle again"):
            statement.action_reopen()
        self._post(successor)
        self.assertEqual("invoiced", successor.state)

    def test_a_reversed_bill_is_not_replaced_outside_the_review(self):
        self._record()
        statement = self._generate()
        document = self._post(statement)
        with self.assertRaisesRegex(UserError, "Reverse it only, then use “Settle again”"):
            self._open_reversal(document).modify_moves()
        self.assertFalse(document.reversal_move_ids)
        self.assertEqual("invoiced", statement.state)
        ordinary = document.copy({"invoice_date": document.invoice_date})
        self.assertFalse(ordinary.scrm_statement_id)
        ordinary.action_post()
        self._open_reversal(ordinary).modify_moves()
        self.assertEqual("reversed", ordinary.payment_state)

    def test_a_reversal_may_be_undone_until_its_lines_are_settled_again(self):
        self._record()
        statement = self._generate()
        reversal = self._reverse(self._post(statement))
        reversal.line_ids.remove_move_reconcile()
        self.assertEqual("invoiced", statement.state)
        self._reconcile(statement.sudo().move_id, reversal)
        self.assertEqual("reversed", statement.state)
        statement.action_reopen()
        self._refuse_to_undo(reversal, "are settled again by")
        statement.successor_ids.action_cancel()
        self._refuse_to_undo(reversal, "went back to the journal when")
        self.assertEqual("reversed", statement.state)
        again = self._generate()
        self.assertEqual((100, 1), (again.amount_total, again.revision))

    def _refuse_to_undo(self, reversal, sentence):
        with self.assertRaisesRegex(UserError, sentence), self.cr.savepoint():
            reversal.sudo().line_ids.remove_move_reconcile()
        self.env.invalidate_all()

    def _reconcile(self, *documents):
        lines = self.env["account.move.line"].union(*(move.sudo().line_ids for move in documents))
        lines.filtered(lambda line: line.account_type == "liability_payable").reconcile()

    def test_a_reversed_credit_note_is_reversed_too(self):
        line = self._record({"quantity": 3, "occurred_at": datetime(2026, 10, 5)})
        line._record_return(
            2, source_model="res.partner", source_id=1, occurred_at=datetime(2026, 11, 5)
        )
        statement = self._generate()
        note = self._post(statement)
        self.assertEqual("in_refund", note.move_type)
        self._reverse(note)
        self.assertEqual("reversed", statement.state)

    def test_what_is_set_off_against_another_document_is_paid(self):
        self._record({"quantity": 2, "occurred_at": datetime(2026, 10, 5)})
        october = self._generate(**OCTOBER)
        october.line_ids._record_return(
            2, source_model="res.partner", source_id=1, occurred_at=datetime(2026, 11, 5)
        )
        november = self._generate()
        self._reconcile(self._post(october), self._post(november))
        self.assertEqual({"paid"}, {october.state, november.state})

    def test_statements_and_journal_agree(self):
        """Σ statements = Σ journal, whatever happens to them."""
        self._record({"quantity": 2}, {}, {"partner_id": self.dealer_2.id})
        first, other = self._generate()
        self._reverse(self._post(first))
        first.action_reopen()
        self._record()
        self._generate()
        other.action_cancel()
        self._generate()
        lines = self.env["scrm.settlement.line"].search([("company_id", "=", self.company.id)])
        self.assertEqual({"claimed"}, set(lines.mapped("state")))
        alive = self.env["scrm.settlement.statement"].search(
            [("company_id", "=", self.company.id), ("state", "not in", ("cancel", "reversed"))]
        )
        self.assertEqual(sum(lines.mapped("amount")), sum(alive.mapped("amount_untaxed")))
        self.assertEqual(lines, alive.line_ids.sorted())

    def test_merged_dealers_keep_all_statements(self):
        self._record({}, {"partner_id": self.dealer_2.id, "quantity": 2})
        statements = self._generate()
        self._record()
        statements += self._generate()
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.dealer | self.dealer_2).ids, self.dealer
        )
        self.assertEqual(self.dealer, statements.exists().partner_id)
        self.assertEqual([0, 1, 2], sorted(statements.exists().mapped("revision")))
