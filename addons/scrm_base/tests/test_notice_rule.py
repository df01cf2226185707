from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .notice_case import NoticeCase


@tagged("post_install", "-at_install")
class TestNoticeRule(NoticeCase):
    """What a manager may write into a rule, and what is refused with a sentence."""

    def _as_manager(self):
        return self.env["scrm.notice.rule"].with_user(self.manager)

    # === EVENTS === #

    def test_a_manager_makes_a_rule_in_the_form(self):
        with Form(self._as_manager()) as form:
            form.name = "Stopped"
            form.model_id = self.env["ir.model"]._get("scrm.customer.import")
            self.assertIn(["cancel", "Stop"], form.event_options)
            form.event = "cancel"
            form.body = "{{ object.name }} was stopped."
            with form.medium_ids.new() as line:
                line.medium = "sms"
        rule = form.save()
        self.assertEqual(["email", "sms"], rule._get_media())
        self.assertEqual("Stop", rule.event_label)
        self.assertEqual("email", rule.medium)

    def test_events_in_ones_language(self):
        self.env["ir.module.module"]._scrm_load_demo_terms("scrm_base")
        model = self.env["scrm.customer.import"].with_context(lang="zh_CN")
        events = dict(model._notice_get_events())
        self.assertNotEqual("Stop", events["cancel"])

    def test_only_events_of_the_model(self):
        with self.assertRaisesRegex(ValidationError, "“arrive” does not happen to .*Stop"):
            self._make_rule(event="arrive")

    def test_another_model_has_other_events(self):
        form = Form(self._as_manager())
        form.model_id = self.env["ir.model"]._get("scrm.customer.import")
        form.event = "cancel"
        form.model_id = self.env["ir.model"]
        self.assertFalse(form.event)

    # === MEDIA === #

    def test_the_medium_written_is_the_only_one(self):
        rule = self._make_rule("email", "sms")
        rule.medium = "inapp"
        self.assertEqual(["inapp"], rule._get_media())
        self.assertEqual(["sms"], self._make_rule_of_medium("sms")._get_media())

    def _make_rule_of_medium(self, medium):
        return self.env["scrm.notice.rule"].create(
            {
                "name": "Test",
                "model_id": self.env["ir.model"]._get_id("scrm.customer.import"),
                "event": "cancel",
                "medium": medium,
                "body": "x",
            }
        )

    def test_a_rule_has_a_medium(self):
        with self.assertRaisesRegex(ValidationError, "has no medium"):
            self._make_rule().medium_ids.unlink()
            self.env.flush_all()
            self._make_rule(medium_ids=False)

    def test_copy(self):
        copy = self._make_rule("sms", "email").copy()
        self.assertEqual(["sms", "email"], copy._get_media())

    # === PLACEHOLDERS === #

    def test_good_placeholders(self):
        self._make_rule(
            body="{{ object.display_name }} {{ object.create_uid.partner_id.name }} "
            "{{ object.name or '' }} {{ object.name.upper() ||| none }}"
        )

    def test_a_placeholder_that_cannot_be_filled_is_named(self):
        for text, named in (
            ("Dear {{ object.nmae }}", "object.nmae.*“nmae” is not a field of “Customer Import”"),
            ("{{ object.create_uid.nmae }}", "“nmae” is not a field"),
            ("{{ object.name.first }}", "“first” is not a field of “name”"),
            ("{{ object.name + }}", "is not an expression"),
            ("{{ objekt.name }}", "objekt"),
            ("{{ object.name.shout() }}", "shout"),
            ("Dear {{ object.name", "not closed"),
        ):
            with (
                self.subTest(text),
                mute_logger("odoo.addons.mail.models.mail_render_mixin"),
                self.assertRaisesRegex(ValidationError, named),
            ):
                self._make_rule(body=text)
        with self.assertRaisesRegex(ValidationError, "no_such"):
            self._make_rule(subject="{{ object.no_such }}")

    def test_a_translation_is_checked_too(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        rule = self._make_rule()
        with self.assertRaisesRegex(ValidationError, "nmae"):
            rule.with_context(lang="zh_CN").body = "{{ object.nmae }} 已停止"

    # === RIGHTS === #

    def test_rights(self):
        rule = self._make_rule(company_id=self.company.id)
        viewer = self._make_user("rule.viewer", "scrm_base.group_scrm_base_viewer")
        employee = self._make_user("rule.employee")
        portal = self._make_user("rule.portal", "base.group_portal")
        foreigner = self._make_user(
            "rule.foreigner", "scrm_base.group_scrm_base_manager", company=self.company_other
        )
        self.assertEqual("Test", rule.with_user(viewer).name)
        for user in (viewer, self.operator):
            with self.subTest(user.login), self.assertRaises(AccessError):
                rule.with_user(user).medium_ids.write({"medium": "sms"})
        for user in (employee, portal, foreigner):
            mine = rule.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
            with self.subTest(user.login), self.assertRaises(AccessError):
                mine.read(["name"])
            with self.subTest(user.login), self.assertRaises(AccessError):
                mine.medium_ids.read(["medium"])
        rule.with_user(self.manager).write({"medium_ids": self._list_media("sms"), "min_hours": 2})
        self.assertEqual(["email", "sms"], rule._get_media())


@tagged("post_install", "-at_install")
class TestNoticeRuleOpened(HttpCase, NoticeCase):
    def test_whoever_may_read_a_rule_opens_its_form(self):
        rule = self._make_rule()
        self.authenticate("notice.operator", "notice.operator")
        (opened,) = self.make_jsonrpc_request(
            "/web/dataset/call_kw",
            {
                "model": rule._name,
                "method": "web_read",
                "args": [rule.ids],
                "kwargs": {"specification": {"model_ids": {}}},
            },
        )
        self.assertIn(rule.model_id.id, opened["model_ids"])
