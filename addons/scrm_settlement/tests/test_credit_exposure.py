from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.tests import tagged

from ..tools.credit import COMPONENTS, OrderLine, get_open_order
from .credit_case import CreditCase


@tagged("post_install", "-at_install")
class TestCreditExposure(CreditCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._open_account()

    def _get_parts(self):
        self.env.flush_all()
        return self.account._get_exposures()[self.account.id].parts

    def test_worked_example_14(self):
        self._use_70000()
        parts = self._get_parts()
        self.assertEqual(
            {
                "receivable": Decimal(36000),
                "delivered": Decimal(13560),
                "ordered": Decimal(28250),
                "draft_invoice": Decimal(2190),
                "statement": 0,
                "payable": 0,
                "deposit": Decimal(-10000),
            },
            {name: parts[name] for name in COMPONENTS},
        )
        self.assertEqual(70000, self.account.amount_exposure)
        self.assertEqual(30000, self.account.amount_free)
        self.assertEqual(70, self.account.utilisation)
        self.company.account_use_credit_limit = True
        core = self.dealer.with_company(self.company)
        # Core's own banner knows no order that is not delivered, no draft and no deposit.
        self.assertEqual(49560, core.credit + core.credit_to_invoice)

    def test_the_drill_down_adds_up_to_the_figure(self):
        self._use_70000()
        self._invoice(333.33)
        self._make_order(77.77).action_confirm()
        items = self.env["scrm.credit.item"]._make(self.account)
        for component in COMPONENTS:
            rows = items.filtered(lambda item, name=component: item.component == name)
            figure = self.account[f"amount_{component}"]
            self.assertEqual(0, self.cny.compare_amounts(figure, sum(rows.mapped("amount"))))
            alone = self.env["scrm.credit.item"]._make(self.account, component)
            self.assertEqual(rows.mapped("name"), alone.mapped("name"))
        total = sum(items.mapped("amount"))
        self.assertEqual(0, self.cny.compare_amounts(self.account.amount_exposure, total))
        for item in items:
            self.assertTrue(self.env[item.res_model].browse(item.res_id).exists())

    def test_an_invoice_in_draft_leaves_its_order_owed(self):
        order = self._make_order(1000, quantity=10)
        order.action_confirm()
        self._deliver(order)
        self.assertEqual((1000, 0), self._get_order_parts())
        invoice = order._create_invoices()
        self.assertEqual((1000, 0), self._get_order_parts())
        self.assertEqual(0, self._get_parts()["draft_invoice"])
        invoice.action_post()
        self.assertEqual((0, 0), self._get_order_parts())
        self.assertEqual(1000, self._get_parts()["receivable"])

    def _get_order_parts(self):
        parts = self._get_parts()
        return parts["delivered"], parts["ordered"]

    def test_a_draft_for_somebody_else_leaves_its_order_owed(self):
        account = self.account
        order = self._make_order(90000, quantity=10)
        order.action_confirm()
        self._deliver(order)
        order._create_invoices().partner_id = self.dealer_2
        self.assertEqual(90000, account._get_exposures()[account.id].total)

    def test_a_currency_without_a_rate_is_not_taken_one_to_one(self):
        dinar = self.env.ref("base.KWD")
        dinar.active = True
        dinar.rate_ids.unlink()
        pricelist = self.env["product.pricelist"].create(
            {"name": "KWD", "currency_id": dinar.id, "company_id": self.company.id}
        )
        order = self._make_order(90000, quantity=10, pricelist_id=pricelist.id)
        order.action_confirm()
        self.assertEqual("held", order.scrm_credit_state)
        self.assertIn("KWD has no exchange rate", order.scrm_credit_reason)

    def test_partly_delivered_invoiced_and_credited(self):
        order = self._make_order(1000, quantity=10)
        order.action_confirm()
        self._deliver(order, quantity=4)
        self.assertEqual((400, 600), self._get_order_parts())
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual((0, 600), self._get_order_parts())
        refund = invoice._reverse_moves([{"invoice_date": fields.Date.today()}], cancel=True)
        self.assertEqual("posted", refund.state)
        self.assertEqual((400, 600), self._get_order_parts())
        self.assertEqual(0, self._get_parts()["receivable"])

    def test_invoiced_before_delivery_is_owed_once(self):
        self.product.invoice_policy = "order"
        order = self._make_order(1000, quantity=10)
        order.action_confirm()
        self.assertEqual((0, 1000), self._get_order_parts())
        order._create_invoices().action_post()
        self.assertEqual((0, 0), self._get_order_parts())
        self.assertEqual(1000, self.account.amount_exposure)

    def test_a_down_payment_reduces_its_order(self):
        order = self._make_order(1000, quantity=10)
        order.action_confirm()
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_context(active_model="sale.order", active_ids=order.ids)
            .create({"advance_payment_method": "percentage", "amount": 30})
        )
        wizard._create_invoices(order).action_post()
        self.assertEqual((0, 700), self._get_order_parts())
        self.assertEqual(300, self._get_parts()["receivable"])

    def test_what_was_added_to_a_delivery_is_owed(self):
        """It stands on the order with nothing ordered, so that its total says nothing of it."""
        order = self._make_order(1000, quantity=10)
        order.action_confirm()
        self._add_to_delivery(order.picking_ids, 2, price=300)
        self._deliver(order)
        self.assertEqual(0, order.order_line[1:].price_total)
        self.assertEqual((1600, 0), self._get_order_parts())
        order._create_invoices().action_post()
        self.assertEqual((0, 0), self._get_order_parts())
        self.assertEqual(1600, self._get_parts()["receivable"])

    def test_over_invoiced_orders_free_no_credit(self):
        self.product.invoice_policy = "order"
        order = self._make_order(1000, quantity=10)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.invoice_line_ids.price_unit = 150
        invoice.action_post()
        self.assertEqual((0, 0), self._get_order_parts())
        self._make_order(50).action_confirm()
        self.assertEqual((0, 50), self._get_order_parts())

    def test_sql_and_python_agree(self):
        """The query says of each order what the arithmetic says."""
        self.product.invoice_policy = "order"
        for ordered, delivered, is_invoiced, days in (
            (10, 0, False, 1),
            (10, 3, False, 1),
            (10, 10, True, 1),
            (10, 4, True, 1),
            (10, 5, False, 60),
            (10, 5, True, 60),
        ):
            with self.subTest(ordered=ordered, delivered=delivered, is_invoiced=is_invoiced):
                order = self._make_order(100.0 * ordered, quantity=ordered, taxes=self.tax_sale)
                order.commitment_date = fields.Datetime.now() + timedelta(days=days)
                order.action_confirm()
                if delivered:
                    self._deliver(order, quantity=delivered)
                if is_invoiced:
                    order._create_invoices().action_post()
                expected = get_open_order(
                    [
                        OrderLine(
                            Decimal(113 * delivered),
                            Decimal(113 * (ordered - delivered)),
                            Decimal(113 * ordered if is_invoiced else 0),
                            days <= 30,
                        )
                    ]
                )
                rows = [
                    row
                    for row in self.account._get_items()
                    if (row["res_model"], row["res_id"]) == ("sale.order", order.id)
                ]
                found = {row["component"]: row["amount"] for row in rows}
                self.assertEqual(expected, (found.get("delivered", 0), found.get("ordered", 0)))

    def test_foreign_currency_at_todays_rate(self):
        usd = self.env.ref("base.USD")
        usd.active = True
        Rate = self.env["res.currency.rate"]
        today = fields.Date.today()
        Rate.create(
            {
                "currency_id": usd.id,
                "name": today - timedelta(days=9),
                "rate": 0.125,
                "company_id": self.company.id,
            }
        )
        self._invoice(1000, currency_id=usd.id, invoice_date=today - timedelta(days=9))
        self.assertEqual(8000, self._get_parts()["receivable"])
        Rate.create(
            {"currency_id": usd.id, "name": today, "rate": 0.1, "company_id": self.company.id}
        )
        self.assertEqual(10000, self._get_parts()["receivable"])

    def test_statements_count_by_policy(self):
        self._make_rule("B", method="fixed", value=100)
        self._record({"quantity": 7})
        statement = self._generate()
        statement.action_submit()
        reviewer = self._make_user(
            "credit.reviewer", "scrm_settlement.group_scrm_settlement_reviewer"
        )
        statement.with_user(reviewer).action_review()
        self.assertEqual(0, self._get_parts()["payable"])
        self.policy.with_payable = True
        self.assertEqual(-700, self._get_parts()["payable"])

    def test_an_invoice_of_a_settlement_counts_once_by_either_switch(self):
        """A draft invoice is a settlement to receive, or else a draft invoice."""
        self.tier.document_mode = "customer_invoice"
        self._make_rule("B", method="fixed", value=100)
        self._record({"quantity": 7})
        self._generate().action_submit()

        def get():
            parts = self._get_parts()
            return parts["statement"], parts["draft_invoice"]

        self.assertEqual((700, 0), get())
        self.policy.with_statement = False
        self.assertEqual((0, 700), get())
        self.policy.with_draft_invoice = False
        self.assertEqual((0, 0), get())

    def test_components_are_switched_off(self):
        self._use_70000()
        for name, amount in (
            ("receivable", 36000),
            ("delivered", 13560),
            ("ordered", 28250),
            ("draft_invoice", 2190),
            ("deposit", -10000),
        ):
            self.policy[f"with_{name}"] = False
            self.assertEqual(0, self._get_parts()[name])
            self.account.invalidate_recordset()
            self.assertEqual(70000 - amount, self.account.amount_exposure)
            self.policy[f"with_{name}"] = True
            self.account.invalidate_recordset()

    def test_contacts_of_the_dealer_share_its_credit(self):
        shop = self._make_partner(name="Shop counter", parent_id=self.dealer.id, type="contact")
        self._make_order(500, partner=shop).action_confirm()
        self._invoice(250, partner=shop)
        self._invoice(999, partner=self.dealer_2)
        self.assertEqual(750, self.account.amount_exposure)

    def test_other_companies_are_not_counted(self):
        self._setup_accounting(self.company_other)
        self.env["account.move"].with_company(self.company_other).create(
            {
                "move_type": "out_invoice",
                "partner_id": self.dealer.id,
                "company_id": self.company_other.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    fields.Command.create({"name": "x", "price_unit": 10, "tax_ids": []})
                ],
            }
        ).action_post()
        self.assertEqual(0, self._get_parts()["receivable"])

    def test_a_plan_that_is_kept_gives_what_a_new_one_gives(self):
        other = self._open_account(partner=self.env["res.partner"].create({"name": "Other"}))
        order = self._make_order(500)
        order.action_confirm()
        for number in range(1, 8):  # after five PostgreSQL plans without the values
            self._invoice(100 * number)
            without = order.ids if number % 2 else ()
            self.env.flush_all()
            kept = self.account._get_exposures(without)[self.account.id]
            new = (self.account + other)._get_exposures(without)[self.account.id]
            self.assertEqual(new, kept)
            self.assertEqual(0 if without else 500, kept.parts["ordered"])
        self.env.cr.execute(
            "SELECT count(*), sum(generic_plans) FROM pg_prepared_statements"
            " WHERE statement LIKE '%scrm_credit_account%'"
        )
        [(statements, reused)] = self.env.cr.fetchall()
        self.assertEqual(1, statements)
        self.assertGreater(reused, 0)

    def test_five_queries_for_any_number_of_dealers(self):
        partners = self.env["res.partner"].create([{"name": f"D {n}"} for n in range(50)])
        accounts = self.account
        for partner in partners:
            accounts += self._open_account(partner=partner)
        self.env.flush_all()

        def look():
            self.env.invalidate_all()
            # Of the company and its contact every request reads something.
            self.company.partner_id.read(["tz"])
            with self.assertQueryCount(3):
                accounts._get_exposures()

        look()
