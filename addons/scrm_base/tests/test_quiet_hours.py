from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, freeze_time, tagged

from odoo.addons.scrm_base.tools.quiet_hours import (
    MINUTES_PER_DAY,
    get_quiet_end,
    is_quiet,
    to_minutes,
)

from .common import ScrmCase

ZONES = ("Asia/Shanghai", "Asia/Tokyo", "Asia/Kolkata", "UTC", "America/Phoenix")
ZONES_WITH_SUMMER_TIME = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
MINUTE = st.integers(min_value=0, max_value=MINUTES_PER_DAY - 1)
MOMENT = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1))


def _get_minute(moment, zone):
    local = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    return local.hour * 60 + local.minute


@tagged("post_install", "-at_install")
class TestQuietHoursTool(BaseCase):
    """The arithmetic, without a database."""

    def _end(self, moment, start=22 * 60, end=8 * 60, zone="Asia/Shanghai"):
        answer = get_quiet_end(datetime.fromisoformat(moment), start, end, zone)
        return answer and answer.isoformat(sep=" ")

    def test_worked_examples(self):
        # 23:30 in Shanghai
        self.assertEqual("2026-03-02 00:00:00", self._end("2026-03-01 15:30:00"))
        # 03:00 in Shanghai, after midnight
        self.assertEqual("2026-03-02 00:00:00", self._end("2026-03-01 19:00:00"))
        self.assertIsNone(self._end("2026-03-01 13:59:59"), "21:59 in Shanghai")
        self.assertEqual("2026-03-02 00:00:00", self._end("2026-03-01 14:00:00"))
        self.assertIsNone(self._end("2026-03-02 00:00:00"), "at eight the night is over")
        # The same moment is noon in New York.
        self.assertIsNone(self._end("2026-03-01 17:00:00", zone="America/New_York"))
        # A rest at noon, within one day.
        self.assertEqual("2026-03-01 06:00:00", self._end("2026-03-01 04:30:00", 720, 840))
        self.assertIsNone(self._end("2026-03-01 15:30:00", 0, 0), "no quiet hours")
        self.assertEqual("2026-03-02 00:00:00", self._end("2026-03-01 15:30:00", zone="No/Where"))
        self.assertEqual("2026-03-02 00:00:00", self._end("2026-03-01 15:30:00", zone=None))

    def test_when_the_clock_is_changed(self):
        # Berlin, night to 2026-03-29: an hour is missing, eight o'clock is 06:00 UTC.
        berlin = "Europe/Berlin"
        self.assertEqual("2026-03-29 06:00:00", self._end("2026-03-28 22:00:00", zone=berlin))
        # Night to 2026-10-25: an hour comes twice, eight o'clock is 07:00 UTC.
        self.assertEqual("2026-10-25 07:00:00", self._end("2026-10-24 21:00:00", zone=berlin))

    def test_hours_and_minutes(self):
        self.assertEqual(
            [0, 1350, 480, 1439, 1340], [to_minutes(h) for h in (0, 22.5, 8, 23.98, 22.33)]
        )

    @given(moment=MOMENT, start=MINUTE, end=MINUTE, zone=st.sampled_from(ZONES))
    def test_the_first_minute_that_is_not_quiet(self, moment, start, end, zone):
        until = get_quiet_end(moment, start, end, zone)
        minute = _get_minute(moment, zone)
        if start == end or not is_quiet(minute, start, end):
            self.assertIsNone(until)
            return
        self.assertEqual(end, _get_minute(until, zone))
        self.assertTrue(timedelta() < until - moment <= timedelta(days=1))
        self.assertTrue(is_quiet(_get_minute(until - timedelta(minutes=1), zone), start, end))
        self.assertIsNone(get_quiet_end(until, start, end, zone))

    @given(moment=MOMENT, start=MINUTE, end=MINUTE, zone=st.sampled_from(ZONES_WITH_SUMMER_TIME))
    def test_it_ends_in_every_zone(self, moment, start, end, zone):
        until = get_quiet_end(moment, start, end, zone)
        if until is not None:
            self.assertTrue(timedelta() < until - moment <= timedelta(hours=26))


