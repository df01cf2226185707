"""What people may not say of a ticket, and what their screens may send all the same."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.scrm_base.tests.forging import ForgingMixin

from .common import ServiceCase

CREATE = "“Number” of “Service Ticket” is written by the system alone"


@tagged("post_install", "-at_install")
class TestSystemFields(ForgingMixin, ServiceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tickets = cls.env["scrm.service.ticket"]
        cls.ticket = cls._make_ticket(cls.dispatcher)
        cls.vals = {"name": "Leak", "template_id": cls.template.id, "company_id": cls.company.id}

    def _call(self, record, method, *args, **context):
        return self._call_as(self.dispatcher, record, method, *args, **context)

    def _create(self, vals, **context):
        return self.tickets.browse(self._call(self.tickets, "create", [vals], **context))

    def test_nobody_numbers_a_new_ticket(self):
        for given, context in (
            ({**self.vals, "number": "X1"}, {}),
            ({**self.vals, "number": "/"}, {}),
            (self.vals, {"default_number": "X1"}),
        ):
            with self.assertRaisesRegex(AccessError, CREATE):
                self._create(given, **context)
        with self.assertRaisesRegex(AccessError, "“Closed On” of"):
            self._create({**self.vals, "closed_at": "2026-01-01 00:00:00"})

    def test_the_system_may(self):
        self.assertEqual("X1", self.tickets.create({**self.vals, "number": "X1"}).number)

    def test_what_is_derived_is_dropped_from_a_new_ticket(self):
        for given, context in (
            ({**self.vals, "state": "done", "phase": "presale"}, {}),
            (self.vals, {"default_state": "done", "default_phase": "presale"}),
        ):
            ticket = self._create(given, **context)
            self.assertEqual(("new", self.template.phase), (ticket.state, ticket.phase))

    def test_nothing_of_it_is_written_later(self):
        other = self._make_ticket(self.dispatcher)
        for vals in (
            {"number": "X1"},
            {"closed_at": "2026-01-01 00:00:00"},
            {"state": "done"},
            {"name": "Both", "phase": "presale"},
        ):
            with self.assertRaisesRegex(AccessError, "written by the system alone"):
                self._call(self.ticket, "write", vals)
        with self.assertRaises(AccessError):  # another number for one of the two
            self._call(self.ticket + other, "write", {"number": self.ticket.number})

    def test_screens_send_back_what_they_show(self):
        shown = self.ticket.read(["number", "state", "phase", "closed_at", "is_closed"])[0]
        shown.pop("id")
        shown.pop("is_closed")
        self._call(self.ticket, "web_save", {**shown, "name": "Drips"}, {"name": {}})
        self.assertEqual("Drips", self.ticket.name)

    def test_a_list_is_imported_again(self):
        fields = [".id", "name", "number", "state", "phase"]
        rows = self.ticket.sudo().export_data(fields)["datas"]
        self.assertEqual(self.ticket.number, rows[0][2])
        rows[0][1] = "Drips"
        result = self._call(self.tickets, "load", fields, rows)
        self.assertEqual((self.ticket.ids, "Drips"), (result["ids"], self.ticket.name))
        rows[0][2] = "X1"
        result = self._call(self.tickets, "load", fields, rows)
        self.assertFalse(result["ids"])
        self.assertIn("written by the system alone", result["messages"][0]["message"])

    def test_a_copy_has_a_number_of_its_own(self):
        self.ticket.sudo().closed_at = "2026-01-01 00:00:00"
        copy = self.tickets.browse(self._call(self.ticket, "copy"))
        self.assertTrue(copy.number)
        self.assertNotIn(copy.number, ("/", self.ticket.number))
        self.assertFalse(copy.closed_at)
