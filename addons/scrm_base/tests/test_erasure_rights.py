import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tools.erasure import get_trace_pattern

from .erasure_case import ErasureCase


@tagged("post_install", "-at_install")
class TestErasureRights(ErasureCase):
    def test_only_officers(self):
        request = self._make_request()
        for role in ("viewer", "operator", "steward", "manager"):
            user = self._make_user(f"erasure.{role}", f"scrm_base.group_scrm_base_{role}")
            for call in (
                lambda user=user: request.with_user(user).action_erase(),
                lambda user=user: self._confirm(request, user),
                lambda user=user: request.with_user(user).read(["note"]),
            ):
                with self.assertRaises(AccessError):
                    call()
        foreigner = self._make_user(
            "erasure.foreigner", "scrm_base.group_scrm_base_privacy", company=self.company_other
        )
        with self.assertRaises(AccessError):
            request.with_user(foreigner).action_erase()
        with self.assertRaises(AccessError):
            self._confirm(request, foreigner)
        self.assertTrue(self._find_traces("13988776655"))

    def test_the_word_has_to_be_typed(self):
        request = self._make_request()
        with self.assertRaises(UserError):
            self._confirm(request, word="yes")
        self._confirm(request)
        with self.assertRaises(UserError):
            self._confirm(request)

    def test_what_the_buttons_write_is_not_written_by_hand(self):
        request = self._make_request()
        for vals in (
            {"approved_by_id": self.second.id},
            {"result": "nothing"},
            {"erased_by_id": self.officer.id},
        ):
            with self.assertRaises(AccessError):
                request.write(vals)
        with self.assertRaises(UserError):
            request.write({"state": "done"})
        with self.assertRaises(UserError):
            request.action_finish()
        with self.assertRaises(UserError):
            request.unlink()

    @mute_logger("odoo.sql_db")
    def test_four_eyes(self):
        self.company.scrm_erasure_four_eyes = True
        request = self._make_request()
        with self.assertRaises(UserError):
            self._confirm(request)
        request.action_approve()
        with self.assertRaises(UserError):
            self._confirm(request)
        with self.assertRaises(psycopg2.errors.CheckViolation), self.env.cr.savepoint():
            request.sudo().erased_by_id = self.officer
            self.env.flush_all()
        request.invalidate_recordset()
        self._confirm(request, self.second)
        self.assertEqual(
            (self.officer, self.second), (request.approved_by_id, request.erased_by_id)
        )

    @mute_logger("odoo.sql_db")
    def test_the_trigger_yields_to_the_erasure_alone(self):
        self._confirm(self._make_request())
        with self.assertRaises(psycopg2.errors.RestrictViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE scrm_interaction SET summary = 'x'")

    def test_pattern_finds_whole_handles_only(self):
        pattern = get_trace_pattern(["+8613988776655"], ["ann@example.com", "short"])
        for text, found in (
            ("call 139 8877 6655!", True),
            ("+86 139-8877-6655", True),
            ("008613988776655", False),
            ("139887766551", False),
            ("joann@example.com", False),
            ("ann@example.com.cn", False),
            ("Write to ann@example.com.", True),
            ("<ANN@example.com>", True),
            ("short", False),
        ):
            self.env.cr.execute("SELECT %s ~* %s", [text, pattern])
            self.assertEqual(found, self.env.cr.fetchone()[0], text)
