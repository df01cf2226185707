from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCase
from odoo.addons.sms.tools.sms_api import SmsApi

from .notice_case import NoticeCase


@tagged("post_install", "-at_install")
class TestOutboxReports(NoticeCase, MailCase):
    """What core learns of a mail or an SMS later reaches the row, and only once."""

    def _send_email(self, *media):
        self._make_rule(*(media or ("email",)))
        row = self._raise_event()
        row._deliver()  # core sends nothing in its tests: the mail stays in core's queue
        self.assertEqual("sent", row.state)
        mail = self.env["mail.mail"].search([("scrm_outbox_id", "=", row.id)])
        self.assertEqual("outgoing", mail.state)
        return row, mail

    def test_a_mail_that_core_sends_later_stays_sent(self):
        row, mail = self._send_email()
        with self.mock_mail_gateway(mail_unlink_sent=False):
            mail.send()
        self.assertEqual(("sent", 1), (row.state, row.attempts))

    def test_a_mail_that_core_cannot_send_is_refused(self):
        row, mail = self._send_email("email", "sms")
        mail._postprocess_sent_message([], [], "No such address.", "mail_email_invalid")
        mail._postprocess_sent_message([], [], "No such address.", "mail_email_invalid")
        self.assertEqual(
            ("failed", "Invalid email address\nNo such address."), (row.state, row.error)
        )
        self.assertEqual("sms", row.fallback_ids.medium)

    def test_a_mail_server_that_is_down_is_tried_again(self):
        row, mail = self._send_email()
        mail._postprocess_sent_message([], [], "111 Connection refused", "mail_smtp")
        self.assertRegex(row.error, r"^Connection failed \(outgoing.*\n111 Connection refused")
        self.assertEqual(("queued", "busy"), (row.state, row.reason))
        self.assertTrue(row.next_try_at)

    def test_a_mail_that_is_cancelled(self):
        row, mail = self._send_email()
        mail.cancel()
        self.assertEqual("failed", row.state)
        self.assertIn("cancelled", row.error)

    def test_a_mail_that_arrives_after_all(self):
        row, mail = self._send_email()
        row.sudo()._mark_unknown("?")
        mail._postprocess_sent_message([], ["chen@example.com"])
        self.assertEqual("sent", row.state)

    def test_a_bounce(self):
        row, mail = self._send_email("email", "sms")
        bounce = {
            "bounced_email": "chen@example.com",
            "bounced_partner": self.env["res.partner"],
            "bounced_msg_ids": [row.external_ref],
            "bounced_message": self.env["mail.message"],
            "email_from": "",
            "to": "",
            "message_id": "<x>",
            "body": "User unknown",
        }
        self.env["mail.thread"]._routing_handle_bounce(None, bounce)
        self.env["mail.thread"]._routing_handle_bounce(None, bounce)
        self.assertEqual(("failed", "bounced"), (row.state, row.reason))
        self.assertIn("undeliverable", row.error)
        self.assertEqual(1, len(row.fallback_ids))
        self.env["mail.thread"]._routing_handle_bounce(None, {**bounce, "bounced_msg_ids": False})

    def test_blacklisted_addresses_are_refused(self):
        self.env["mail.blacklist"]._add("chen@example.com")
        self.env["phone.blacklist"].add("+8613826001001")
        self._make_rule("email", "sms")
        row = self._raise_event()
        row._deliver()
        row.fallback_ids._deliver()
        for refused in row | row.fallback_ids:
            self.assertEqual(("failed", "blacklist"), (refused.state, refused.reason))
            self.assertIn("blacklist", refused.error)

    # === SMS === #

    def _send_sms(self, state="success"):
        self._make_rule("sms", "email")
        row = self._raise_event()

        def answer(api, messages, **kwargs):
            return [
                {"uuid": number["uuid"], "state": state}
                for message in messages
                for number in message["numbers"]
            ]

        with patch.object(SmsApi, "_send_sms_batch", answer):
            row._deliver()
        return row, self.env["sms.tracker"].search([("sms_uuid", "=", row.external_ref)])

    def test_an_sms_that_the_operator_rejects(self):
        row, tracker = self._send_sms()
        self.assertEqual("sent", row.state)
        tracker._action_update_from_sms_state("sent")
        self.assertEqual("sent", row.state)
        tracker._action_update_from_provider_error("rejected")
        tracker._action_update_from_provider_error("rejected")
        self.assertEqual(("failed", "bounced"), (row.state, row.reason))
        self.assertEqual("email", row.fallback_ids.medium)

    def test_an_sms_nobody_knew_of_is_reported(self):
        row, tracker = self._send_sms("server_error")
        self.assertEqual("unknown", row.state)
        self.assertEqual(1, len(tracker), "its report is heard")
        tracker._action_update_from_sms_state("sent")
        self.assertEqual("sent", row.state)
