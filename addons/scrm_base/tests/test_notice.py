from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ScrmCase

RULE_LOGGER = "odoo.addons.scrm_base.models.notice_text"


@tagged("post_install", "-at_install")
class TestNotice(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["scrm.notice.rule"].search([]).active = False
        cls.operator = cls._make_user("notice.operator", "scrm_base.group_scrm_base_operator")
        cls.steward = cls._make_user("notice.steward", "scrm_base.group_scrm_base_steward")
        cls.manager = cls._make_user("notice.manager", "scrm_base.group_scrm_base_manager")
        cls.foreigner = cls._make_user(
            "notice.foreigner", "scrm_base.group_scrm_base_steward", company=cls.company_other
        )
        cls.customer = cls._make_customer("Ms Chen", "13826001001", "chen@example.com")
        cls.record = (
            cls.env["scrm.customer.import"].with_user(cls.operator).create({"name": "list.xls"})
        )
        # An import is about no customer; here it is.
        customer = cls.customer
        cls.classPatch(
            type(cls.record), "_notice_get_customer", lambda record: customer.with_env(record.env)
        )

    def _make_rule(self, **vals):
        return self.env["scrm.notice.rule"].create(
            {
                "name": "Test",
                "model_id": self.env["ir.model"]._get_id("scrm.customer.import"),
                "event": "cancel",
                "subject": "About {{ object.name }}",
                "body": "{{ object.name }} was stopped.",
                **vals,
            }
        )

    def _list_media(self, *media):
        return [
            Command.create({"sequence": place, "medium": medium})
            for place, medium in enumerate(media)
        ]

    def _raise_event(self, record=None):
        return self.env["scrm.notice.rule"]._raise_event(record or self.record, "cancel")

    def _find_rows(self):
        return self.env["scrm.outbox"].search(
            [("res_model", "=", self.record._name), ("res_id", "=", self.record.id)]
        )

    # === WHO IS TOLD === #

    def test_customer_by_email(self):
        rule = self._make_rule(medium="email")
        row = self._raise_event()
        self.assertRecordValues(
            row,
            [
                {
                    "medium": "email",
                    "state": "queued",
                    "identity_id": self.customer._get_identity("email").id,
                    "customer_id": self.customer.id,
                    "user_id": False,
                    "subject": "About list.xls",
                    "body": "list.xls was stopped.",
                    "rule_id": rule.id,
                    "res_model": "scrm.customer.import",
                    "res_id": self.record.id,
                    "company_id": self.company.id,
                }
            ],
        )

    def test_the_next_medium_is_tried(self):
        self.customer = self._make_customer("Mr Li", phone="13826001002")
        customer = self.customer
        self.patch(type(self.record), "_notice_get_customer", lambda r: customer.with_env(r.env))
        self._make_rule(medium_ids=self._list_media("email", "sms"))
        row = self._raise_event()
        self.assertEqual(("sms", "queued"), (row.medium, row.state))
        self.assertEqual(self.customer._get_identity("phone"), row.identity_id)

    def test_nobody_to_reach_is_seen_and_repaired(self):
        customer = self._make_customer("Mr Li", phone="13826001002")
        self.patch(type(self.record), "_notice_get_customer", lambda r: customer.with_env(r.env))
        self._make_rule(medium="email")
        row = self._raise_event()
        self.assertEqual("failed", row.state)
        self.assertIn("Mr Li has no address", row.error)
        self.assertEqual(customer, row.customer_id)
        row.with_user(self.operator).action_replay()
        self.assertEqual("failed", row.state)
        email = self._make_identity("email", "li@example.com")
        customer._get_identity("phone")._attach(email, rule="manual")
        row.with_user(self.operator).action_replay()
        self.assertRecordValues(
            row, [{"state": "queued", "identity_id": email.id, "body": "list.xls was stopped."}]
        )

    def test_responsible_and_role(self):
        self._make_rule(audience="responsible", medium="inapp")
        self._make_rule(
            audience="group",
            group_ids=self.env.ref("scrm_base.group_scrm_base_steward").ids,
            medium="inapp",
        )
        rows = self._raise_event()
        told = rows.user_id
        self.assertIn(self.operator, told)
        self.assertIn(self.steward, told)
        self.assertIn(self.manager, told, "a manager is a steward too")
        self.assertNotIn(self.foreigner, told)
        self.assertEqual({"inapp"}, set(rows.mapped("medium")))

    def test_role_needs_a_group(self):
        with self.assertRaisesRegex(ValidationError, "names none"):
            self._make_rule(audience="group")

    def test_rules_of_other_companies_and_events_are_silent(self):
        self._make_rule(company_id=self.company_other.id)
        self._make_rule(event="finish")
        self._make_rule(active=False)
        self.assertFalse(self._raise_event())
        self._make_rule(company_id=self.company.id)
        self.assertEqual(1, len(self._raise_event()))

    def test_only_records_with_notices(self):
        with self.assertRaises(ValidationError):
            self._make_rule(model_id=self.env["ir.model"]._get_id("res.partner"))

    # === ONCE === #

    def test_each_occurrence_once(self):
        self._make_rule()
        row = self._raise_event()
        self.assertEqual(row, self._raise_event())
        self.record.action_cancel()
        found = self._find_rows()
        self.assertEqual(2, len(found), "the step has an entry of the log, and so a notice")

    def test_a_flow_raises_its_step(self):
        self._make_rule()
        self.record.action_cancel()
        row = self._find_rows()
        self.assertEqual("list.xls was stopped.", row.body)
        self.assertEqual("queued", row.state)

    # === TEXT === #

    def test_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        rule = self._make_rule(audience="responsible", medium="inapp")
        rule.with_context(lang="zh_CN").body = "{{ object.name }} 已停止。"
        self.operator.lang = "zh_CN"
        self.assertEqual("list.xls 已停止。", self._raise_event().body)

    def test_a_bad_text_does_not_stop_the_business(self):
        rule = self._make_rule(medium="email")
        # Refused when it is saved; a later version of the addon may still drop a field.
        self.env.cr.execute(
            "UPDATE scrm_notice_rule SET body = %s WHERE id = %s",
            ['{"en_US": "{{ object.no_such_field }}"}', rule.id],
        )
        rule.invalidate_recordset()
        with mute_logger(RULE_LOGGER, "odoo.addons.mail.models.mail_render_mixin"):
            self.record.action_cancel()
        self.assertEqual("cancelled", self.record.state)
        row = self._find_rows()
        self.assertEqual("failed", row.state)
        self.assertIn("no_such_field", row.error)

    def test_text_of_customers_is_not_a_template(self):
        self.record.name = "{{ object.create_uid.login }}"
        self._make_rule()
        self.assertEqual("{{ object.create_uid.login }} was stopped.", self._raise_event().body)

    def test_zero_is_a_number(self):
        self._make_rule(
            subject="{{ object.row_count }} rows",
            body="{{object.row_count}} rows, {{ object.create_uid.partner_id.color }},"
            " {{ object.row_count ||| none}}, {{ object.filename }}.",
        )
        self.assertRecordValues(
            self._raise_event(), [{"subject": "0 rows", "body": "0 rows, 0, none, ."}]
        )

    # === RIGHTS === #

    def test_managers_write_rules(self):
        rule = self._make_rule()
        rule.with_user(self.manager).name = "Renamed"
        with self.assertRaises(AccessError):
            rule.with_user(self.operator).name = "No"

    def test_placeholders_need_a_template_editor(self):
        self.env.ref("base.group_user").implied_ids -= self.env.ref(
            "mail.group_mail_template_editor"
        )
        self.manager.group_ids -= self.env.ref("mail.group_mail_template_editor")
        rule = self._make_rule()
        with self.assertRaises(AccessError):
            rule.with_user(self.manager).body = "{{ object.env['res.users'].search([]) }}"
