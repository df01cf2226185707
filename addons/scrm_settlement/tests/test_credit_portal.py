from lxml import html

from odoo import Command
from odoo.tests import HttpCase, tagged

from .credit_case import CreditCase

SIGNATURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install")
class TestCreditPortal(HttpCase, CreditCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._open_account()
        cls.portal = cls._make_user("credit.portal", "base.group_portal")
        cls.portal.partner_id.parent_id = cls.dealer
        cls.foreign = cls._make_user("credit.foreign", "base.group_portal")
        cls.foreign.partner_id.parent_id = cls.dealer_2

    def _sign(self, order):
        """Sign a quotation on the portal and return the answer."""
        order.write({"require_signature": True, "require_payment": False, "state": "sent"})
        self.authenticate("credit.portal", "credit.portal")
        return self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept",
            {
                "access_token": order._portal_ensure_token(),
                "name": "Buyer",
                "signature": SIGNATURE,
            },
        )

    def test_a_signed_order_over_the_limit_is_kept_and_told(self):
        order = self._make_order(150000)
        answer = self._sign(order)
        self.assertIn("sign_ok", answer["redirect_url"])
        self.assertEqual(("sale", "held"), (order.state, order.scrm_credit_state))
        self.assertTrue(order.signed_on)
        self.assertFalse(order.picking_ids)
        self.assertEqual(self.manager, order.scrm_credit_hold_id.activity_ids.user_id)
        self.assertTrue(
            order.message_ids.filtered(lambda message: "waits for a credit audit" in message.body)
        )
        mails = self.env["scrm.outbox"].search(
            [("res_id", "=", order.scrm_credit_hold_id.id), ("medium", "=", "email")]
        )
        self.assertIn(order.name, mails.mapped("subject")[0])
        order.scrm_credit_hold_id.with_user(self.manager)._approve(150000, "2099-01-01")
        self.assertTrue(order.picking_ids)

    def test_a_signed_order_is_left_quoted_by_policy_and_confirmed_when_released(self):
        self.policy.on_portal = "quote"
        order = self._make_order(150000)
        self._sign(order)
        self.assertEqual(("sent", "held"), (order.state, order.scrm_credit_state))
        self.assertTrue(order.signed_on)
        order.scrm_credit_hold_id.with_user(self.manager)._approve(150000, "2099-01-01")
        self.assertEqual(("sale", "released"), (order.state, order.scrm_credit_state))
        self.assertTrue(order.picking_ids)

    def test_a_refusing_policy_loses_no_signed_order(self):
        self.policy.on_confirm = "block"
        order = self._make_order(150000)
        self.assertIn("sign_ok", self._sign(order)["redirect_url"])
        self.assertEqual(("sent", "held"), (order.state, order.scrm_credit_state))

    def _pay(self, order, amount):
        """Let a payment of the dealer come in, as a provider's notification does it."""
        method = self.env.ref("payment.payment_method_unknown")
        provider = self.env["payment.provider"].create(
            {
                "name": "Test pay",
                "code": "none",
                "company_id": self.company.id,
                "payment_method_ids": [Command.set(method.ids)],
            }
        )
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": f"{order.name}-1",
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "sale_order_ids": [Command.set(order.ids)],
                "state": "done",
            }
        )
        transaction.with_context(mail_create_nolog=True)._check_amount_and_confirm_order()
        return transaction

    def test_a_paid_order_over_the_limit_is_kept(self):
        order = self._make_order(150000)
        order.write({"require_payment": True, "prepayment_percent": 0.2, "state": "sent"})
        self._pay(order, 30000)
        self.assertEqual(("sale", "held"), (order.state, order.scrm_credit_state))
        self.assertFalse(order.picking_ids)
        # What was paid asks for no credit.
        self.assertEqual(120000, order.scrm_credit_hold_id.amount_open)

    def test_an_order_paid_in_full_needs_no_credit(self):
        order = self._make_order(150000)
        order.write({"require_payment": True, "state": "sent"})
        self._pay(order, 150000)
        self.assertEqual(("sale", False), (order.state, order.scrm_credit_state))

    # === /my/credit === #

    def _open_page(self, login):
        self.authenticate(login, login)
        answer = self.url_open("/my/credit")
        self.assertEqual(200, answer.status_code)
        return html.fromstring(answer.text)

    def test_the_dealer_sees_own_credit_and_what_waits(self):
        self._use_70000()
        order = self._make_order(150000)
        self._sign(order)
        page = self._open_page("credit.portal")

        def text(name):
            return " ".join(page.xpath(f"//*[@name='{name}']")[0].text_content().split())

        self.assertIn("100,000.00", text("limit"))
        self.assertIn("70,000.00", text("used"))
        self.assertIn("30,000.00", text("free"))
        self.assertIn("36,000.00", text("parts"))
        self.assertIn(order.name, text("hold"))
        self.assertIn("A credit manager decides", text("hold"))

    def test_other_dealers_see_nothing_of_it(self):
        self._use_70000()
        page = self._open_page("credit.foreign").text_content()
        self.assertIn("No credit has been agreed", page)
        self.assertNotIn("70,000", page)

    def test_without_login_there_is_no_page(self):
        self.assertIn("/web/login", self.url_open("/my/credit").url)
