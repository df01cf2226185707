from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase
from odoo.addons.scrm_base.exceptions import DeliveryRefused, DeliveryRetry, DeliveryUnknown
from odoo.addons.scrm_base.tools.backoff import seconds_to_wait
from odoo.addons.sms.tools.sms_api import SmsApi

from .common import ScrmCase

OUTBOX_LOGGER = "odoo.addons.scrm_base.models.outbox"


@tagged("post_install", "-at_install")
class TestOutbox(ScrmCase, MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls._make_user("outbox.operator", "scrm_base.group_scrm_base_operator")
        cls.viewer = cls._make_user("outbox.viewer", "scrm_base.group_scrm_base_viewer")
        cls.foreigner = cls._make_user(
            "outbox.foreigner", "scrm_base.group_scrm_base_operator", company=cls.company_other
        )
        cls.customer = cls._make_customer("Ms Chen", "13826001001", "chen@example.com")

    def _post(self, key="key", **vals):
        return self.env["scrm.outbox"]._post(
            [
                {
                    "medium": "email",
                    "idem_key": key,
                    "identity_id": self.customer._get_identity("email").id,
                    "subject": "Hello",
                    "body": "Dear <b>Ms Chen</b>",
                    **vals,
                }
            ]
        )

    def _get_jobs(self, row):
        jobs = self.env["queue.job"].search([("model_name", "=", "scrm.outbox")])
        return jobs.filtered(lambda job: set(row.ids) & set(job.records.ids))

    def _patch_send(self, medium="email", **kwargs):
        return patch.object(type(self.env["scrm.outbox"]), f"_send_{medium}", **kwargs)

    def _as(self, user, records):
        """Return the records as the user has them in the user's own companies."""
        return records.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    # === WAY IN === #

    def test_post_is_idempotent_and_plans_one_job(self):
        row = self._post()
        self.assertRecordValues(
            row,
            [
                {
                    "state": "queued",
                    "company_id": self.company.id,
                    "customer_id": self.customer.id,
                    "attempts": 0,
                }
            ],
        )
        self.assertEqual(row, self._post(subject="Other"))
        self.assertEqual("Hello", row.subject)
        job = self._get_jobs(row)
        self.assertEqual(1, len(job))
        self.assertEqual("root.scrm.outbox", job.channel)
        self.assertEqual("_deliver", job.method_name)
        self.assertTrue(job.job_function_id.allow_commit)

    def test_post_many(self):
        vals = {"medium": "email", "body": "x"}
        rows = self.env["scrm.outbox"]._post(
            [{**vals, "idem_key": key} for key in ("b", "a", "b", "c")]
        )
        self.assertEqual(["b", "a", "c"], rows.mapped("idem_key"))
        self.assertEqual(1, len(self._get_jobs(rows)))
        self.assertFalse(self.env["scrm.outbox"]._post([]))
        with self.assertRaises(KeyError):
            self.env["scrm.outbox"]._post([vals])

    def test_post_by_somebody_without_rights(self):
        row = (
            self.env["scrm.outbox"]
            .with_user(self.viewer)
            ._post([{"medium": "email", "idem_key": "k", "body": "x"}])
        )
        self.assertFalse(row.env.su)
        self.assertEqual("queued", row.sudo().state)
        with self.assertRaises(AccessError):
            row.read(["body"])

    # === DELIVERY === #

    def test_email_leaves_through_cores_queue(self):
        row = self._post()
        with self.mock_mail_gateway(mail_unlink_sent=False):
            row._deliver()
        self.assertEqual(("sent", 1), (row.state, row.attempts))
        mail = self._new_mails
        self.assertEqual(mail.message_id, row.external_ref)
        self.assertEqual("chen@example.com", mail.email_to)
        self.assertIn("Dear &lt;b&gt;Ms Chen", mail.body_html, "text is never HTML")
        entry = self.customer.interaction_ids.filtered(lambda i: i.kind == "message_out")
        self.assertEqual("Hello", entry.summary)
        with self.mock_mail_gateway():
            row._deliver()
        self.assertFalse(self._new_mails, "what is sent is not sent again")

    def test_email_without_address_is_refused(self):
        row = self._post(identity_id=self.customer._get_identity("phone").id)
        row._deliver()
        self.assertEqual("failed", row.state)
        self.assertIn("no e-mail address", row.error)

    def test_inapp_is_shown_and_found_again(self):
        row = self._post(medium="inapp", user_id=self.viewer.id, identity_id=False)
        self._reset_bus()
        row._deliver()
        self.assertEqual("sent", row.state)
        self.env.cr.precommit.run()  # the bus writes its messages before the commit
        message = self.env["bus.bus"].search([], order="id desc", limit=1).message
        self.assertIn("scrm_base.notice", message)
        self.assertIn("Hello", message)
        mine = self.env["scrm.outbox"].with_user(self.viewer).search([])
        self.assertEqual(row, mine)
        self.assertFalse(mine.is_read)
        mine.action_mark_read()
        self.assertTrue(row.is_read)
        self.assertFalse(self.customer.interaction_ids.filtered(lambda i: i.kind == "message_out"))

    def test_inapp_goes_to_the_inbox_of_who_reads_there(self):
        self.viewer.notification_type = "inbox"
        row = self._post(medium="inapp", user_id=self.viewer.id, identity_id=False)
        row._deliver()
        notice = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.viewer.partner_id.id)]
        )
        self.assertEqual("Hello", notice.mail_message_id.subject)
        self.assertEqual("inbox", notice.notification_type)

    def test_sms(self):
        identity = self.customer._get_identity("phone")
        answers = {
            "success": ("sent", 1),
            "wrong_number_format": ("failed", 1),
            "server_error": ("unknown", 1),
            "insufficient_credit": ("queued", 1),
        }

        def answer(state):
            return lambda api, messages, **kwargs: [
                {"uuid": number["uuid"], "state": state}
                for message in messages
                for number in message["numbers"]
            ]

        for state, expected in answers.items():
            row = self._post(key=state, medium="sms", identity_id=identity.id)
            with patch.object(SmsApi, "_send_sms_batch", answer(state)):
                row._deliver()
            self.assertEqual(expected, (row.state, row.attempts), state)
            # the attempt that is made again leaves no message of its own
            left = self.env["sms.sms"].search([("number", "=", identity.sudo().value)])
            self.assertLessEqual(set(left.mapped("uuid")), {row.external_ref}, state)
            left.unlink()
        self.assertTrue(self._post(key="success").external_ref)

    # === WHAT GOES WRONG === #

    def test_backoff(self):
        self.assertEqual(
            [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600],
            [seconds_to_wait(attempts) for attempts in range(1, 12)],
        )
        self.assertEqual(25, seconds_to_wait(1, 25))
        self.assertEqual(20, seconds_to_wait(2, 5))
        self.assertEqual(7200, seconds_to_wait(1, 7200))
        self.assertEqual(3600, seconds_to_wait(10**6))

    def test_retry_waits_longer_and_gives_up(self):
        with freeze_time("2026-03-01 08:00:00"):
            row = self._post()
        now = fields.Datetime.to_datetime("2026-03-01 08:00:00")
        waits = []
        with self._patch_send(side_effect=DeliveryRetry("The gateway is busy.")):
            for _attempt in range(7):
                with freeze_time(now):
                    row._deliver()
                self.assertEqual("queued", row.state)
                self.assertEqual("The gateway is busy.", row.error)
                waits.append(int((row.next_try_at - now).total_seconds()))
                with freeze_time(now):
                    row._deliver()
                self.assertEqual(len(waits), row.attempts, "not before it is due")
                now = row.next_try_at
            self.assertEqual([10, 20, 40, 80, 160, 320, 640], waits)
            etas = self._get_jobs(row).filtered("eta").mapped("eta")
            self.assertEqual(7, len(etas), "a job is planned for each further attempt")
            with freeze_time(now):
                row._deliver()
        self.assertEqual(("dead", 8), (row.state, row.attempts))

    def test_retry_obeys_the_other_side(self):
        with freeze_time("2026-03-01 08:00:00"):
            row = self._post()
            with self._patch_send(side_effect=DeliveryRetry("Slow down.", 120)):
                row._deliver()
        self.assertEqual("2026-03-01 08:02:00", str(row.next_try_at))

    def test_refused_is_final(self):
        row = self._post()
        with self._patch_send(side_effect=DeliveryRefused("The user has blocked us.")):
            row._deliver()
        self.assertEqual("failed", row.state)
        with self._patch_send(return_value="ref") as send:
            row._deliver()
        self.assertFalse(send.called)

    @mute_logger(OUTBOX_LOGGER)
    def test_an_unexpected_error_is_unknown_and_stays_with_people(self):
        row = self._post()
        with self._patch_send(side_effect=ZeroDivisionError("secret token")):
            row._deliver()
        self.assertEqual("unknown", row.state)
        self.assertNotIn("secret", row.error)
        self.env["scrm.outbox"]._cron_recover()
        self.assertEqual(("unknown", False), (row.state, row.next_try_at))
        with self._patch_send(return_value="ref") as send:
            row._deliver()
        self.assertFalse(send.called, "never silently doubled")

    def test_a_failed_attempt_leaves_nothing_half_written(self):
        row = self._post()

        def send(row):
            row.env["res.partner"].create({"name": "half written"})
            raise DeliveryRetry("No.")

        with patch.object(type(row), "_send_email", send):
            row._deliver()
        self.assertFalse(self.env["res.partner"].search([("name", "=", "half written")]))

    # === CRASHES === #

    def test_a_crash_leaves_sending_which_becomes_unknown(self):
        row = self._post()
        with freeze_time("2026-03-01 08:00:00"):
            row.create_date = fields.Datetime.now()
            self.assertTrue(row._claim())  # and the server dies here
        self.assertEqual(("sending", 1), (row.state, row.attempts))
        with freeze_time("2026-03-01 08:14:00"):
            self.env["scrm.outbox"]._cron_recover()
        self.assertEqual("sending", row.state, "it may still be under way")
        with freeze_time("2026-03-01 08:16:00"):
            self.env["scrm.outbox"]._cron_recover()
        self.assertEqual("unknown", row.state)

    def test_unknown_in_the_app_is_sent_again(self):
        row = self._post(medium="inapp", user_id=self.viewer.id, identity_id=False)
        with freeze_time("2026-03-01 08:00:00"):
            row._claim()
        with freeze_time("2026-03-01 08:16:00"):
            self.env["scrm.outbox"]._cron_recover()
            self.assertEqual("queued", row.state)
        with freeze_time("2026-03-01 08:17:00"):
            row._deliver()
        self.assertEqual(("sent", 2), (row.state, row.attempts))

    def test_the_medium_tells_what_became_of_it(self):
        row = self._post()
        with self._patch_send(side_effect=DeliveryUnknown("No answer in time.")):
            row._deliver()
        self.assertEqual(("unknown", "No answer in time."), (row.state, row.error))
        outbox = type(self.env["scrm.outbox"])
        with patch.object(outbox, "_resolve_unknown_email", lambda r: "sent", create=True):
            self.env["scrm.outbox"]._cron_recover()
        self.assertEqual("sent", row.state)

    def test_lost_jobs_are_planned_again(self):
        row = self._post()
        self.env["queue.job"].search([("method_name", "=", "_deliver")]).button_cancelled()
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), minutes=11)):
            row.invalidate_recordset()
            self.assertTrue(row.is_late)
            self.assertIn(row, self.env["scrm.outbox"].search([("is_late", "=", True)]))
            self.env["scrm.outbox"]._cron_recover()
            jobs = self._get_jobs(row).filtered(lambda job: job.state == "pending")
            self.assertEqual(1, len(jobs))
            self.env["scrm.outbox"]._cron_recover()
            self.assertEqual(2, len(self._get_jobs(row)), "while a job waits, no other is planned")
            count = self.env["res.config.settings"].create({}).scrm_late_notice_count
            self.assertGreaterEqual(count, 1)
        row.invalidate_recordset()
        self.assertFalse(row.is_late)

    # === PEOPLE === #

    def test_replay(self):
        row = self._post()
        with self._patch_send(side_effect=DeliveryRefused("No.")):
            row._deliver()
        row.with_user(self.operator).action_replay()
        self.assertRecordValues(row, [{"state": "queued", "attempts": 0, "error": False}])
        self.assertEqual(1, len(self._get_jobs(row)), "its first job waits still")
        with self._patch_send(return_value="ref"):
            row._deliver()
        self.assertEqual(("sent", "ref"), (row.state, row.external_ref))
        with self.assertRaisesRegex(UserError, "Only notices that were refused"):
            row.with_user(self.operator).action_replay()

    def test_unknown_is_settled_by_a_person(self):
        row = self._post()
        with self._patch_send(side_effect=DeliveryUnknown("?")):
            row._deliver()
        row.with_user(self.operator).action_mark_sent()
        self.assertEqual("sent", row.state)
        self.assertTrue(self.customer.interaction_ids.filtered(lambda i: i.kind == "message_out"))

    def test_rights(self):
        row = self._post()
        other = self._post(key="mine", medium="inapp", user_id=self.viewer.id)
        self.assertEqual(other, self.env["scrm.outbox"].with_user(self.viewer).search([]))
        self.assertIn(row, self.env["scrm.outbox"].with_user(self.operator).search([]))
        self.assertFalse(self._as(self.foreigner, self.env["scrm.outbox"]).search([]))
        portal = self._make_user("outbox.portal", "base.group_portal")
        for user in (self.viewer, self.foreigner, portal):
            with self.assertRaises(AccessError):
                self._as(user, row).read(["body"])
            with self.assertRaises(AccessError):
                self._as(user, row).action_replay()
        for user in (self.viewer, self.operator):
            with self.assertRaises(AccessError):
                row.with_user(user).write({"state": "sent"})
            with self.assertRaises(AccessError):
                self.env["scrm.outbox"].with_user(user).create({"medium": "email"})
