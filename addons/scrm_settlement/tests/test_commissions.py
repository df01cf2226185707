from datetime import date, datetime

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CHANNEL_MANAGER, REVIEWER
from .journal_case import JournalCase


class CommissionCase(JournalCase):
    """An agent who earns 5 % of what the dealer below him is invoiced."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls._make_partner(name="General agent", is_company=True)
        cls.agent.grade_id = cls.grade_distributor
        cls.dealer.scrm_upline_id = cls.agent
        cls.commission_tier = cls._make_tier("Commissions", "commission")
        cls.share = cls._make_rule(
            "5 %",
            tier_id=cls.commission_tier.id,
            method="percent",
            value=5,
            date_from=date(2026, 1, 1),
        )

    def _invoice(self, *lines, partner=None, day=date(2026, 10, 20), **vals):
        """Return a posted invoice with lines (quantity, unit price)."""
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or self.dealer).id,
                "invoice_date": day,
                "company_id": self.company.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.goods.id,
                            "quantity": quantity,
                            "price_unit": price,
                            "tax_ids": [Command.clear()],
                        }
                    )
                    for quantity, price in lines or ((10, 864),)
                ],
                **vals,
            }
        )
        move.action_post()
        return move

    def _credit(self, move, *quantities, day=date(2026, 11, 10)):
        """Return the posted credit note of an invoice for quantities of its lines."""
        reversal = move._reverse_moves([{"invoice_date": day, "date": day}])
        for line, quantity in zip(reversal.invoice_line_ids, quantities, strict=False):
            line.quantity = quantity
        reversal.action_post()
        return reversal


@tagged("post_install", "-at_install")
class TestCommissions(CommissionCase):
    def test_a_share_of_what_was_invoiced(self):
        """Worked example 12: 5 % of 8,640 are 432.00."""
        move = self._invoice()
        self.assertRecordValues(
            self._pull(),
            [
                {
                    "source_type": "commission",
                    "source_model": "account.move.line",
                    "source_id": move.invoice_line_ids.id,
                    "partner_id": self.agent.id,
                    "date": date(2026, 10, 20),
                    "quantity": 1,
                    "source_amount": 8640,
                    "amount": 432,
                    "rule_id": self.share.id,
                }
            ],
        )
        self.assertFalse(self._pull())

    def test_a_credit_note_takes_back_at_the_original_rate(self):
        """Worked example 12: 3 of 10 are credited, −129.60, whatever the rate is by then."""
        move = self._invoice()
        line = self._pull()
        self.share.value = 8
        self._credit(move, 3)
        back = self._pull()
        self.assertEqual(
            ("return", line, -129.6, -2592, date(2026, 11, 10)),
            (back.source_type, back.origin_line_id, back.amount, back.source_amount, back.date),
        )
        self.assertFalse(self._pull())
        self._credit(move, 7)
        self.assertEqual(-302.4, self._pull().amount)
        over = self._credit(move, 1)
        self.assertFalse(self._pull())
        self.assertEqual("too_much", self._get_exception(over).reason)

    def test_a_volume_of_commissions_counts_parts_of_them(self):
        """50 for each invoice of a month: of one that is credited by two tenths, 40 are left."""
        self.share.write({"accumulation": "period", "period": "month"})
        self.share.write({"method": "fixed", "value": 50})
        move = self._invoice()
        self._pull()
        for _part in range(2):
            self._credit(move, 1)
        back = self._pull()
        self.assertEqual([-0.1, -0.1], back.mapped("quantity"))
        month = date(2026, 11, 1), date(2026, 11, 30)
        self.assertEqual(40, self.Line._record_trueups(self.company, *month).amount)
        self._credit(move, 8)
        self._pull()
        self.assertEqual(-40, self.Line._record_trueups(self.company, *month).amount)

    def test_odd_parts_add_up(self):
        self.share.value = 3.33
        move = self._invoice((3, 33.33))
        line = self._pull()
        for _part in range(3):
            self._credit(move, 1)
        back = self._pull()
        self.assertEqual(3, len(back))
        self.assertEqual(0, self.cny.round(line.amount + sum(back.mapped("amount"))))

    def test_a_currency_of_three_decimals(self):
        kwd = self.env.ref("base.KWD")
        kwd.active = True
        self.company.currency_id = kwd
        for price in (10.124, 10.126):
            move = self._invoice((1, price))
            line = self._pull()
            credit = self._credit(move, 1)
            self.assertEqual(-price, self._pull().source_amount)
            self.assertEqual(line.amount, -line.correction_ids.amount)
            self.assertFalse(self._get_exception(credit))

    def test_one_credit_for_lines_of_the_same_product(self):
        move = self._invoice((1, 100), (1, 300))
        first, second = self._pull()
        self._credit(move, 1, 0.5)  # 100 and 150
        back = self._pull()
        self.assertEqual([-5, -7.5], back.mapped("amount"))
        self.assertEqual(first | second, back.origin_line_id)

    def test_a_discount_comes_back_too(self):
        """1,000 less 100 earn 45, of which nothing is left when all of it is credited."""
        move = self._invoice((1, 1000), (1, -100))
        lines = self._pull()
        self.assertEqual([50, -5], lines.mapped("amount"))
        self._credit(move, 0.5, 0.5)
        self.assertEqual([-25, 2.5], self._pull().mapped("amount"))
        last = self._credit(move, 0.5, 0.5)
        back = self._pull()
        self.assertRecordValues(
            back,
            [
                {"origin_line_id": lines[0].id, "quantity": -1, "price_unit": 25, "amount": -25},
                {"origin_line_id": lines[1].id, "quantity": 1, "price_unit": 2.5, "amount": 2.5},
            ],
        )
        self.assertFalse(self._get_exception(last))
        over = self._credit(move, 0.2, 1)
        self.assertFalse(self._pull())
        exceptions = self._get_exception(over).sorted("quantity")
        self.assertEqual(
            [("too_much", 100), ("too_much", 200)],
            [(exception.reason, exception.quantity) for exception in exceptions],
        )
        with self.assertRaisesRegex(UserError, "0.00 of 100.00 are left"):
            exceptions[0].action_settle()

    def test_a_credit_note_that_names_no_invoice(self):
        move = self._invoice(move_type="out_refund")
        self.assertFalse(self._pull())
        exception = self._get_exception(move)
        self.assertEqual(("no_origin", 8640), (exception.reason, exception.quantity))
        action = exception.action_open_source()
        self.assertEqual(("account.move", move.id), (action["res_model"], action["res_id"]))

    def test_the_dealer_who_brought_the_order(self):
        customer = self._make_partner(name="Retail customer")
        order = self._order(2, partner=customer, scrm_dealer_id=self.dealer_2.id)
        self._complete(order.picking_ids.move_ids, 2)
        invoice = order._create_invoices()
        invoice.invoice_date = date(2026, 11, 5)
        invoice.action_post()
        line = self._pull().filtered(lambda ln: ln.source_type == "commission")
        self.assertEqual((self.dealer_2, 10), (line.partner_id, line.amount))

    def test_nobody_above_nobody_earns(self):
        self._invoice(partner=self._make_partner(name="Retail customer"))
        self.assertFalse(self._pull())

    def test_contacts_buy_for_their_company(self):
        self._invoice(partner=self._make_partner(name="Clerk", parent_id=self.dealer.id))
        self.assertEqual(self.agent, self._pull().partner_id)

    def test_settlements_are_no_sales(self):
        """What a dealer owes by a settlement, or gets by one, was sold by nobody."""
        preparer = self._make_user("commissions.preparer", CHANNEL_MANAGER)
        reviewer = self._make_user("commissions.reviewer", REVIEWER)
        self._make_rule("100", method="fixed", value=100)
        for mode in ("customer_invoice", "customer_credit_note"):
            self.tier.document_mode = mode
            self._record({})
            statement = self._generate(preparer)
            statement.action_submit()
            statement.with_user(reviewer).action_review()
            document = statement.sudo().move_id
            document.action_post()
            reversal = self._credit(document)
            with self.subTest(mode=mode):
                self.assertFalse(self._pull())
                self.assertFalse(self._get_exception(document | reversal))

    def test_drafts_earn_nothing(self):
        move = self._invoice()
        move.button_draft()
        self.assertFalse(self._pull())

    def test_a_line_without_a_product(self):
        move = self._invoice()
        move.button_draft()
        move.invoice_line_ids.write({"product_id": False, "name": "Installation"})
        move.action_post()
        line = self._pull()
        self.assertEqual(self.env.ref("scrm_settlement.product_settlement"), line.product_id)
        self.assertEqual(432, line.amount)

    def test_the_day_of_the_invoice_decides(self):
        self.share.date_to = date(2026, 10, 31)
        self._invoice(day=date(2026, 11, 1))
        self.assertFalse(self._pull())
        self._invoice(day=date(2026, 10, 31))
        self.assertEqual(datetime(2026, 10, 31, 4), self._pull().occurred_at)

    def _get_exception(self, move):
        return self.env["scrm.settlement.exception"].search(
            [("source_id", "in", move.invoice_line_ids.ids)]
        )
