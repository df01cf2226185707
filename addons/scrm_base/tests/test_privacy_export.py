import io
import json
import zipfile

from markupsafe import Markup

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .erasure_case import ErasureCase


@tagged("post_install", "-at_install")
class TestExport(ErasureCase):
    def test_all_that_is_held(self):
        request = self._make_request(kind="export")
        with self.assertRaises(UserError):
            request.action_finish()
        request.action_export()
        request.action_export()
        files = {a.name.rsplit(".", 1)[1]: a for a in request.sudo().attachment_ids}
        self.assertEqual({"json", "xlsx", "zip"}, set(files))
        self.assertTrue(files["xlsx"].raw.startswith(b"PK"))
        data = json.loads(files["json"].raw)
        text = json.dumps(data, ensure_ascii=False)
        for section in (
            "Handle of a Customer",
            "Consent",
            "Interaction with a Customer",
            "Change of a Customer's Stage",
            "Outgoing Notice",
            "Contact",
            "Evidence between Handles",
            "Tag of a Customer",
            "Member of a Circle",
            "Member of a Segment",
            "Customer Figures",
            "Stage of a Customer in a Company",
        ):
            self.assertIn(section, data)
        # who else it may have been, and what was said of others, is not theirs
        self.assertEqual([{"To Review": 1}], data["Customers to Review"])
        for section in ("Circle of Customers", "Column of a Customer Import"):
            self.assertNotIn(section, data)
        self.assertIn("13988776655", text)
        self.assertIn("Zhao Xiaolan agreed", text)
        self.assertNotIn("Call Ms Z. back", text)
        request.action_finish()
        self.assertEqual("done", request.state)

    def test_talk_about_an_order_is_handed_out(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "company_id": self.company.id}
        )
        order.message_post(body="She is moving", attachments=[("plan.txt", b"plan")])
        data = self._export()
        self.assertIn("She is moving", [row.get("Contents") for row in data["Message"]])
        self.assertIn("plan.txt", [row["Name"] for row in data["Attachment"]])

    def test_files_are_handed_out(self):
        self.lead.message_post(
            body="Her plan",
            attachments=[("../../plan of her kitchen.txt", b"plan"), ("photo.jpg", b"\xff\xd8")],
        )
        request = self._make_request(kind="export")
        request.action_export()
        packed = {}
        for attachment in request.sudo().attachment_ids.filtered(lambda a: "zip" in a.name):
            archive = zipfile.ZipFile(io.BytesIO(attachment.raw))
            packed.update({name: archive.read(name) for name in archive.namelist()})
        self.assertIn(b"plan", packed.values())
        self.assertIn(b"\xff\xd8", packed.values())
        self.assertFalse([name for name in packed if "/" in name])
        rows = self._export()["Attachment"]
        for name in packed:
            number, _dash, named = name.partition("-")
            self.assertEqual(named[-8:], rows[int(number) - 1]["Name"][-8:])

    def test_a_sister_company_hands_out_its_own(self):
        sister = self.env["res.company"].create({"name": "Sister", "scrm_pool_id": self.pool.id})
        data = self.env["scrm.privacy"].with_company(sister)._get_personal_data(self.customer)
        self.assertNotIn("Consent", data)
        self.assertIn("Handle of a Customer", data)

    def _write_letters(self):
        """Leave what core holds: a lead of nobody's, messages, a mail and a text message."""
        Lead = self.env["crm.lead"].with_context(mail_create_nolog=True)
        by_phone, foreign = Lead.create(
            [
                {
                    "name": name,
                    "phone": "139 8877 6655",
                    "country_id": self.env.ref("base.cn").id,
                    "company_id": company.id,
                }
                for name, company in (
                    ("Xiaolan's second kitchen", self.company),
                    ("Of another company", self.company_other),
                )
            ]
        )
        self.partner.message_post(body=Markup("I want <b>tea</b>"), author_id=self.partner.id)
        self.lead.message_post(body="She likes it green", attachments=[("kitchen.txt", b"plan")])
        by_phone.message_post(body="Offer sent", email_from="zhao.xiaolan@example.com")
        neighbour = self.neighbour.main_partner_id or self._make_partner(name="Somebody")
        neighbour.message_post(body="Said that Xiaolan is loud", author_id=neighbour.id)
        neighbour.message_post(body="Shall I come?", author_id=self.partner.id)
        neighbour.message_post(body="Come, all", partner_ids=self.partner.ids)
        self.env["mail.mail"].create(
            [
                {"subject": "To two", "email_to": "a@example.com, Zhao.Xiaolan@example.com"},
                {"subject": "By contact", "recipient_ids": [Command.link(self.partner.id)]},
                {"subject": "To others", "email_to": "not.zhao.xiaolan@example.com"},
            ]
        )
        self.env["sms.sms"].create({"number": "+8613988776655", "body": "Your filter is due"})
        return by_phone, foreign

    def _export(self, company=None):
        privacy = self.env["scrm.privacy"].with_company(company or self.company)
        return privacy._get_personal_data(self.customer)

    def _count_queries(self):
        before = self.env.cr.sql_log_count
        self._export()
        return self.env.cr.sql_log_count - before

    def test_what_core_holds(self):
        self._write_letters()
        data = self._export()
        names = {row["Opportunity"] for row in data["Lead"]}
        self.assertEqual({"Zhao Xiaolan's kitchen", "Xiaolan's second kitchen"}, names)
        wrote = {(row["Author"], row["Contents"]) for row in data["Message"] if row.get("Contents")}
        self.assertLessEqual(
            {
                ("The person", "I want *tea*"),
                ("The company", "She likes it green"),
                ("The person", "Offer sent"),
                ("The person", "Shall I come?"),
                ("The company", "Come, all"),
            },
            wrote,
        )
        self.assertNotIn("loud", json.dumps(data, default=str))
        subjects = {row["Subject"] for row in data["Outgoing Mails"]}
        self.assertLessEqual({"To two", "By contact"}, subjects)
        self.assertNotIn("To others", subjects)
        self.assertEqual(["Your filter is due"], [row["Body"] for row in data["Outgoing SMS"]])

        self.assertIn("kitchen.txt", [row["Name"] for row in data["Attachment"]])

    def test_letters_of_a_sister_company_are_its_own(self):
        sister = self.env["res.company"].create({"name": "Sister", "scrm_pool_id": self.pool.id})
        self._write_letters()
        self.partner.with_company(sister).message_post(body="Of the sister")
        text = json.dumps(self._export(), default=str)
        self.assertNotIn("Of the sister", text)
        text = json.dumps(self._export(sister), default=str)
        self.assertIn("Of the sister", text)
        for body in ("tea", "green", "kitchen", "Offer sent"):
            self.assertNotIn(body, text)

    def test_notices_are_handed_out_once_by_who_sent_them(self):
        sister = self.env["res.company"].create({"name": "Sister", "scrm_pool_id": self.pool.id})
        row = self.env["scrm.outbox"].search([("subject", "=", "Dear Zhao Xiaolan")])
        message = self.env["sms.sms"].create({"number": "+8613988776655", "body": "By SMS"})
        self.env["mail.mail"].create(
            [
                {"subject": subject, "email_to": "zhao.xiaolan@example.com", **vals}
                for subject, vals in (
                    ("Dear Zhao Xiaolan", {"scrm_outbox_id": row.id}),
                    ("By hand", {}),
                )
            ]
        )
        by_sms = self.env["scrm.outbox"]._post(
            [
                {
                    "medium": "sms",
                    "idem_key": "test:erasure:sms",
                    "identity_id": self.customer._get_identity("phone").id,
                    "body": "By SMS",
                }
            ]
        )
        by_sms.sudo().external_ref = message.uuid
        data = self._export()
        self.assertEqual(["By hand"], [mail["Subject"] for mail in data["Outgoing Mails"]])
        self.assertNotIn("Outgoing SMS", data)
        text = json.dumps(data["Outgoing Notice"], default=str)
        self.assertIn("Dear Zhao Xiaolan", text)
        self.assertIn("By SMS", text)
        text = json.dumps(self._export(sister), default=str)
        self.assertNotIn("Dear Zhao Xiaolan", text)
        self.assertNotIn("By SMS", text)

    def test_a_long_history_takes_no_query_more(self):
        self._write_letters()
        self._export()
        self.env.invalidate_all()
        few = self._count_queries()
        for number in range(30):
            self.partner.message_post(body=f"Letter {number}", author_id=self.partner.id)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertLessEqual(self._count_queries(), few)
        self.assertGreater(len(self._export()["Message"]), 30)

    def test_what_is_erased_was_handed_out_or_has_a_reason(self):
        self._write_letters()
        self._check_handed_out(self.customer)

    def test_refusing_needs_a_reason(self):
        request = self._make_request(kind="rectification")
        self.assertEqual(15, (request.due_on - request.requested_on).days)
        with self.assertRaises(UserError):
            request.action_refuse()
        request.note = "Could not prove who she is"
        request.action_refuse()
        self.assertEqual("refused", request.state)


@tagged("post_install", "-at_install")
class TestLookup(ErasureCase):
    def test_by_phone_and_openid(self):
        for handle in ("139 8877 6655", "oZhao-Xiaolan_0001"):
            wizard = self.env["privacy.lookup.wizard"].create(
                {"name": "Nobody Atall", "email": "nobody@example.com", "scrm_handle": handle}
            )
            wizard.action_lookup()
            found = {(line.res_model, line.res_id) for line in wizard.line_ids}
            models = {model for model, _id in found}
            self.assertIn("scrm.interaction", models)
            identity = (
                self.openid if handle.startswith("o") else self.customer._get_identity("phone")
            )
            self.assertIn(("scrm.identity", identity.id), found)
            self.assertEqual(len(found), len(wizard.line_ids))
