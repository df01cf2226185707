from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from .notice_case import NoticeCase


@tagged("post_install", "-at_install")
class TestNoticeBell(NoticeCase):
    """The bell shows one's own notices, and nobody else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = cls._make_user("bell.employee")

    def _tell(self, user, key):
        row = self.env["scrm.outbox"]._post(
            [
                {
                    "medium": "inapp",
                    "idem_key": key,
                    "user_id": user.id,
                    "subject": key,
                    "body": "Body",
                    "res_model": "res.partner",
                    "res_id": user.partner_id.id,
                }
            ]
        )
        row._deliver()
        return row

    def _get_bell(self, user):
        return self.env["scrm.outbox"].with_user(user).get_bell()

    def test_ones_own(self):
        first = self._tell(self.employee, "first")
        second = self._tell(self.employee, "second")
        self._tell(self.operator, "other")
        bell = self._get_bell(self.employee)
        self.assertEqual(2, bell["unread"])
        self.assertEqual([second.id, first.id], [notice["id"] for notice in bell["notices"]])
        first.with_user(self.employee).action_mark_read()
        self.assertEqual(1, self._get_bell(self.employee)["unread"])
        self.env["scrm.outbox"].with_user(self.employee).mark_bell_read()
        self.assertEqual(0, self._get_bell(self.employee)["unread"])
        self.assertEqual(1, self._get_bell(self.operator)["unread"])

    def test_nobody_reads_or_puts_away_anothers(self):
        row = self._tell(self.operator, "first")
        portal = self._make_user("bell.portal", "base.group_portal")
        for user in (self.employee, portal):
            with self.assertRaises(AccessError):
                row.with_user(user).action_mark_read()
            with self.assertRaises(AccessError):
                row.with_user(user).read(["body"])
        self.assertFalse(row.is_read)
        row.with_user(self.manager).action_mark_read()
        self.assertFalse(row.is_read, "reading it does not make it one's own")
        action = row.with_user(self.operator).action_open_record()
        self.assertEqual(("res.partner", "form"), (action["res_model"], action["view_mode"]))

    def test_open_from_the_bell(self):
        row = self._tell(self.employee, "first")
        outbox = self.env["scrm.outbox"]
        self.assertFalse(outbox.with_user(self.operator).open_bell(row.id))
        self.assertFalse(row.is_read)
        row.sudo().company_id = self.company_other
        mine = outbox.with_user(self.employee).with_context(allowed_company_ids=self.company.ids)
        self.assertEqual("res.partner", mine.open_bell(row.id)["res_model"])
        self.assertTrue(row.is_read)

    def test_other_tabs_learn_that_it_is_read(self):
        row = self._tell(self.employee, "first")
        row.with_user(self.employee).action_mark_read()
        self.env.cr.precommit.run()  # the bus writes its messages before the commit
        message = self.env["bus.bus"].search([], order="id desc", limit=1).message
        self.assertIn("scrm_base.notice_read", message)


@tagged("post_install", "-at_install")
class TestNoticeTour(NoticeCase, HttpCase):
    """A manager makes a rule in the form, sets off its event, and finds it under the bell.

    A test's transaction is never committed, so the bus stays silent here and the page is loaded
    again; that the bell rings by itself is shown by ``tests/story/test_notice_bell.py``.
    """

    def test_from_the_rule_to_the_message(self):
        self.manager.password = self.manager.login
        self.patch(
            self.env.registry["scrm.outbox"], "_enqueue", lambda rows: rows.sudo()._deliver()
        )
        record = (
            self.env["scrm.customer.import"].with_user(self.manager).create({"name": "tour.xls"})
        )
        record._move_along("preview")
        self.start_tour(
            "/odoo/action-scrm_base.scrm_notice_rule_action",
            "scrm_base_notice",
            login=self.manager.login,
        )
        row = self.env["scrm.outbox"].search([("user_id", "=", self.manager.id)], limit=1)
        self.assertRecordValues(row, [{"state": "sent", "is_read": True}])
