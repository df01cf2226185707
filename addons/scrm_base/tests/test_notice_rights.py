from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .notice_case import NoticeCase


@tagged("post_install", "-at_install")
class TestNoticeRights(NoticeCase):
    """A text is made in superuser mode: nobody gains a right by writing one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule()
        cls.editor = cls._make_user(
            "notice.editor", "scrm_base.group_scrm_base_manager", "mail.group_mail_template_editor"
        )

    def _assert_nothing_ran(self):
        self.env.invalidate_all()
        self.assertEqual("list.xls", self.record.name)

    def test_what_a_manager_may_not_write_is_not_tried(self):
        Rule = self.env["scrm.notice.rule"].with_user(self.manager)
        write = "{{ object.env['scrm.customer.import'].sudo().search([]).write({'name': 'x'}) }}"
        tried = []
        self.patch(type(Rule), "_render_template", lambda *args, **kw: tried.append(args))
        (vals,) = self.rule.copy_data()
        for field in ("subject", "body"):
            with self.subTest(field), self.assertRaisesRegex(AccessError, "Template Editor"):
                Rule.create({**vals, "medium_ids": self._list_media("inapp"), field: write})
            with self.subTest(field), self.assertRaisesRegex(AccessError, "Template Editor"):
                self.rule.with_user(self.manager).write({field: write})
        self.assertFalse(tried)

    def test_what_an_editor_tries_leaves_no_trace(self):
        text = "{{ object.write({'name': 'tried.xls'}) }}"
        self.rule.with_user(self.editor).body = text
        self.assertEqual(text, self.rule.body)
        self._assert_nothing_ran()

    def test_a_translation_is_checked_like_the_text(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        for user, text, error in (
            (self.manager, "{{ object.write({'name': 'tried.xls'}) }}", AccessError),
            (self.editor, "{{ object.nmae }}", ValidationError),
        ):
            with self.subTest(text), self.assertRaises(error):
                self.rule.with_user(user).update_field_translations("body", {"zh_CN": text})
        self._assert_nothing_ran()

    def test_a_manager_edits_around_what_an_editor_wrote(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        unusual = "{{ object.create_date.strftime('%Y') }}"
        rule = self.rule
        rule.body = f"Since {unusual}"
        rule.update_field_translations("body", {"zh_CN": "{{ object.name.upper() }}"})
        self.env.invalidate_all()
        rule = rule.with_user(self.manager)
        rule.write({"audience": "group", "user_ids": self.operator.ids, "is_urgent": True})
        rule.medium_ids = [*(Command.delete(id_) for id_ in rule.medium_ids.ids)] + (
            self._list_media("inapp")
        )
        rule.active = False
        rule.body = f"{unusual} it is, for {{{{ object.name }}}}"
        rule.subject = f"Of {unusual}"
        rule.update_field_translations(
            "body", {"zh_CN": f"{{{{ object.name.upper() }}}} {unusual}"}
        )
        self.env.flush_all()
        self.assertEqual((False, f"Of {unusual}"), (rule.active, rule.subject))
        self.assertEqual("inapp", rule.medium)
        with self.assertRaisesRegex(AccessError, "lower.*Ask one of them"):
            rule.body = f"{unusual} {{{{ object.name.lower() }}}}"

    def test_a_manager_duplicates_what_an_editor_wrote(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.rule.body = "{{ object.create_date.strftime('%Y') }}"
        self.rule.update_field_translations("body", {"zh_CN": "{{ object.name.upper() }}"})
        rule = self.rule.with_user(self.manager)
        copy = rule.copy()
        self.assertEqual(rule.body, copy.body)
        self.assertEqual(
            "{{ object.name.upper() }}", copy.with_context(lang="zh_CN").body, "the translation too"
        )
        with self.assertRaises(AccessError):
            rule.copy({"body": "{{ object.name.lower() }}"})
        with self.assertRaises(AccessError):
            rule.copy(
                {
                    "model_id": self.env["ir.model"]._get_id("scrm.privacy.request"),
                    "event": "start",
                }
            )
        other = self._make_rule(name="Other").with_user(self.manager)
        with self.assertRaises(AccessError):
            other.with_env(copy.env).body = rule.body

    def test_what_a_rule_names_is_for_no_other_rule_and_model(self):
        self.rule.body = "{{ object.create_date.strftime('%Y') }}"
        rule = self.rule.with_user(self.manager)
        other = self._make_rule(name="Other").with_user(self.manager)
        with self.assertRaises(AccessError):
            (rule | other).body = rule.body
        with self.assertRaises(AccessError):
            rule.write(
                {
                    "model_id": self.env["ir.model"]._get_id("scrm.privacy.request"),
                    "event": "start",
                }
            )
        forged = {"scrm_known_expressions": {"by_rule": {}}}
        with self.assertRaises(AccessError):
            other.with_context(**forged).body = rule.body
