from odoo.tests import tagged

from .notice_case import NoticeCase


@tagged("post_install", "-at_install")
class TestFlowMany(NoticeCase):
    """Many records take one step: each is logged, and what they tell is made together."""

    def setUp(self):
        super().setUp()
        self._make_rule("email")
        others = (self._make_record(name) for name in ("second.xls", "third.xls"))
        self.records = self.record.union(*others)
        self.raised = []
        raise_event = type(self.env["scrm.notice.rule"])._raise_event

        def note(rule, records, event):
            self.raised.append((event, records.ids))
            return raise_event(rule, records, event)

        self.patch(type(self.env["scrm.notice.rule"]), "_raise_event", note)

    def _get_rows(self):
        return self.env["scrm.outbox"].search([("res_id", "in", self.records.ids)], order="res_id")

    def test_their_notices_are_made_in_one_go(self):
        self.records._move_many("cancel", lambda record: {"name": f"stopped {record.name}"})
        self.assertEqual({"cancelled"}, set(self.records.mapped("state")))
        self.assertEqual("stopped list.xls", self.record.name)
        self.assertEqual([("cancel", self.records.ids)], self.raised)
        rows = self._get_rows()
        self.assertEqual(self.records.ids, rows.mapped("res_id"))
        self.assertIn("stopped third.xls was stopped.", rows[2].body)

    def test_nothing_to_move_asks_for_no_right(self):
        """Documents of people without any right here are followed too, most to no end."""
        nothing = self.records.browse().with_user(self.env.ref("base.public_user"))
        nothing._move_many("cancel", lambda record: {})
        self.assertFalse(self.raised)

    def test_each_has_the_key_of_its_own_step(self):
        """One by one or many at once, an occurrence is told by its entry in the log."""
        self.records._move_many("cancel", lambda record: {})
        entries = self.env["scrm.flow.log"].search(
            [("res_model", "=", self.records._name), ("res_id", "in", self.records.ids)],
            order="res_id",
        )
        for row, entry in zip(self._get_rows(), entries, strict=True):
            self.assertIn(f",cancel,scrm.flow.log,{entry.id}:", row.idem_key)
        self.raised.clear()
        single = self._make_record("single.xls")
        single._move_along("cancel")
        self.assertEqual([("cancel", single.ids)], self.raised)

    def test_steps_of_another_model_that_follow_are_told_as_their_own(self):
        request = self.env["scrm.privacy.request"].create(
            {"kind": "export", "customer_id": self.customer.id, "company_id": self.company.id}
        )
        self.patch(
            type(self.record),
            "_flow_after",
            lambda record, step: (
                request.with_context(**record.env.context)._move_along("refuse")
                if request.state == "new"
                else None
            ),
        )
        self.records._move_many("cancel", lambda record: {})
        self.assertEqual([("cancel", self.records.ids), ("refuse", request.ids)], self.raised)