@tagged("post_install", "-at_install")
class TestQuietHours(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["scrm.notice.rule"].search([]).active = False
        cls.company.write({"scrm_quiet_from": 22, "scrm_quiet_to": 8})
        cls.company.partner_id.tz = False
        cls.operator = cls._make_user("quiet.operator", "scrm_base.group_scrm_base_operator")
        cls.record = (
            cls.env["scrm.customer.import"].with_user(cls.operator).create({"name": "list.xls"})
        )
        cls.partner = cls._make_partner(name="Ms Chen", email="chen@example.com", tz=False)
        cls.partner._scrm_ensure_identity()
        customer = cls.partner.scrm_customer_id
        cls.classPatch(
            type(cls.record), "_notice_get_customer", lambda record: customer.with_env(record.env)
        )

    def _raise_event(self, moment, **vals):
        self.env["scrm.notice.rule"].search([]).active = False
        rule = self.env["scrm.notice.rule"].create(
            {
                "name": "Test",
                "model_id": self.env["ir.model"]._get_id("scrm.customer.import"),
                "event": "cancel",
                "medium": "email",
                "body": "Stopped.",
                **vals,
            }
        )
        with freeze_time(moment):
            row = rule._raise_event(self.record, "cancel")
            row._deliver()
        return row

    def test_at_night_it_waits_and_goes_out_in_the_morning(self):
        row = self._raise_event("2026-03-01 15:30:00")
        self.assertEqual(("queued", 0), (row.state, row.attempts))
        self.assertEqual("2026-03-02 00:00:00", str(row.not_before), "eight in China")
        jobs = self.env["queue.job"].search([("method_name", "=", "_deliver")])
        (job,) = jobs.filtered(lambda job: row in job.records)
        self.assertEqual("2026-03-02 00:00:00", str(job.eta))
        with freeze_time("2026-03-01 23:00:00"):
            row.invalidate_recordset()
            self.assertFalse(row.is_late, "nobody is missing")
            row._deliver()
            self.assertEqual("queued", row.state)
        with freeze_time("2026-03-02 00:00:00"):
            row._deliver()
        self.assertEqual("sent", row.state)

    def test_in_the_readers_time_zone(self):
        self.partner.tz = "America/New_York"
        row = self._raise_event("2026-03-01 15:30:00")
        self.assertEqual("sent", row.state, "half past ten in the morning there")
        row = self._raise_event("2026-03-02 04:00:00", name="Second")
        self.assertEqual("2026-03-02 13:00:00", str(row.not_before))

    def test_in_the_companys_time_zone(self):
        self.company.partner_id.tz = "Europe/Berlin"
        row = self._raise_event("2026-03-01 15:30:00")
        self.assertEqual("sent", row.state)

    def test_what_is_urgent_or_in_the_app_goes_out(self):
        row = self._raise_event("2026-03-01 15:30:00", is_urgent=True)
        self.assertEqual("sent", row.state)
        row = self._raise_event("2026-03-01 15:30:00", audience="responsible", medium="inapp")
        self.assertIn("sent", row.mapped("state"))

    def test_what_a_person_writes_goes_out(self):
        with freeze_time("2026-03-01 15:30:00"):
            row = self.env["scrm.outbox"]._post(
                [
                    {
                        "medium": "email",
                        "idem_key": "by hand",
                        "partner_id": self.partner.id,
                        "body": "x",
                    }
                ]
            )
            row._deliver()
        self.assertEqual("sent", row.state)

    def test_a_job_that_comes_late_finds_the_night(self):
        with freeze_time("2026-03-01 10:00:00"):
            row = self._raise_event("2026-03-01 10:00:00")
        self.assertEqual("sent", row.state)
        row.sudo().write({"state": "queued", "sent_at": False})
        with freeze_time("2026-03-01 16:00:00"):
            row._deliver()
        self.assertEqual("2026-03-02 00:00:00", str(row.not_before))
        self.assertEqual("queued", row.state)

    def test_without_quiet_hours_nothing_waits(self):
        self.company.write({"scrm_quiet_from": 0, "scrm_quiet_to": 0})
        self.assertEqual("sent", self._raise_event("2026-03-01 19:00:00").state)
