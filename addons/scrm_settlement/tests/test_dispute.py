from datetime import date

from psycopg2.errors import RestrictViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PREPARER, REVIEWER, SettlementCase


class DisputeCase(SettlementCase):
    """A statement of three lines (7 × 117.76, 2 × 117.76, 1 × 128.00), its dealer and finance."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_rule("B", value=8, target="product", product_id=cls.part.id)
        cls._make_rule("P2", method="fixed", value=128, target="product", product_id=cls.part_2.id)
        cls.preparer = cls._make_user("dispute.preparer", PREPARER)
        cls.reviewer = cls._make_user("dispute.reviewer", REVIEWER)
        cls.reviewer_2 = cls._make_user("dispute.reviewer2", REVIEWER)
        cls.portal = cls._make_portal_user("dispute.portal", cls.dealer)

    @classmethod
    def _make_portal_user(cls, login, dealer):
        user = cls._make_user(login, "base.group_portal")
        user.partner_id.parent_id = dealer
        user.lang = "en_US"
        return user

    def setUp(self):
        super().setUp()
        self.lines = self._record(
            {"quantity": 7}, {"quantity": 2}, {"product_id": self.part_2.id, "quantity": 1}
        )
        self.statement = self._generate(self.preparer)
        self.assertEqual(1187.84, self.statement.amount_total)

    def _submit(self):
        self.statement.with_user(self.preparer).action_submit()

    def _review(self):
        self.statement.with_user(self.reviewer).action_review()

    def _dispute(self, line=None, user=None, **vals):
        values = {
            "statement_id": self.statement.id,
            "line_id": line.id if line else False,
            "kind": "price",
            "claimed_value": 120,
            "evidence": "Contract of January",
            **vals,
        }
        return self.env["scrm.settlement.dispute"].with_user(user or self.preparer).create(values)

    def _accept(self, dispute, user=None, **vals):
        dispute = dispute.with_user(user or self.reviewer)
        dispute.write({"resolution": "The contract says so", **vals})
        dispute.action_accept()


@tagged("post_install", "-at_install")
class TestDispute(DisputeCase):
    def test_a_disputed_line_leaves_a_draft_and_the_rest_proceeds(self):
        dispute = self._dispute(self.lines[0])
        self.assertEqual(15.68, dispute.amount_claimed)
        self.assertEqual("disputed", self.lines[0].state)
        self.assertFalse(self.lines[0].statement_id)
        self.assertEqual(363.52, self.statement.amount_total)
        self._submit()
        self._review()
        self.assertEqual("reviewed", self.statement.state)

    def test_the_document_of_a_submitted_statement_follows(self):
        self._submit()
        bill = self.statement.sudo().move_id
        self._dispute(self.lines[0])
        self.assertEqual("submitted", self.statement.state)
        self.assertEqual(bill, self.statement.sudo().move_id)
        self.assertEqual(363.52, bill.amount_total)
        self._review()

    def test_a_statement_without_lines_goes_back_to_its_preparer(self):
        self._submit()
        for line in self.lines[:2]:
            self._dispute(line)
        self._dispute(self.lines[2], kind="not_ours")
        self.assertEqual(("draft", 0), (self.statement.state, self.statement.amount_total))
        self.assertFalse(self.statement.sudo().move_id)
        self.assertIn("disputed", self.statement.return_reason)

    def test_rejected_the_line_waits_again(self):
        dispute = self._dispute(self.lines[0])
        dispute.with_user(self.preparer).write({"resolution": "The price list is right"})
        dispute.with_user(self.preparer).action_reject()
        self.assertEqual("pending", self.lines[0].state)
        self.assertFalse(dispute.adjustment_line_id)
        self.assertEqual(self.preparer, dispute.resolved_by_id)

    def test_accepted_price(self):
        """7 × 117.76 = 824.32 should have been 7 × 120.00 = 840.00."""
        dispute = self._dispute(self.lines[0])
        self._accept(dispute)
        adjustment = dispute.adjustment_line_id
        self.assertEqual("pending", self.lines[0].state)
        self.assertEqual(
            ("adjustment", self.lines[0], "pending", 7, 2.24, 15.68),
            (
                adjustment.source_type,
                adjustment.origin_line_id,
                adjustment.state,
                adjustment.quantity,
                adjustment.price_unit,
                adjustment.amount,
            ),
        )
        self.assertEqual("The contract says so", adjustment.price_reason)
        self.assertEqual(self.lines[0].date, adjustment.date)

    def test_accepted_quantity_not_ours_and_missing(self):
        fewer = self._dispute(self.lines[0], kind="quantity", claimed_value=5)
        self._accept(fewer)
        self.assertEqual(-235.52, fewer.adjustment_line_id.amount)
        foreign = self._dispute(self.lines[1], kind="not_ours", claimed_value=0)
        self._accept(foreign)
        self.assertEqual(-self.lines[1].amount, foreign.adjustment_line_id.amount)
        missing = self._dispute(
            kind="missing", claimed_value=88.5, item="Pump", item_date=date(2026, 11, 9)
        )
        with self.assertRaisesRegex(UserError, "Choose the product"):
            self._accept(missing)
        self._accept(missing, product_id=self.part_2.id)
        self.assertEqual(88.5, missing.adjustment_line_id.amount)
        self.assertEqual("vendor_bill", missing.adjustment_line_id.document_mode)

    def test_agreed_value_instead_of_the_claimed(self):
        dispute = self._dispute(self.lines[0])
        self._accept(dispute, agreed_value=119)
        self.assertEqual(8.68, dispute.adjustment_line_id.amount)
        self.assertEqual(15.68, dispute.amount_claimed)

    def test_line_and_adjustment_add_up_to_the_cent(self):
        """3 × 33.335 = 100.01 (rounded); 3 × 33.34 = 100.02: the difference is a cent."""
        rule = self.env["scrm.settlement.rule"].search([("name", "=", "P2")])
        rule.write({"value": 33.335, "price_round": 0})
        [line] = self._record({"product_id": self.part_2.id, "quantity": 3})
        self.statement = self._generate(self.preparer)
        self.assertEqual(100.01, line.amount)
        dispute = self._dispute(line, claimed_value=33.34)
        self._accept(dispute)
        adjustment = dispute.adjustment_line_id
        self.assertEqual(0.01, adjustment.amount)
        self.assertEqual(0.01, self.cny.round(adjustment.quantity * adjustment.price_unit))

    def test_the_next_statement_has_line_and_adjustment(self):
        dispute = self._dispute(self.lines[0])
        self._submit()
        self._review()
        self._accept(dispute)
        lines = self.lines[0] + dispute.adjustment_line_id
        again = self._generate(self.preparer)
        self.assertEqual(lines, again.line_ids.sorted("id"))
        self.assertEqual(840, again.amount_total)

    def test_after_review_only_an_adjustment(self):
        self._submit()
        self._review()
        dispute = self._dispute(self.lines[0])
        self.assertEqual("claimed", self.lines[0].state)
        self.assertEqual(1187.84, self.statement.amount_total)
        self._accept(dispute)
        self.assertEqual("claimed", self.lines[0].state)
        self.assertEqual(15.68, dispute.adjustment_line_id.amount)
        self.assertEqual("pending", dispute.adjustment_line_id.state)

    def test_settled_once(self):
        dispute = self._dispute(self.lines[0])
        self._accept(dispute)
        with self.assertRaisesRegex(UserError, "Accept"):
            dispute.with_user(self.reviewer).action_accept()
        self.assertEqual(
            1, self.env["scrm.settlement.line"].search_count([("source_model", "=", dispute._name)])
        )

    def test_a_line_is_disputed_once_at_a_time(self):
        self._submit()
        self._review()
        self._dispute(self.lines[0])
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self._dispute(self.lines[0])

    def test_a_held_line_cannot_be_disputed_again(self):
        self._dispute(self.lines[0])
        with self.assertRaisesRegex(UserError, "does not stand on"):
            self._dispute(self.lines[0])

    def test_who_opened_it_does_not_accept_it(self):
        dispute = self._dispute(self.lines[0], user=self.reviewer)
        with self.assertRaisesRegex(UserError, "cannot accept it as well"):
            self._accept(dispute, user=self.reviewer)
        self._accept(dispute, user=self.reviewer_2)

    def test_preparers_reject_but_do_not_accept(self):
        dispute = self._dispute(self.lines[0], user=self.reviewer)
        with self.assertRaises(AccessError):
            self._accept(dispute, user=self.preparer)

    def test_a_decision_has_a_reason(self):
        dispute = self._dispute(self.lines[0]).with_user(self.reviewer)
        for action in (dispute.action_accept, dispute.action_reject):
            with self.assertRaisesRegex(UserError, "Resolution"):
                action()

    def test_claims_that_change_nothing_are_refused(self):
        for line, vals in (
            (self.lines[0], {"claimed_value": 117.76}),
            (self.lines[0], {"kind": "quantity", "claimed_value": 7}),
            (None, {"kind": "missing", "item": "x", "item_date": "2026-11-02", "claimed_value": 0}),
        ):
            with self.assertRaisesRegex(UserError, "changes nothing"), self.cr.savepoint():
                self._dispute(line, **vals)

    def test_what_was_claimed_is_written_once(self):
        dispute = self._dispute(self.lines[0])
        with self.assertRaises(UserError):
            dispute.write({"claimed_value": 500})
        with self.assertRaises(UserError):
            dispute.write({"state": "accepted"})
        with self.assertRaises(UserError):
            dispute.write({"resolved_at": "2026-01-01"})
        with self.assertRaises(UserError):
            dispute.unlink()
        with mute_logger("odoo.sql_db"), self.assertRaises(RestrictViolation):
            self.env.cr.execute(
                "UPDATE scrm_settlement_dispute SET claimed_value = 500 WHERE id = %s",
                [dispute.id],
            )

    def test_a_decided_dispute_stays_as_it_is(self):
        dispute = self._dispute(self.lines[0])
        self._accept(dispute)
        with self.assertRaisesRegex(UserError, "is decided"):
            dispute.write({"agreed_value": 500})

    def test_every_step_is_logged(self):
        dispute = self._dispute(self.lines[0])
        self._accept(dispute)
        log = self.env["scrm.flow.log"].search(
            [("res_model", "=", dispute._name), ("res_id", "=", dispute.id)]
        )
        self.assertEqual(
            [("accept", "The contract says so", self.reviewer)],
            [(entry.transition, entry.note, entry.user_id) for entry in log],
        )

    def test_notices(self):
        self._submit()
        dispute = self._dispute(self.lines[0])
        self._accept(dispute)
        rows = self.env["scrm.outbox"].search(
            [("res_model", "=", dispute._name), ("res_id", "=", dispute.id)]
        )
        by_event = {(row.rule_id.event, row.medium) for row in rows}
        self.assertLessEqual(
            {("open", "inapp"), ("open", "email"), ("accept", "inapp"), ("accept", "email")},
            by_event,
        )
        self.assertIn(self.reviewer, rows.user_id)

    def test_a_dealer_hears_nothing_of_what_he_does_not_see(self):
        """A draft is not issued: what we hold against it ourselves is our own affair."""
        dispute = self._dispute(self.lines[0])
        self.assertFalse(dispute.with_user(self.portal).has_access("read"))
        self._accept(dispute)
        rows = self.env["scrm.outbox"].search(
            [("res_model", "=", dispute._name), ("res_id", "=", dispute.id)]
        )
        self.assertIn(self.reviewer, rows.user_id)
        self.assertEqual({"inapp"}, set(rows.mapped("medium")))

    def test_a_dealer_hears_of_his_own_dispute_wherever_its_statement_is(self):
        self._submit()
        dispute, *_others = self.statement.with_user(self.portal)._open_own_disputes(
            [{"line_id": line.id, "kind": "not_ours", "evidence": "x"} for line in self.lines]
        )
        self.assertEqual("draft", self.statement.state)
        self._accept(dispute.sudo(False).with_user(self.reviewer))
        rows = self.env["scrm.outbox"].search(
            [("res_model", "=", dispute._name), ("res_id", "=", dispute.id)]
        )
        emails = rows.filtered(lambda row: row.medium == "email")
        self.assertEqual({"open", "accept"}, set(emails.rule_id.mapped("event")))

    def _told(self, dispute, event):
        rows = self.env["scrm.outbox"].search(
            [
                ("res_model", "=", dispute._name),
                ("res_id", "=", dispute.id),
                ("rule_id.event", "=", event),
                ("medium", "=", "inapp"),
            ]
        )
        return rows.user_id

    def test_the_preparer_hears_of_a_rejection_by_another(self):
        stranger = self._make_user("dispute.stranger", PREPARER)
        first, second = self._dispute(self.lines[0]), self._dispute(self.lines[1])
        for dispute, user in ((first, self.reviewer), (second, self.preparer)):
            dispute.with_user(user).resolution = "The price list is right"
            dispute.with_user(user).action_reject()
        self.assertEqual(self.preparer, self._told(first, "reject"))
        self.assertFalse(self._told(second, "reject"))
        self.assertNotIn(stranger, self._told(first, "open"))

    def test_finance_hears_of_a_withdrawal(self):
        foreign = self._make_user("dispute.foreign", REVIEWER, company=self.company_other)
        self._submit()
        dispute = self.statement.with_user(self.portal)._open_own_disputes(
            [{"line_id": self.lines[0].id, "claimed_value": 120, "evidence": "Contract"}]
        )
        dispute.with_user(self.portal)._withdraw_as_dealer()
        told = self._told(dispute, "withdraw")
        self.assertLessEqual(self.preparer | self.reviewer | self.reviewer_2, told)
        self.assertFalse(told & (foreign | self.portal))

    def test_statement_counts(self):
        first = self._dispute(self.lines[0])
        self._dispute(self.lines[1])
        first.with_user(self.preparer).action_withdraw()
        self.assertEqual((2, 1), (self.statement.dispute_count, self.statement.open_dispute_count))
        action = self.statement.action_open_disputes()
        disputes = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(2, len(disputes))
        # The button shows how many are open, so they are what it opens
        view = disputes.get_view(view_type="search")["arch"]
        self.assertTrue(action["context"]["search_default_open"])
        self.assertIn('name="open"', view)

    def test_late(self):
        dispute = self._dispute(self.lines[0], deadline=date(2026, 1, 1))
        self.assertTrue(dispute.is_late)
        self.assertIn(dispute, dispute.search([("is_late", "=", True)]))
        dispute.with_user(self.preparer).action_withdraw()
        self.assertFalse(dispute.is_late)
        self.assertNotIn(dispute, dispute.search([("is_late", "=", True)]))
