"""The number of queries does not grow with the number of tickets."""

from odoo.tests import tagged
from odoo.tests.common import warmup

from .common import ServiceCase

SPECIFICATION = {
    "number": {},
    "name": {},
    "priority": {},
    "state": {},
    "partner_id": {"fields": {"display_name": {}}},
    "equipment_id": {"fields": {"display_name": {}}},
    "site_id": {"fields": {"display_name": {}}},
    "user_id": {"fields": {"display_name": {}}},
    "activity_ids": {"fields": {}},
}


@tagged("post_install", "-at_install")
class TestScale(ServiceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for place in range(30):
            cls._make_ticket(
                name=f"Ticket {place}",
                site_id=cls.site.id,
                user_id=cls.technician.id,
                partner_id=cls._make_partner(name=f"Customer {place}").id,
            )
        cls.env.flush_all()

    def _count(self, limit):
        tickets = self.env["scrm.service.ticket"].with_user(self.dispatcher)
        domain = [("company_id", "=", self.company.id), ("is_closed", "=", False)]
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        result = tickets.web_search_read(domain, SPECIFICATION, limit=limit)
        self.assertEqual(limit, len(result["records"]))
        return self.env.cr.sql_log_count - before

    @warmup
    def test_the_list_of_tickets(self):
        self._count(3)
        self.assertEqual(self._count(3), self._count(30))
        self.assertLessEqual(self._count(30), 12)

    @warmup
    def test_the_kanban_groups(self):
        tickets = self.env["scrm.service.ticket"].with_user(self.dispatcher)
        tickets = tickets.with_context(read_group_expand=True)
        self.env.invalidate_all()
        with self.assertQueryCount(12):
            groups = tickets.web_read_group(
                [("company_id", "=", self.company.id)], ["node_id"], ["__count"]
            )["groups"]
        self.assertEqual(5, len(groups))
