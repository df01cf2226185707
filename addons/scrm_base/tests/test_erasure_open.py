"""What is under way with a person who asks to be forgotten."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .erasure_case import ErasureCase


@tagged("post_install", "-at_install")
class TestErasureOpen(ErasureCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env["base"].with_company(cls.company).env
        cls.product = cls._open_shop(100, 50)

    def _make_order(self, confirm=True):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "company_id": self.company.id,
                "order_line": [Command.create({"product_id": self.product.id})],
            }
        )
        if confirm:
            order.action_confirm()
        return order

    def _deliver(self, order):
        for picking in order.picking_ids:
            picking.move_ids.write({"quantity": 1, "picked": True})
            picking.button_validate()

    def _get_business(self):
        preview = self.env["scrm.privacy"]._preview_erasure(self.customer)
        return [(found.is_barrier, found.sentence) for found in preview["open"]]

    def _assert_told(self, word, name, is_barrier=False):
        found = [text for barrier, text in self._get_business() if barrier == is_barrier]
        self.assertTrue([text for text in found if word in text and name in text], found)

    def test_nothing_is_open(self):
        self.assertEqual([], self._get_business())

    def test_goods_on_their_way_bar_the_erasure(self):
        order, request = self._make_order(), self._make_request()
        self._assert_told("not delivered", order.name, is_barrier=True)
        wizard = (
            self.env["scrm.erasure.confirm"]
            .with_user(self.officer)
            .create({"request_id": request.id})
        )
        self.assertIn(order.name, wizard.barriers)
        self.assertIn("to be invoiced", wizard.open_business)
        with self.assertRaisesRegex(UserError, f"under way.*\n.*{order.name}"):
            self._confirm(request)
        self.assertFalse(self.customer.erased_at)
        self.assertEqual("progress", request.state)
        self.assertTrue(self._find_traces("13988776655"))
        self._deliver(order)
        self._confirm(request)
        self.assertTrue(self.customer.erased_at)
        self.assertIn(f"Orders still to be invoiced: {order.name}", request.result)

    def test_what_is_to_be_invoiced_keeps_its_contact(self):
        order = self._make_order()
        self._deliver(order)
        order.date_order = "2020-01-01"
        self._confirm(self._make_request())
        self.assertEqual("Zhao Xiaolan", self.partner.name)
        self.assertEqual(self.partner, order.partner_id)

    def test_an_invoice_is_told_of_until_it_is_paid(self):
        order = self._make_order()
        self._deliver(order)
        invoice = order._create_invoices()
        self._assert_told("Draft invoices", invoice.display_name)
        invoice.action_post()
        self._assert_told("not paid", invoice.name)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()
        self.assertFalse([text for _, text in self._get_business() if "not paid" in text])

    def test_quotations_are_told_of(self):
        quotation = self._make_order(confirm=False)
        self._assert_told("Quotations", quotation.name)
        self._confirm(self._make_request())
        self.assertEqual("***", self.partner.name)

    def test_talk_about_a_quotation_is_forgotten(self):
        quotation = self._make_order(confirm=False)
        quotation.message_post(
            body="She is moving to Hangzhou", attachments=[("kitchen.txt", b"plan")]
        )
        quotation.action_cancel()
        self._confirm(self._make_request())
        self.env.invalidate_all()
        self.assertFalse(quotation.message_ids.filtered(lambda m: "Hangzhou" in m.body))
        files = [("res_model", "=", "sale.order"), ("res_id", "=", quotation.id)]
        self.assertFalse(self.env["ir.attachment"].search(files))

    def test_talk_about_what_the_law_keeps_stays(self):
        order = self._make_order()
        self._deliver(order)
        order.message_post(body="She is moving to Hangzhou")
        self._confirm(self._make_request())
        self.assertTrue(order.message_ids.filtered(lambda m: "Hangzhou" in m.body))

    def test_an_invoice_that_was_posted_keeps_its_talk(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_line_ids": [Command.create({"product_id": self.product.id})],
            }
        )
        invoice.action_post()
        invoice.message_post(body="She pays late")
        invoice.button_draft()
        invoice.button_cancel()
        self.company.restrictive_audit_trail = True
        self._confirm(self._make_request())
        self.assertTrue(invoice.message_ids.filtered(lambda m: "pays late" in m.body))

    def test_many_are_counted(self):
        orders = [self._make_order(confirm=False) for _number in range(7)]
        self._assert_told("Quotations", "2 more")
        orders[0].action_cancel()
        self._assert_told("Quotations", "1 more")

    def test_another_company_keeps_its_own(self):
        self.partner.company_id = False
        self.env["sale.order"].with_company(self.company_other).create(
            {"partner_id": self.partner.id, "company_id": self.company_other.id}
        )
        self.assertEqual([], self._get_business())
