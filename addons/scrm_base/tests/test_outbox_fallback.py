from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.exceptions import DeliveryRefused, DeliveryRetry, DeliveryUnknown

from .notice_case import NoticeCase


@tagged("post_install", "-at_install")
class TestOutboxFallback(NoticeCase):
    """What one medium cannot deliver goes out by the next one, once, and never twice."""

    def _patch_send(self, medium, **kwargs):
        return patch.object(type(self.env["scrm.outbox"]), f"_send_{medium}", **kwargs)

    def _refuse(self, row, medium="email"):
        with self._patch_send(medium, side_effect=DeliveryRefused("Blocked.")):
            row._deliver()

    def test_refused_goes_out_by_the_next(self):
        self._make_rule("email", "sms")
        row = self._raise_event()
        self._refuse(row)
        self.assertRecordValues(row, [{"state": "failed", "reason": "refused"}])
        self.assertRecordValues(
            row.fallback_ids,
            [
                {
                    "medium": "sms",
                    "state": "queued",
                    "identity_id": self.customer._get_identity("phone").id,
                    "body": row.body,
                    "rule_id": row.rule_id.id,
                    "res_id": self.record.id,
                }
            ],
        )
        with self._patch_send("sms", return_value="ref"):
            row.fallback_ids._deliver()
        self.assertEqual("sent", row.fallback_ids.state)

    def test_what_needs_consent_needs_it_by_the_next_medium_too(self):
        purpose = self.env["scrm.consent.purpose"]._get_by_code("marketing")
        self._make_rule("email", "sms", purpose_id=purpose.id)
        row = self._raise_event()
        with self._patch_send("email") as email, self._patch_send("sms") as sms:
            row._deliver()
            row.fallback_ids._deliver()
        self.assertEqual(["failed", "failed"], (row | row.fallback_ids).mapped("state"))
        self.assertEqual(purpose, row.fallback_ids.purpose_id)
        email.assert_not_called()
        sms.assert_not_called()

    def test_given_up_goes_out_by_the_next(self):
        self._make_rule("email", "sms")
        row = self._raise_event()
        row.sudo().attempts = 7
        with self._patch_send("email", side_effect=DeliveryRetry("Busy.")):
            row._deliver()
        self.assertEqual(("dead", "busy"), (row.state, row.reason))
        self.assertEqual("sms", row.fallback_ids.medium)

    def test_a_retry_does_not(self):
        self._make_rule("email", "sms")
        row = self._raise_event()
        with self._patch_send("email", side_effect=DeliveryRetry("Busy.")):
            row._deliver()
        self.assertFalse(row.fallback_ids)

    @mute_logger("odoo.addons.scrm_base.models.outbox")
    def test_what_is_unknown_does_not(self):
        self._make_rule("email", "sms")
        for error in (DeliveryUnknown("?"), ZeroDivisionError()):
            row = self._raise_event(self._make_record("x.xls"))
            with self._patch_send("email", side_effect=error):
                row._deliver()
            self.env["scrm.outbox"]._cron_recover()
            self.assertEqual("unknown", row.state)
            self.assertFalse(row.fallback_ids)

    def test_the_whole_list_and_then_no_more(self):
        self._make_rule("email", "sms", "inapp", audience="responsible")
        self.operator.partner_id.phone = "+86 138 2600 1009"
        row = self._raise_event()
        media = [row.medium]
        while row:
            self._refuse(row, row.medium)
            row = row.fallback_ids
            media += row.mapped("medium")
        self.assertEqual(["email", "sms", "inapp"], media)

    def test_a_medium_without_address_is_passed_over(self):
        self._is_about(self._make_customer("Mr Li", email="li@example.com"), self.patch)
        self._make_rule("email", "sms")
        row = self._raise_event()
        self._refuse(row)
        self.assertFalse(row.fallback_ids)

    def test_once_for_ever(self):
        self._make_rule("email", "sms")
        row = self._raise_event()
        self._refuse(row)
        row.sudo()._try_next_medium()
        self.assertEqual(1, len(row.fallback_ids))
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            row.sudo().copy({"idem_key": "second", "fallback_of_id": row.id}).flush_recordset()

    def test_replay_sends_nothing_twice(self):
        self._make_rule("email", "sms")
        row = self._raise_event()
        self._refuse(row)
        with self.assertRaisesRegex(UserError, "another medium"):
            row.with_user(self.operator).action_replay()
        self._refuse(row.fallback_ids, "sms")
        row.with_user(self.operator).action_replay()
        self.assertEqual("queued", row.state)

    def test_replay_of_a_whole_chain_sends_one(self):
        self._make_rule("email", "sms")
        row = self._raise_event()
        self._refuse(row)
        self._refuse(row.fallback_ids, "sms")
        (row | row.fallback_ids).with_user(self.operator).action_replay()
        self.assertEqual(["queued", "failed"], (row | row.fallback_ids).mapped("state"))
        with self.assertRaisesRegex(UserError, "another medium"):
            row.fallback_ids.with_user(self.operator).action_replay()

    def test_replay_of_the_last_of_a_chain(self):
        self._make_rule("email", "sms")
        row = self._raise_event()
        self._refuse(row)
        last = row.fallback_ids
        self._refuse(last, "sms")
        last.with_user(self.operator).action_replay()
        self.assertEqual(["failed", "queued"], (row | last).mapped("state"))

    def test_replay_sends_no_empty_text(self):
        for gone in ("rule", "record"):
            with self.subTest(gone):
                record = self._make_record("gone.xls")
                rule = self._make_rule("email")
                self.env.cr.execute(
                    "UPDATE scrm_notice_rule SET body = %s WHERE id = %s",
                    ['{"en_US": "{{ object.gone }}"}', rule.id],
                )
                rule.invalidate_recordset()
                with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
                    row = self._raise_event(record)
                self.assertEqual(("failed", "text"), (row.state, row.reason))
                (rule if gone == "rule" else record.sudo()).unlink()
                with self.assertRaisesRegex(UserError, "could not be made"):
                    row.with_user(self.operator).action_replay()
                self.assertEqual(("failed", "text"), (row.state, row.reason))
                rule.exists().unlink()
