from base64 import b64encode

from odoo import Command
from odoo.tests import tagged

from .erasure_case import ErasureCase
from .spreadsheet_files import make_csv


@tagged("post_install", "-at_install")
class TestErasureShared(ErasureCase):
    """What somebody else has too is not this person's: an erasure leaves it alone."""

    def test_the_mobile_of_a_family_stays_the_others(self):
        mobile = "+8613988776644"  # the neighbour's handle, on the erased person's card
        self.partner.phone = mobile
        self.neighbour._ensure_partners()
        lead = self.env["crm.lead"].create(
            {"name": "Softener", "phone": mobile, "company_id": self.company.id}
        )
        sms = self.env["sms.sms"].create({"number": mobile, "body": "Tomorrow at nine"})
        self._confirm(self._make_request())
        self.env.invalidate_all()
        self.assertEqual(mobile, self.neighbour._get_identity("phone").value)
        self.assertEqual(("Softener", mobile), (lead.name, lead.phone))
        self.assertTrue(sms.exists())

    def test_who_had_the_number_on_the_card_was_not_erased(self):
        mobile = "+8613988776655"  # the erased person's own handle
        self.env["scrm.identity.block"].search([("value", "=", mobile)]).unlink()
        wife = self._make_partner(name="Wife", phone=mobile, email="wife@example.com")
        own = wife._scrm_ensure_identity()
        wife_customer = own.customer_id
        self.assertNotEqual(self.customer, wife_customer)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE scrm_identity SET create_date = create_date - interval '1 day'"
            " WHERE id = ANY(%s)",
            [wife_customer.identity_ids.ids],
        )
        self.env.invalidate_all()
        self._confirm(self._make_request())
        self.env.invalidate_all()
        wife._scrm_ensure_identity()
        card = wife_customer._get_identity("phone")
        self.assertEqual(mobile, card.value)
        self.assertTrue(card.is_suppressed)
        self.assertFalse(wife_customer.is_suppressed)
        self.assertEqual(wife, wife._scrm_filter_customers())
        self.env["scrm.consent"]._give(own, "marketing")
        card.invalidate_recordset()
        self.assertTrue(card.is_suppressed, "she does not speak for the other one")
        # the erased person's own contact gains nothing by a new handle
        again = self._make_identity("openid", "oZhao-Xiaolan_0001", scope="oa:test")
        again._attach(
            self._make_identity("email", "new@example.com"), rule="manual", evidence={"said": "me"}
        )
        self.assertTrue(again.customer_id.is_suppressed)

    def test_the_number_of_an_office_is_the_offices(self):
        office = "0755-2600 1000"
        shop = self._make_partner(name="Shop", is_company=True, phone=office)
        colleague = self._make_partner(name="Colleague", parent_id=shop.id, phone=office)
        self.partner.write({"parent_id": shop.id, "phone": office})
        leads = self.env["crm.lead"].create(
            [
                {"name": "Big order", "partner_id": partner.id, "company_id": self.company.id}
                for partner in (colleague, shop)
            ]
        )
        leads[0].message_post(body="Wants ten")
        own = self.env["crm.lead"].create({"name": "Own", "partner_id": self.partner.id})
        self._confirm(self._make_request())
        self.assertEqual(["Big order", "Big order"], leads.mapped("name"))
        self.assertTrue(leads[0].message_ids.filtered(lambda m: "Wants ten" in m.body))
        self.assertEqual("***", own.name)

    def test_mails_to_others_stay(self):
        address = "zhao.xiaolan@example.com"
        mails = self.env["mail.mail"].create(
            [
                {"email_to": to, "subject": "Hello"}
                for to in (
                    address,
                    f"a{address}",
                    f"{address}.cn",
                    f'"Boss" <boss@example.com>, "Zhao" <{address}>',
                )
            ]
        )
        self._confirm(self._make_request())
        self.assertEqual(mails[1:], mails.exists())
        self.assertEqual('"Boss" <boss@example.com>', mails[3].email_to)

    def test_a_hotline_on_the_card_stays_blocked(self):
        hotline = "+864008001234"
        self.env["scrm.identity.block"].create({"id_type": "phone", "value": hotline})
        self.partner.phone = hotline
        self._confirm(self._make_request())
        self.assertTrue(self.env["scrm.identity.block"]._is_blocked("phone", hotline, self.pool))

    def test_a_second_request_has_nothing_left_to_do(self):
        self._confirm(self._make_request())
        again = self._make_request()
        self._confirm(again)
        self.assertEqual("done", again.state)

    def test_addresses_of_documents_that_stay_stay(self):
        address = self._make_partner(
            name="Gate 3", type="delivery", parent_id=self.partner.id, street="Keyuan Road 1"
        )
        product = self.env["product.product"].create({"name": "Advice", "type": "service"})
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "partner_shipping_id": address.id,
                "company_id": self.company.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        order.action_confirm()
        reasons = self.env["scrm.privacy"]._get_retention(self.partner | address)
        self.assertEqual({self.partner.id, address.id}, set(reasons))

    def test_who_works_here_keeps_the_login(self):
        clerk = self._make_user("erasure.clerk", "base.group_user")
        reasons = self.env["scrm.privacy"]._get_retention(clerk.partner_id)
        self.assertIn("works here", reasons[clerk.partner_id.id][0])

    def test_an_old_list_does_not_take_them_up_again(self):
        self._confirm(self._make_request())
        record = self.env["scrm.customer.import"].create(
            {
                "file": b64encode(
                    make_csv(
                        [["Name", "Phone"], ["Zhao Xiaolan", "13988776655"], ["Li", "13988776611"]]
                    )
                ),
                "filename": "old.csv",
            }
        )
        record.action_preview()
        line = record.line_ids[0]
        self.assertEqual(("conflict", "rejected"), (line.status, line.result))
        self.assertIn("asked to be forgotten", line.reason)
        self.assertEqual("new", record.line_ids[1].status)
