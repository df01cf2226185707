from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CHANNEL_MANAGER, MANAGER, REVIEWER, SettlementCase

MODELS = "odoo.addons.scrm_settlement.models"


@tagged("post_install", "-at_install")
class TestQueue(SettlementCase):
    """What finance sees of the settlements that wait, and how it works through them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule("B", method="fixed", value=100)
        cls.preparer = cls._make_user("queue.preparer", CHANNEL_MANAGER)
        cls.reviewer = cls._make_user("queue.reviewer", REVIEWER)
        cls.both = cls._make_user("queue.both", MANAGER)
        cls.dealer_3 = cls._make_partner(name="Dealer 3", is_company=True)

    def _submit(self, user=None, **source):
        self._record(source)
        statement = self._generate(user or self.preparer)
        statement.action_submit()
        return statement.with_user(self.reviewer)

    def test_exceptions_are_counted_and_opened(self):
        statement = self._submit()
        self.assertEqual(0, statement.exception_count)
        late = self._record({})
        self.rule.active = False
        unpriced = self._record({}, {"occurred_at": datetime(2026, 12, 5)})[0]
        self._record({"partner_id": self.dealer_2.id})
        statement.invalidate_recordset()
        self.assertEqual(2, statement.exception_count)
        domain = statement.action_open_exceptions()["domain"]
        self.assertEqual(late | unpriced, self.env["scrm.settlement.line"].search(domain))
        # Who goes from bill to bill sees no list
        bill = statement.move_id
        self.assertEqual(2, bill.scrm_exception_count)
        self.assertEqual(domain, bill.action_scrm_open_exceptions()["domain"])
        self.assertEqual(0, bill.copy().scrm_exception_count)

    def test_many_are_submitted_and_posted_in_batches(self):
        dealers = self.dealer | self.dealer_2 | self.dealer_3
        self._record(*({"partner_id": dealer.id, "quantity": 2} for dealer in dealers))
        statements = self._generate(self.preparer)
        with patch(f"{MODELS}.scrm_settlement_statement_flow.STEP_BATCH", 2):
            statements.action_submit()
            statements = statements.with_user(self.reviewer)
            statements.action_review()
        bills = statements.move_id
        plain = bills[0].sudo().copy({"invoice_date": bills[0].invoice_date, "ref": "0"})
        with patch(f"{MODELS}.account_move.POST_BATCH", 1):
            (bills[::-1].sudo() | plain).action_post()
        self.assertEqual(["invoiced"] * 3, statements.mapped("state"))
        self.assertEqual(["posted"] * 4, (bills | plain).mapped("state"))
        # numbered as together: by day and reference
        ordered = (bills | plain).sorted(lambda move: (move.date, move.ref, move.id))
        self.assertEqual(ordered, ordered.sorted("sequence_number"))

    def test_one_of_many_that_cannot_be_posted_stops_all(self):
        self._record({}, {"partner_id": self.dealer_2.id})
        statements = self._generate(self.preparer)
        statements.action_submit()
        statements[0].with_user(self.reviewer).action_review()
        bills = statements.sudo().move_id
        with (
            patch(f"{MODELS}.account_move.POST_BATCH", 1),
            self.assertRaisesRegex(UserError, "has not been reviewed"),
        ):
            bills.action_post()
        self.assertEqual({"draft"}, set(bills.mapped("state")))

    def test_the_last_period_is_compared(self):
        for month, quantity in ((9, 1), (10, 4)):
            self._record({"quantity": quantity, "occurred_at": datetime(2026, month, 5)})
            self._generate(
                self.preparer, date_from=date(2026, month, 1), date_to=date(2026, month, 28)
            )
        statement = self._submit(quantity=5)
        self.assertRecordValues(
            statement,
            [{"has_previous": True, "previous_amount": 400, "previous_change": 0.25}],
        )
        self.assertFalse(self._submit(partner_id=self.dealer_2.id).has_previous)

    def test_the_age_counts_from_submission(self):
        statement = self._submit()
        self.assertEqual(0, statement.age_days)
        statement.sudo()._write_derived(
            {"submitted_at": fields.Datetime.now() - timedelta(days=3, hours=1)}
        )
        self.assertEqual(3, statement.age_days)

    def test_columns_cost_the_same_for_any_number(self):
        statements = self.env["scrm.settlement.statement"]
        for partner in (self.dealer, self.dealer_2, self.dealer_3):
            statements |= self._submit(partner_id=partner.id)

        def read(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.read(["previous_change", "exception_count", "age_days", "netting_count"])
            return self.env.cr.sql_log_count - before

        read(statements)
        self.assertEqual(read(statements[0]), read(statements))

    def test_review_and_next(self):
        first = self._submit()
        second = self._submit(partner_id=self.dealer_2.id)
        own = self._submit(self.both, partner_id=self.dealer_3.id)
        bill = first.sudo().move_id.sudo(False).with_user(self.both)
        action = bill.action_scrm_review_next()
        self.assertEqual("reviewed", first.state)
        self.assertEqual((second.sudo().move_id.id, "main"), (action["res_id"], action["target"]))
        action = second.with_user(self.both).action_review_next()
        self.assertEqual(
            "scrm_settlement.scrm_settlement_statement_action_review", action["xml_id"]
        )
        self.assertEqual("submitted", own.state)

    def test_bulk_review_leaves_what_needs_a_look(self):
        plain = self._submit()
        strange = self._submit(partner_id=self.dealer_2.id)
        changed = self._submit(partner_id=self.dealer_3.id)
        self._record({"partner_id": self.dealer_2.id})
        changed.sudo().move_id.invoice_line_ids.price_unit = 7
        params = (plain | strange | changed).action_review_selected()["params"]
        self.assertEqual(
            ["reviewed", "submitted", "submitted"], [s.state for s in (plain, strange, changed)]
        )
        self.assertIn("1 settlements reviewed", params["message"])
        self.assertIn(f"{strange.name} has exceptions", params["message"])
        self.assertIn(changed.name, params["message"])

    def test_bulk_review_leaves_amounts_entered_by_hand(self):
        adjustment = self.env["scrm.settlement.adjustment"].with_user(self.preparer)
        adjustment.create(
            {
                "partner_id": self.dealer.id,
                "product_id": self.part.id,
                "date": date(2026, 11, 20),
                "pricing": "amount",
                "amount": 50000,
                "reason": "Forgotten in October",
            }
        )
        statement = self._submit()
        message = statement.action_review_selected()["params"]["message"]
        self.assertEqual("submitted", statement.state)
        self.assertIn(f"{statement.name} has amounts entered by hand", message)
        statement.action_review()
        self.assertEqual("reviewed", statement.state)

    def test_bulk_review_is_the_reviewers(self):
        statement = self._submit()
        with self.assertRaises(AccessError):
            statement.with_user(self.preparer).action_review()
        params = statement.with_user(self.preparer).action_review_selected()["params"]
        self.assertEqual("warning", params["type"])
        self.assertEqual("submitted", statement.state)

    def test_debts_that_run_both_ways_are_shown(self):
        payable = self._submit()
        payable.action_review()
        self.assertEqual(0, payable.netting_count)
        self.tier.document_mode = "customer_invoice"
        receivable = self._submit(product_id=self.part_2.id)
        receivable.action_review()
        self.env.invalidate_all()
        self.assertEqual([1, 1], [payable.netting_count, receivable.netting_count])
        domain = payable.action_open_netting()["domain"]
        self.assertEqual(payable | receivable, payable.search(domain))
