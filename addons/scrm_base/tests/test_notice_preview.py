from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .notice_case import NoticeCase


@tagged("post_install", "-at_install")
class TestNoticePreview(NoticeCase):
    """The text and its readers are shown; nothing is sent."""

    def _open(self, rule, user=None):
        action = rule.with_user(user or self.manager).action_preview()
        return Form(
            self.env["scrm.notice.preview"]
            .with_user(user or self.manager)
            .with_context(**action["context"])
        )

    def test_text_and_audience(self):
        form = self._open(self._make_rule("sms", "email"))
        self.assertEqual(f"scrm.customer.import,{self.record.id}", self._get_reference(form))
        for text in ("About list.xls", "list.xls was stopped.", "Ms Chen", "SMS", "138****1001"):
            self.assertIn(text, form.preview)
        self.assertFalse(self.env["scrm.outbox"].search([("res_id", "=", self.record.id)]))

    def _get_reference(self, form):
        value = form.resource_ref
        return value if isinstance(value, str) else f"{value._name},{value.id}"

    def test_another_record_and_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        other = self._make_record("other.xls")
        rule = self._make_rule()
        rule.with_context(lang="zh_CN").body = "{{ object.name }} 已停止。"
        form = self._open(rule)
        form.resource_ref = other
        form.lang = "zh_CN"
        self.assertIn("other.xls 已停止。", form.preview)

    def test_who_cannot_be_reached_is_said(self):
        self._is_about(self._make_customer("Mr Li", phone="13826001002"), self.patch)
        self.assertIn("Mr Li has no address", self._open(self._make_rule()).preview)

    def test_text_of_customers_is_shown_as_text(self):
        self.record.name = "<script>alert(1)</script>"
        self.assertNotIn("<script>", self._open(self._make_rule()).preview)

    def test_a_text_that_cannot_be_made_is_said(self):
        rule = self._make_rule()
        self.env.cr.execute(
            "UPDATE scrm_notice_rule SET body = %s WHERE id = %s",
            ['{"en_US": "{{ object.gone }}"}', rule.id],
        )
        rule.invalidate_recordset()
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self.assertIn("gone", self._open(rule).preview)

    def test_without_a_record_it_says_so(self):
        self.env["scrm.customer.import"].search([]).unlink()
        self.assertFalse(self._open(self._make_rule()).preview)

    def test_a_test_goes_to_oneself(self):
        wizard = self._open(self._make_rule("inapp", is_urgent=False)).save()
        wizard.action_send_test()
        row = self.env["scrm.outbox"].search([("user_id", "=", self.manager.id)])
        self.assertRecordValues(
            row,
            [
                {
                    "medium": "inapp",
                    "subject": "Test: About list.xls",
                    "body": "list.xls was stopped.",
                    "rule_id": False,
                    "identity_id": False,
                    "state": "queued",
                }
            ],
        )

    def test_rights(self):
        rule = self._make_rule()
        with self.assertRaises(AccessError):
            self._open(rule, self.operator)
        foreign = (
            self.env["scrm.customer.import"]
            .with_company(self.company_other)
            .create({"name": "foreign.xls", "company_id": self.company_other.id})
        )
        wizard = (
            self.env["scrm.notice.preview"]
            .with_user(self.manager)
            .with_context(allowed_company_ids=self.company.ids)
            .create({"rule_id": rule.id})
        )
        wizard.resource_ref = f"scrm.customer.import,{foreign.id}"
        with self.assertRaises(AccessError):
            wizard.action_send_test()
