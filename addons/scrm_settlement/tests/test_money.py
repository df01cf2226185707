from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import CHANNEL_MANAGER, REVIEWER, SettlementCase


@tagged("post_install", "-at_install")
class TestMoney(SettlementCase):
    """Currencies, companies and closed books."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule("B", method="fixed", value=100)
        cls.preparer = cls._make_user("money.preparer", CHANNEL_MANAGER)
        cls.reviewer = cls._make_user("money.reviewer", REVIEWER)

    def _activate(self, name, *rates):
        currency = self.env.ref(f"base.{name}")
        currency.active = True
        currency.rate_ids.unlink()
        self.cny.rate_ids.unlink()
        currency.rate_ids = [
            Command.create({"name": day, "inverse_company_rate": rate, "company_id": company.id})
            for day, rate, company in rates
        ]
        return currency

    def _submit(self, *sources, **period):
        self._record(*sources)
        statement = self._generate(self.preparer, **period)
        statement.action_submit()
        return statement

    def _post(self, statement):
        statement.with_user(self.reviewer).action_review()
        document = statement.sudo().move_id.sudo(False).with_user(self.reviewer)
        document.action_post()
        return document

    def test_the_slices_of_a_scale_are_paid_to_the_cent(self):
        """10,000 at 1 and 20,001 at 2 are 50,002.00, which no average of six decimals makes."""
        self.rule.write(
            {
                "bracket_mode": "stepped",
                "bracket_ids": [
                    Command.create({"min_value": 0, "max_value": 10000, "value": 1}),
                    Command.create({"min_value": 10000, "max_value": 0, "value": 2}),
                ],
            }
        )
        line = self._record({"quantity": 30001})
        self.assertEqual((30001, 50002), (line.quantity, line.amount))
        request = {"partner": self.dealer, "product": self.part, "day": line.date}
        Rule = self.env["scrm.settlement.rule"]
        for resolve in (Rule._resolve, Rule._resolve_many):
            [result] = resolve(self.company, [{**request, "quantity": 30001}])
            self.assertEqual(1.666678, result["price_unit"])
            self.assertEqual(50002, self.cny.round(30001 * result["price_exact"]))
        statement = self._generate(self.preparer)
        self.assertEqual(50002, statement.amount_total)
        statement.action_submit()
        bill = self._post(statement)
        self.assertRecordValues(bill, [{"amount_total": 50002, "state": "posted"}])
        for number, quantity in enumerate((10001, 20000), start=1):
            line._record_return(quantity, source_model="res.partner", source_id=number)
        self.assertEqual(0, self.cny.round(sum((line | line.correction_ids).mapped("amount"))))

    @freeze_time("2026-12-01 04:00:00")
    def test_a_reversal_at_another_rate_is_no_payment(self):
        usd = self._activate(
            "USD",
            (date(2026, 11, 1), 7.0, self.company),
            (date(2026, 11, 30), 8.0, self.company),
        )
        self.rule.write({"value": 100, "currency_id": usd.id})
        statement = self._submit()
        document = self._post(statement)
        wizard = (
            self.env["account.move.reversal"]
            .with_user(self.reviewer)
            .with_context(active_model="account.move", active_ids=document.ids)
            .create({"journal_id": document.journal_id.id, "date": date(2026, 11, 20)})
        )
        wizard.refund_moves()
        document.reversal_move_ids.action_post()
        self.assertEqual(("reversed", "reversed"), (document.payment_state, statement.state))

    @freeze_time("2026-12-01 04:00:00")
    def test_a_foreign_currency_and_its_exchange_gain(self):
        """Worked example 11: USD 1,250.00 at 7.1234, paid at 7.0950: 35.50 are gained."""
        usd = self._activate(
            "USD",
            (date(2026, 11, 1), 7.1234, self.company),
            (date(2026, 12, 10), 7.0950, self.company),
        )
        self.rule.write({"value": 125, "currency_id": usd.id})
        statement = self._submit({"quantity": 10})
        self.assertRecordValues(
            statement, [{"currency_id": usd.id, "amount_total": 1250.00, "state": "submitted"}]
        )
        bill = self._post(statement)
        payable = bill.line_ids.filtered(lambda line: line.account_type == "liability_payable")
        self.assertEqual(-8904.25, payable.balance)
        self.env["account.payment.method.line"].search(
            [("journal_id.company_id", "=", self.company.id)]
        ).payment_account_id = self._make_account("TOUT", "asset_current", reconcile=True)
        payment = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"payment_date": date(2026, 12, 10)})
            ._create_payments()
        )
        paid = payment.move_id.line_ids.filtered(lambda line: line.balance < 0)
        self.assertEqual(-8868.75, paid.balance)
        exchange = payable.matched_debit_ids.exchange_move_id
        gain = exchange.line_ids.filtered(
            lambda line: line.account_id == self.company.income_currency_exchange_account_id
        )
        self.assertEqual(-35.50, gain.balance)
        self.assertRecordValues(statement, [{"amount_total": 1250.00, "state": "paid"}])

    def _make_account(self, code, account_type, **vals):
        return self.env["account.account"].create(
            {
                "name": code,
                "code": code,
                "account_type": account_type,
                "company_ids": [Command.set(self.company.ids)],
                **vals,
            }
        )

    def test_a_currency_without_decimals(self):
        """Worked example 11: 1,245 × 0.9 = 1,120.5 is JPY 1,121 (float8 would make it 1,120)."""
        jpy = self._activate("JPY", (date(2026, 11, 1), 0.046, self.company))
        self.rule.write({"value": 1120.5, "currency_id": jpy.id, "price_round": 0})
        statement = self._submit({"quantity": 1})
        self.assertEqual(1121, statement.line_ids.amount)
        self.assertEqual(1121, statement.amount_total)
        self.assertEqual(1121, self._post(statement).amount_total)

    def test_without_a_rate_nothing_is_submitted(self):
        usd = self._activate("USD")
        self._activate("CNY", (date(2026, 11, 1), 1, self.company))  # which says nothing of others
        self.rule.currency_id = usd
        self._record({})
        statement = self._generate(self.preparer)
        with self.assertRaisesRegex(UserError, "USD has no exchange rate"):
            statement.action_submit()

    def test_companies_settle_apart(self):
        other = self.company_other
        self._setup_accounting(other)
        tier = self.env["scrm.settlement.tier"].create({"name": "Other", "company_id": other.id})
        self._make_rule("O", tier_id=tier.id, method="fixed", value=7)
        stranger = self._make_user("money.stranger", CHANNEL_MANAGER, company=other)
        self._record({}, {"company_id": other.id})
        ours = self._generate(self.preparer)
        theirs = self._generate(stranger, company=other)
        self.assertEqual([100, 7], [ours.amount_total, theirs.amount_total])
        self.assertEqual((self.company, other), (ours.company_id, theirs.company_id))
        theirs.action_submit()
        self.assertEqual(other, theirs.sudo().move_id.company_id)
        with self.assertRaises(UserError):  # AccessError is one
            self._generate(stranger)

    @freeze_time("2026-12-01 04:00:00")
    def test_a_closed_book_moves_the_accounting_date_and_says_so(self):
        statement = self._submit({})
        self.assertEqual(date(2026, 12, 1), statement.accounting_date)
        statement.with_user(self.reviewer).action_review()
        self.company.sudo().purchase_lock_date = date(2026, 12, 31)
        bill = statement.sudo().move_id.sudo(False).with_user(self.reviewer)
        with freeze_time("2027-01-05 04:00:00"):
            bill.action_post()
        self.assertGreater(bill.date, date(2026, 12, 31))
        self.assertRecordValues(
            statement,
            [
                {
                    "state": "invoiced",
                    "date_from": date(2026, 11, 1),
                    "date_to": date(2026, 11, 30),
                    "accounting_date": bill.date,
                    "wanted_date": date(2026, 12, 1),
                }
            ],
        )
        body = statement.message_ids.mapped("body")
        self.assertTrue(any("The books are closed" in text for text in body), body)

    def test_an_open_book_moves_nothing(self):
        statement = self._submit({})
        self._post(statement)
        self.assertFalse(statement.wanted_date)
        self.assertEqual(statement.sudo().move_id.date, statement.accounting_date)
