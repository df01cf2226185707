from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .notice_case import NoticeCase


@tagged("post_install", "-at_install")
class TestOutboxWatch(NoticeCase):
    """What waits for people is told to them, and what is old is forgotten."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What other data left behind is not meant here.
        cls.env["scrm.outbox"].search([]).unlink()
        cls.env["queue.job"].search([]).unlink()
        cls.foreigner = cls._make_user(
            "watch.foreigner", "scrm_base.group_scrm_base_manager", company=cls.company_other
        )

    def _post(self, key="key", **vals):
        row = self.env["scrm.outbox"]._post(
            [{"medium": "email", "idem_key": key, "body": "x", "subject": "y"}]
        )
        row.sudo().write(vals)
        return row

    def _get_warnings(self, user):
        return self.env["scrm.outbox"].search(
            [("user_id", "=", user.id), ("idem_key", "=like", "watch:%")], order="id"
        )

    def test_managers_are_told_once_a_day(self):
        self._post("a", state="dead")
        self._post("b", state="unknown")
        with freeze_time("2026-03-01 08:00:00"):
            self.env["scrm.outbox"]._cron_watch()
            self.env["scrm.outbox"]._cron_watch()
        row = self._get_warnings(self.manager)
        self.assertEqual(("inapp", "sent", False), (row.medium, row.state, row.is_read))
        self.assertIn("1 were given up; of 1 nobody knows", row.body)
        self.assertFalse(self._get_warnings(self.operator))
        self.assertFalse(self._get_warnings(self.foreigner), "another company's notices")
        action = row.with_user(self.manager).action_open_record()
        self.assertEqual({"search_default_attention": 1}, action["context"])
        self.env["queue.job"].search([]).unlink()
        with freeze_time("2026-03-02 08:00:00"):
            self.env["scrm.outbox"]._cron_watch()
        self.assertEqual(2, len(self._get_warnings(self.manager)))

    def test_in_the_managers_language(self):
        self.env["ir.module.module"]._scrm_load_demo_terms("scrm_base")
        self.manager.lang = "zh_CN"
        self._post(state="dead")
        self.env["scrm.outbox"]._cron_watch()
        self.assertIn("通知", self._get_warnings(self.manager).subject)

    def test_nothing_to_tell(self):
        self._post(state="sent")
        self._post("new")
        self.env["scrm.outbox"]._cron_watch()
        self.assertFalse(self._get_warnings(self.manager))

    def test_late_notices(self):
        self._post()
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), minutes=11)):
            self.env["scrm.outbox"]._cron_watch()
        row = self._get_warnings(self.manager)
        self.assertIn("1 notices have been due", row.body)
        self.assertEqual("sent", row.state, "it does not wait for the runner itself")

    def test_jobs_that_nobody_takes_up(self):
        self._make_record("list.xls").with_delay(channel="root.scrm.import")._run_batch()
        self.assertFalse(self.env["scrm.outbox"]._are_jobs_idle())
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), minutes=11)):
            self.assertTrue(self.env["scrm.outbox"]._are_jobs_idle())
            self.env["scrm.outbox"]._cron_watch()
        row = self._get_warnings(self.manager)
        self.assertIn("none was started", row.body)

    # === SCREEN === #

    def test_many_are_settled_at_once(self):
        rows = self._post("a", state="unknown") | self._post("b", state="unknown")
        rows |= self._post("c", state="dead")
        rows.with_user(self.operator).action_mark_sent()
        self.assertEqual(["sent", "sent", "dead"], rows.mapped("state"))
        with self.assertRaisesRegex(UserError, "unknown"):
            rows.with_user(self.operator).action_mark_sent()
        rows.with_user(self.operator).action_replay()
        self.assertEqual(["sent", "sent", "queued"], rows.mapped("state"))

    def test_the_filter_panel_counts(self):
        self._post("a", state="dead", reason="busy")
        self._post("b", state="failed", reason="bounced")
        panel = (
            self.env["scrm.outbox"]
            .with_user(self.operator)
            .search_panel_select_range("state", enable_counters=True)
        )
        counts = {value["id"]: value["__count"] for value in panel["values"]}
        self.assertEqual((1, 1), (counts["dead"], counts["failed"]))

    # === FORGET === #

    def test_old_texts_are_blanked(self):
        self.company.scrm_notice_keep_days = 30
        now = fields.Datetime.now()
        old = self._post("old", state="sent", sent_at=fields.Datetime.subtract(now, days=31))
        new = self._post("new", state="sent", sent_at=fields.Datetime.subtract(now, days=29))
        dead = self._post("dead", state="dead", sent_at=fields.Datetime.subtract(now, days=31))
        ages_ago = fields.Datetime.subtract(now, days=99)
        foreign = self._post("foreign", state="sent", sent_at=ages_ago)
        foreign.sudo().company_id = self.company_other
        mail = self.env["mail.mail"].create({"body_html": "x", "scrm_outbox_id": old.id})
        self.env["scrm.outbox"]._cron_blank_texts()
        self.assertEqual([False, "x", "x", "x"], (old | new | dead | foreign).mapped("body"))
        self.assertRecordValues(old, [{"subject": "y", "state": "sent"}])
        self.assertFalse(mail.exists())

    def test_nothing_is_blanked_by_default(self):
        row = self._post(state="sent", sent_at="2020-01-01 00:00:00")
        self.env["scrm.outbox"]._cron_blank_texts()
        self.assertEqual("x", row.body)
