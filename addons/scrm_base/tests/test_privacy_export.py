import json

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
        self.assertEqual({"json", "xlsx"}, set(files))
        self.assertTrue(files["xlsx"].raw.startswith(b"PK"))
        data = json.loads(files["json"].raw)
        text = json.dumps(data, ensure_ascii=False)
        for section in (
            "Handle of a Customer",
            "Consent",
            "Interaction with a Customer",
            "Change of a Customer's Stage",
            "Outgoing Notice",
            "Contacts",
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

    def test_a_sister_company_hands_out_its_own(self):
        sister = self.env["res.company"].create({"name": "Sister", "scrm_pool_id": self.pool.id})
        data = self.env["scrm.privacy"].with_company(sister)._get_personal_data(self.customer)
        self.assertNotIn("Consent", data)
        self.assertIn("Handle of a Customer", data)

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
