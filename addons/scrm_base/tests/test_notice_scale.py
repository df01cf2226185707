from odoo.tests import tagged

from .notice_case import NoticeCase


@tagged("post_install", "-at_install")
class TestNoticeScale(NoticeCase):
    """A thousand records of one event cost hardly more statements than a hundred."""

    def _count_queries(self, records):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        rows = self._raise_event(records)
        self.env.flush_all()
        self.assertEqual(2 * len(records), len(rows))
        self.assertEqual({"queued"}, set(rows.mapped("state")))
        return self.env.cr.sql_log_count - before

    def test_a_thousand_records(self):
        customers = self.env["scrm.customer"]
        for number in range(40):
            customers |= self._make_customer(f"C{number}", email=f"c{number}@example.com")
        model = self.env.registry["scrm.customer.import"]
        self.patch(
            model,
            "_notice_get_customer",
            lambda r: customers[r.id % len(customers)].with_env(r.env).with_prefetch(customers.ids),
        )
        # As in bulk events of other models, the key needs no log.
        self.patch(model, "_notice_get_key", lambda r, event: f"{r._name},{r.id},{event}")
        self._make_rule("email", sequence=1)
        self._make_rule("inapp", audience="responsible", sequence=2)
        records = (
            self.env["scrm.customer.import"]
            .with_user(self.operator)
            .create([{"name": f"{number}.xls"} for number in range(1110)])
        )
        self._count_queries(records[:10])
        hundred = self._count_queries(records[10:110])
        thousand = self._count_queries(records[110:])
        # What grows are the jobs, one for fifty rows, and the inserts of a thousand values.
        self.assertLess(thousand - hundred, 600)
