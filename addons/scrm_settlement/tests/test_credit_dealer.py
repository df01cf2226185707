from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .credit_case import CreditCase


@tagged("post_install", "-at_install")
class TestCreditDealer(CreditCase):
    """A confirmed order whose invoice goes to another dealer asks for that one's credit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._open_account()
        cls.buyer = cls._make_partner(name="Buyer", is_company=True, grade_id=cls.grade_store.id)
        cls.account_2 = cls._open_account(500, cls.buyer)
        cls.rich = cls._make_partner(name="Rich", is_company=True, grade_id=cls.grade_store.id)
        cls._open_account(200000, cls.rich)

    def setUp(self):
        super().setUp()
        self.order = self._make_order(1000)
        self.order.with_user(self.salesman).action_confirm()

    def _hand_over(self, partner, order=None):
        (order or self.order).with_user(self.salesman).partner_invoice_id = partner

    def test_the_new_dealer_has_no_credit_for_it(self):
        self.assertEqual(1000, self.account.amount_exposure)
        self._hand_over(self.buyer)
        self.assertEqual("sale", self.order.state)
        self.assertEqual("held", self.order.scrm_credit_state)
        hold = self.order.scrm_credit_hold_id
        self.assertEqual((self.account_2, 1000), (hold.account_id, hold.amount_requested))
        self.order.picking_ids.move_ids.write({"quantity": 1, "picked": True})
        with self.assertRaisesRegex(UserError, "on credit hold"):
            self.order.picking_ids._action_done()

    def test_what_the_old_dealer_used_is_free_again(self):
        self._hand_over(self.buyer)
        self.account.invalidate_recordset(["amount_exposure"])
        self.assertEqual(0, self.account.amount_exposure)

    def test_the_new_dealer_has_the_credit(self):
        self._hand_over(self.rich)
        self.assertFalse(self.order.scrm_credit_state)

    def test_by_another_customer_of_the_order(self):
        self.order.with_user(self.salesman).partner_id = self.buyer
        self.assertEqual(self.buyer, self.order.partner_invoice_id)
        self.assertEqual("held", self.order.scrm_credit_state)

    def test_another_address_of_the_same_dealer_asks_for_nothing(self):
        self._invoice(100000)
        self._hand_over(self._make_partner(name="Books", parent_id=self.dealer.id, type="invoice"))
        self.assertFalse(self.order.scrm_credit_state)

    def test_a_release_for_one_dealer_covers_no_other(self):
        over = self._make_order(100001)
        over.with_user(self.salesman).action_confirm()
        today = self.company._scrm_local_day(fields.Datetime.now())
        over.scrm_credit_hold_id.with_user(self.manager)._approve(200000, today, "Paid tomorrow")
        self.assertEqual("released", over.scrm_credit_state)
        self._hand_over(self.buyer, over)
        self.assertEqual("held", over.scrm_credit_state)
        self.assertEqual(self.account_2, over.scrm_credit_hold_id.account_id)

    def test_a_hold_ends_with_a_dealer_who_has_the_credit(self):
        over = self._make_order(100001)
        over.with_user(self.salesman).action_confirm()
        hold = over.scrm_credit_hold_id
        self.assertFalse(over.picking_ids)
        self._hand_over(self.rich, over)
        self.assertEqual("lifted", hold.state)
        self.assertFalse(over.scrm_credit_state)
        self.assertTrue(over.picking_ids, "what was kept back is made up for")

    def test_a_customer_without_an_account_ends_the_hold(self):
        over = self._make_order(100001)
        over.with_user(self.salesman).action_confirm()
        self._hand_over(self._make_partner(name="Cash customer"), over)
        self.assertFalse(over.scrm_credit_state)
        self.assertTrue(over.picking_ids)

    def test_as_the_new_dealers_policy_says(self):
        self.policy.on_confirm = "warn"
        count = len(self.order.message_ids)
        self._hand_over(self.buyer)
        self.assertFalse(self.order.scrm_credit_state)
        self.assertIn("exceeds the credit of Buyer", self.order.message_ids[:1].body)
        self.assertGreater(len(self.order.message_ids), count)

    def test_a_quotation_is_checked_when_it_is_confirmed(self):
        quotation = self._make_order(1000)
        self._hand_over(self.buyer, quotation)
        self.assertFalse(quotation.scrm_credit_state)
