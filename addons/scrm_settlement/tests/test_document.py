from datetime import date, datetime

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CHANNEL_MANAGER, REVIEWER, SettlementCase


@tagged("post_install", "-at_install")
class TestDocument(SettlementCase):
    """What a statement becomes in Invoicing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule("B", method="fixed", value=100)
        cls.preparer = cls._make_user("document.preparer", CHANNEL_MANAGER)
        cls.reviewer = cls._make_user("document.reviewer", REVIEWER)
        cls.accountant = cls._make_user("document.accountant", "account.group_account_invoice")

    def _submit(self, *sources):
        self._record(*sources)
        statement = self._generate(self.preparer)
        statement.action_submit()
        return statement

    def _post(self, statement):
        statement.with_user(self.reviewer).action_review()
        document = statement.sudo().move_id.sudo(False).with_user(self.reviewer)
        document.action_post()
        return document

    def _take_back(self, quantity, occurred_at):
        """Return part of what was settled in October, so that November is negative."""
        line = self._record({"quantity": quantity, "occurred_at": datetime(2026, 10, 5)})
        line._record_return(
            quantity, source_model="res.partner", source_id=line.id, occurred_at=occurred_at
        )

    # === DAYS === #

    def test_a_bill_without_terms_is_due_on_its_own_day(self):
        """Where the company lives it is tomorrow; the preparer's clock is not asked."""
        self.preparer.tz = "America/New_York"
        with freeze_time("2026-12-01 17:00:00"):
            bill = self._submit({}).sudo().move_id
        self.assertEqual(2 * [date(2026, 12, 2)], [bill.invoice_date, bill.invoice_date_due])

    # === KINDS === #

    def test_documents_by_mode_and_sign(self):
        sale_tax = self.tax_13.copy({"name": "Sale", "type_tax_use": "sale"})
        self.part.write(
            {
                "supplier_taxes_id": [Command.set(self.tax_13.ids)],
                "taxes_id": [Command.set(sale_tax.ids)],
            }
        )
        for month, (mode, positive, negative, tax, kind) in enumerate(
            (
                ("vendor_bill", "in_invoice", "in_refund", self.tax_13, "expense"),
                ("customer_credit_note", "out_refund", "out_invoice", sale_tax, "income"),
                ("customer_invoice", "out_invoice", "out_refund", sale_tax, "income"),
            ),
            start=1,
        ):
            self.tier.document_mode = mode
            for sign, expected in ((1, positive), (-1, negative)):
                day = 5 if sign > 0 else 20
                moment = datetime(2027, month, day)
                if sign > 0:
                    self._record({"quantity": 2, "occurred_at": moment})
                else:
                    self._take_back(2, moment)
                first = date(2027, month, 1 if sign > 0 else 16)
                last = date(2027, month, 15 if sign > 0 else 28)
                statement = self._generate(self.preparer, date_from=first, date_to=last)
                with self.subTest(mode=mode, sign=sign):
                    self.assertEqual(mode, statement.document_mode)
                    statement.action_submit()
                    self.assertEqual(sign * 200, statement.amount_total)
                    document = self._post(statement)
                    self.assertRecordValues(
                        document, [{"move_type": expected, "amount_total": 200, "state": "posted"}]
                    )
                    line = document.invoice_line_ids
                    self.assertEqual(tax, line.tax_ids)
                    self.assertEqual(kind, line.account_id.internal_group)
                    self.assertEqual("invoiced", statement.state)

    def test_customer_invoices_follow_too(self):
        self.tier.document_mode = "customer_invoice"
        statement = self._submit({})
        document = statement.sudo().move_id.sudo(False).with_user(self.accountant)
        with self.assertRaisesRegex(UserError, "has not been reviewed"):
            document.action_post()
        with self.assertRaisesRegex(UserError, "Return settlement"):
            document.button_cancel()
        document = self._post(statement)
        self.env["account.payment.register"].with_user(self.accountant).with_context(
            active_model="account.move", active_ids=document.ids
        ).create({})._create_payments()
        self.assertEqual("paid", statement.state)

    def test_the_statement_opens_its_payments(self):
        statement = self._submit({})
        document = self._post(statement)
        self.assertEqual(0, statement.payment_count)
        register = self.env["account.payment.register"].with_user(self.accountant)
        register = register.with_context(active_model="account.move", active_ids=document.ids)
        payment = register.create({"amount": 30})._create_payments()
        self.assertEqual(1, statement.payment_count)
        action = statement.with_user(self.accountant).action_open_payments()
        self.assertEqual(
            (payment._name, payment.id, "invoiced"),
            (action["res_model"], action["res_id"], statement.state),
        )
        credit = document.sudo()._reverse_moves([{"invoice_date": document.invoice_date}])
        credit.invoice_line_ids.write({"quantity": 1, "price_unit": 20})
        credit.action_post()
        (credit | document.sudo()).line_ids.filtered(
            lambda line: line.account_id.account_type == "liability_payable"
        ).reconcile()
        entries = credit | payment.sudo().move_id
        self.assertEqual(len(entries), statement.payment_count)
        action = statement.with_user(self.accountant).action_open_payments()
        opened = self.env[action["res_model"]].browse(action.get("res_id") or [])
        opened |= opened.search(action.get("domain") or [("id", "=", 0)])
        self.assertEqual(entries, opened)

    def test_lines_open_by_kind(self):
        statement = self._submit({})
        action = statement.action_open_lines()
        self.assertEqual({"search_default_group_type": 1}, action["context"])

    def test_one_statement_per_kind_of_document(self):
        other = self.env["scrm.settlement.tier"].create(
            {
                "name": "Receivable",
                "company_id": self.company.id,
                "document_mode": "customer_invoice",
            }
        )
        self._make_rule(
            "R",
            tier_id=other.id,
            method="fixed",
            value=30,
            target="product",
            product_id=self.part_2.id,
        )
        self._record({}, {"product_id": self.part_2.id})
        statements = self._generate(self.preparer)
        self.assertEqual(
            {("vendor_bill", 100), ("customer_invoice", 30)},
            {(s.document_mode, s.amount_total) for s in statements},
        )

    def test_ordinary_documents_cost_no_query(self):
        statement = self._submit({})
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.dealer.id,
                "invoice_line_ids": [Command.create({"name": "Rent", "price_unit": 10})],
            }
        )
        self.env.flush_all()
        invoice.read(["state"])
        with self.assertQueryCount(0):
            self.assertFalse(invoice._scrm_get_statements())
            self.assertFalse(invoice.scrm_statement_id)
        document = statement.sudo().move_id
        with self.assertRaisesRegex(UserError, "not edited by hand"):
            document.scrm_is_settlement = False
        self.assertFalse(document.copy().scrm_is_settlement)

    # === ZERO === #

    def test_zero_is_settled_without_a_document(self):
        line = self._record({"quantity": 2})
        line._record_return(
            2, source_model="res.partner", source_id=1, occurred_at=line.occurred_at
        )
        statement = self._generate(self.preparer)
        statement.action_submit()
        self.assertEqual("submitted", statement.state)
        self.assertFalse(statement.sudo().move_id)
        statement.with_user(self.reviewer).action_review()
        self.assertEqual("settled", statement.state)
        self.assertFalse(statement.sudo().move_id)
        self.assertEqual({"claimed"}, set(statement.line_ids.mapped("state")))

    # === REFRESH === #

    def _release(self, line):
        """Take a line off its statement, as a dispute does."""
        line.sudo().write({"statement_id": False, "state": "disputed"})

    def test_refreshing_follows_the_lines(self):
        statement = self._submit({"quantity": 7}, {"quantity": 1})
        document = statement.sudo().move_id
        self._release(statement.line_ids.filtered(lambda line: line.quantity == 7))
        statement._refresh_document()
        self.assertEqual(100, statement.amount_total)
        self.assertEqual(document, statement.sudo().move_id)
        self.assertRecordValues(document, [{"amount_total": 100, "state": "draft"}])
        self._post(statement)

    def test_refreshing_changes_the_kind_of_document(self):
        self._take_back(3, datetime(2026, 11, 6))
        statement = self._submit({"quantity": 5})
        self.assertEqual(("in_invoice", 200), self._get_document(statement))
        self._release(statement.line_ids.filtered(lambda line: line.quantity == 5))
        statement._refresh_document()
        self.assertEqual(("in_refund", 300), self._get_document(statement))
        self._release(statement.line_ids)
        statement._refresh_document()
        self.assertFalse(statement.sudo().move_id)

    def _get_document(self, statement):
        document = statement.sudo().move_id
        return document.move_type, document.amount_total

    def test_a_reviewed_statement_is_not_refreshed(self):
        statement = self._submit({})
        statement.with_user(self.reviewer).action_review()
        with self.assertRaisesRegex(UserError, "has been reviewed"):
            statement._refresh_document()

    # === CONTENT === #

    def test_equal_content_has_equal_hashes(self):
        statement = self._submit({"quantity": 7}, {})
        first = statement.content_hash
        self.assertEqual(64, len(first))
        self._return(statement)
        self.assertFalse(statement.content_hash)
        statement.action_submit()
        self.assertEqual(first, statement.content_hash)
        self._return(statement)
        statement.action_cancel()
        replayed = self._generate(self.preparer)
        replayed.action_submit()
        self.assertEqual(first, replayed.content_hash)

    def _return(self, statement):
        statement.with_user(self.reviewer)._action_return("Once more")

    def _tamper(self, line, assignment):
        self.env.flush_all()
        self.cr.execute("ALTER TABLE scrm_settlement_line DISABLE TRIGGER USER")
        self.cr.execute(  # pylint: disable=sql-injection
            f"UPDATE scrm_settlement_line SET {assignment} WHERE id = %s", [line.id]
        )
        self.cr.execute("ALTER TABLE scrm_settlement_line ENABLE TRIGGER USER")
        self.env.invalidate_all()

    def test_changed_lines_are_refused_at_review_and_posting(self):
        statement = self._submit({"quantity": 7})
        for state in ("submitted", "reviewed"):
            self.assertEqual(state, statement.state)
            for assignment in ("amount = amount + 1", "quantity = 8", "price_unit = 99"):
                with self.cr.savepoint() as savepoint:
                    self._tamper(statement.line_ids, assignment)
                    with self.assertRaisesRegex(UserError, "no longer those"):
                        self._post(statement) if state == "submitted" else (
                            statement.sudo().move_id.with_user(self.reviewer).action_post()
                        )
                    savepoint.rollback()
                    self.env.invalidate_all()
            if state == "submitted":
                statement.with_user(self.reviewer).action_review()
        self._return(statement)
        self.assertEqual("draft", statement.state)

    def test_changed_taxes_are_refused(self):
        statement = self._submit({})
        self.part.supplier_taxes_id = self.tax_13
        with self.assertRaisesRegex(UserError, "no longer those"):
            self._post(statement)

    def test_a_dealer_becomes_part_of_a_company(self):
        statement = self._submit({})
        holding = self._make_partner(name="Holding", is_company=True)
        self.dealer.write({"parent_id": holding.id, "is_company": False})
        self.assertEqual("posted", self._post(statement).state)

    def test_a_document_stays_with_its_company(self):
        """Accounts may be shared by companies: then Odoo itself lets a bill change its books."""
        other = self.company_other
        charts = self.env["account.chart.template"].with_company(other)
        charts.try_loading("generic_coa", company=other, install_demo=False)
        self.reviewer.company_ids |= other
        statement = self._submit({})
        statement.with_user(self.reviewer).action_review()
        both = {"allowed_company_ids": (self.company | other).ids}
        bill = statement.sudo().move_id.with_context(**both)
        for account in bill.line_ids.account_id:
            account.with_company(other).code = f"9{account.code}"
            account.company_ids |= other
        bill.journal_id = self.env["account.journal"].search(
            [("company_id", "=", other.id), ("type", "=", "purchase")], limit=1
        )
        self.assertEqual(other, bill.company_id)
        with self.assertRaisesRegex(UserError, "the company is Other test company"):
            bill.with_user(self.reviewer).action_post()

    # === ONE LINE FOR A PRODUCT === #

    def _get_said(self, statement):
        lines = statement.sudo().move_id.invoice_line_ids
        return [(line.product_id, line.quantity, line.price_unit) for line in lines]

    def test_lines_of_one_product_and_price_are_added_up(self):
        self.company.scrm_settlement_by_product = True
        self._make_rule("Two", method="fixed", value=7, target="product", product_id=self.part_2.id)
        statement = self._submit(
            {"quantity": 2}, {"product_id": self.part_2.id}, {"quantity": 3}, {"quantity": -1}
        )
        self.assertEqual(4, statement.line_count)
        self.assertEqual([(self.part, 4, 100), (self.part_2, 1, 7)], self._get_said(statement))
        self.assertIn("2026", statement.sudo().move_id.invoice_line_ids[0].name)
        # What was submitted stays what it was
        self.company.scrm_settlement_by_product = False
        document = self._post(statement)
        self.assertEqual(("posted", 407), (document.state, document.amount_total))

    def test_what_was_added_up_cannot_be_changed(self):
        self.company.scrm_settlement_by_product = True
        statement = self._submit({"quantity": 2}, {"quantity": 3})
        line = statement.sudo().move_id.invoice_line_ids
        line.write({"quantity": 50, "price_unit": 10})
        with self.assertRaisesRegex(UserError, "products, quantities, prices or taxes"):
            statement.with_user(self.reviewer).action_review()
        line.write({"quantity": 5, "price_unit": 100})
        self.assertEqual(500, self._post(statement).amount_total)

    def test_taxes_are_those_of_what_was_added_up(self):
        self.company.tax_calculation_rounding_method = "round_per_line"
        self.part.supplier_taxes_id = self.tax_13
        for by_product, value, tax, said in (
            (False, 0.33, 0.12, [(1, 0.33)] * 3), (True, 0.33, 0.11, [(3, 0.33)]),
            # Three times 0.33 are 0.99, which 3 × 0.333333 is not
            (True, 0.333333, 0.11, [(1, 0.99)]),
        ):  # fmt: skip
            self.company.scrm_settlement_by_product = by_product
            self.rule.write({"value": value, "price_round": 0})
            with self.subTest(by_product=by_product, value=value):
                statement = self._submit({}, {}, {})
                self.assertEqual((0.99, tax), (statement.amount_total, statement.amount_tax))
                self.assertEqual(said, [part[1:] for part in self._get_said(statement)])
                statement.with_user(self.reviewer).action_review()

    def test_what_comes_to_nothing_is_not_said(self):
        self.company.scrm_settlement_by_product = True
        statement = self._submit(
            {"quantity": 2}, {"quantity": -2}, {"product_id": self.part_2.id, "quantity": 1}
        )
        self.assertEqual([(self.part_2, 1, 100)], self._get_said(statement))

    # === WHO POSTS === #

    def test_who_prepares_may_be_kept_from_posting(self):
        self.preparer.group_ids += self.env.ref("account.group_account_invoice")
        statement = self._submit({})
        self.company.scrm_settlement_poster_apart = True
        statement.with_user(self.reviewer).action_review()
        document = statement.sudo().move_id.sudo(False)
        with self.assertRaisesRegex(UserError, "somebody else posts it"):
            document.with_user(self.preparer).action_post()
        self.company.scrm_settlement_poster_apart = False
        document.with_user(self.preparer).action_post()
        self.assertEqual("invoiced", statement.state)

    def test_who_may_not_post_may_not_leave_it_to_the_clock(self):
        self.preparer.group_ids += self.env.ref("account.group_account_invoice")
        self.company.scrm_settlement_poster_apart = True
        statement = self._submit({})
        document = statement.sudo().move_id.sudo(False)
        tomorrow = {"auto_post": "at_date", "date": date(2026, 12, 31)}
        statement.with_user(self.reviewer).action_review()
        with self.assertRaisesRegex(UserError, "somebody else posts it"):
            document.with_user(self.preparer).write(tomorrow)
        document.with_user(self.accountant).write(tomorrow)

    def test_the_second_look_is_the_reviewers(self):
        statement = self._submit({})
        statement.with_user(self.reviewer).action_review()
        document = statement.sudo().move_id.sudo(False).with_user(self.accountant)
        document.action_post()
        self.assertFalse(document.checked)
        with self.assertRaises(UserError):
            document.write({"checked": True})
        document.with_user(self.reviewer).write({"checked": True})
        self.assertTrue(document.checked)

    def test_other_documents_are_checked_as_ever(self):
        bill = (
            self.env["account.move"]
            .with_user(self.accountant)
            .create(
                {
                    "move_type": "in_invoice",
                    "partner_id": self.dealer.id,
                    "invoice_date": date(2026, 11, 30),
                    "invoice_line_ids": [Command.create({"name": "Rent", "price_unit": 10})],
                }
            )
        )
        bill.action_post()
        self.assertTrue(bill.checked)
