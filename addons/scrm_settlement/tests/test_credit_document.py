from odoo.tests import tagged

from .common import PREPARER, REVIEWER
from .credit_case import CreditCase


@tagged("post_install", "-at_install")
class TestCreditDocument(CreditCase):
    """Settlement documents of a dealer whose limit is used up, as finance makes them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_rule("Fixed", method="fixed", value=100)
        cls.account = cls._open_account(500)
        cls.preparer = cls._make_user("credit.preparer", PREPARER)
        cls.reviewer = cls._make_user("credit.reviewer", REVIEWER)

    def _settle(self, mode, quantity=10):
        """Submit, review and post what the dealer's lines of November come to."""
        self.tier.document_mode = mode
        self._record({"quantity": quantity})
        statement = self._generate(self.preparer)
        statement.action_submit()
        before = self._get_exposure()
        statement.with_user(self.reviewer).action_review()
        document = statement.sudo().move_id.sudo(False).with_user(self.reviewer)
        document.action_post()
        return statement, document, before

    def _get_exposure(self):
        self.env.invalidate_all()
        return self.account.amount_exposure

    def _get_hold(self):
        order = self._make_order(400)
        order.with_user(self.salesman).action_confirm()
        return order.scrm_credit_hold_id

    def test_an_invoice_over_the_limit_is_posted_and_holds_the_next_order(self):
        """What is owed is owed: credit stops orders and goods, and no invoice."""
        statement, document, before = self._settle("customer_invoice")
        self.assertEqual(("out_invoice", "posted"), (document.move_type, document.state))
        self.assertEqual("invoiced", statement.state)
        self.assertEqual(1000, before, "counted from the submission on")
        self.assertEqual(before, self._get_exposure(), "and once when it is posted")
        self.assertEqual(900, self._get_hold().amount_over)

    def test_a_negative_invoice_is_a_credit_note_and_frees_credit(self):
        self._invoice(500)
        statement, document, _before = self._settle("customer_invoice", -3)
        self.assertEqual(("out_refund", 300), (document.move_type, document.amount_total))
        self.assertEqual(200, self._get_exposure())
        self.assertEqual("invoiced", statement.state)

    def test_a_credit_note_frees_credit_once_it_is_posted(self):
        self._invoice(500)
        _statement, document, before = self._settle("customer_credit_note", 3)
        self.assertEqual(("out_refund", 300), (document.move_type, document.amount_total))
        self.assertEqual(500, before)
        self.assertEqual(200, self._get_exposure())

    def test_a_negative_credit_note_is_an_invoice(self):
        statement, document, _before = self._settle("customer_credit_note", -10)
        self.assertEqual(("out_invoice", 1000), (document.move_type, document.amount_total))
        self.assertEqual("invoiced", statement.state)
        self.assertEqual(1000, self._get_exposure())
