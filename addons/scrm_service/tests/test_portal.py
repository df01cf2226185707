"""What a customer does on the portal, over HTTP."""

from odoo.tests import HttpCase, new_test_user, tagged

from .common import ServiceCase

URL = "/my/service/tickets"


@tagged("post_install", "-at_install")
class TestPortal(ServiceCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stranger_partner = cls._make_partner(name="Stranger")
        for login, partner in (("p_chen", cls.partner), ("p_other", cls.stranger_partner)):
            new_test_user(
                cls.env,
                login=login,
                password=login,
                groups="base.group_portal",
                partner_id=partner.id,
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
        cls.device = cls.env["scrm.equipment"].create(
            {"name": "Purifier QS-7", "serial": "QS-7", "partner_id": cls.partner.id}
        )

    def _post_new(self, **values):
        page = self.url_open(f"{URL}/new").text
        token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        return self.url_open(
            f"{URL}/new",
            data={"csrf_token": token, "template_id": self.template.id, **values},
        )

    def _get_newest(self):
        return self.env["scrm.service.ticket"].search([], order="id desc", limit=1)

    def test_a_new_request(self):
        self.authenticate("p_chen", "p_chen")
        before = self.env["scrm.service.ticket"].search_count([])
        answer = self._post_new(serial=" qs-7", description="It drips.\nSince Monday.")
        ticket = self._get_newest()
        self.assertEqual(before + 1, self.env["scrm.service.ticket"].search_count([]))
        self.assertTrue(answer.url.endswith(f"{URL}/{ticket.id}"), answer.url)
        self.assertRecordValues(
            ticket,
            [
                {
                    "name": "It drips.",
                    "channel": "portal",
                    "partner_id": self.partner.id,
                    "equipment_id": self.device.id,
                    "company_id": self.company.id,
                    "state": "new",
                }
            ],
        )
        self.assertIn("We have received your request", answer.text)
        self.assertIn(ticket.number, self.url_open(URL).text)

    def test_what_a_form_may_not_send_is_ignored(self):
        self.authenticate("p_chen", "p_chen")
        foreign = self.env["scrm.equipment"].create(
            {"name": "Secret", "serial": "S-1", "partner_id": self.stranger_partner.id}
        )
        self._post_new(
            description="Hello",
            node_id=self.node["done"].id,
            partner_id=self.stranger_partner.id,
            equipment_id=foreign.id,
            site_id=self.site.id,
            priority="2",
        )
        ticket = self._get_newest()
        self.assertEqual("accept", ticket.node_id.code)
        self.assertEqual(self.partner, ticket.partner_id)
        self.assertFalse(ticket.equipment_id)
        self.assertFalse(ticket.site_id)
        self.assertEqual("0", ticket.priority)

    def test_the_serial_of_a_stranger_stays_a_text(self):
        self.authenticate("p_other", "p_other")
        self._post_new(serial="QS-7", description="Is this mine?")
        ticket = self._get_newest()
        self.assertEqual(("QS-7", False), (ticket.serial, bool(ticket.equipment_id)))

    def test_bad_input_gets_a_sentence(self):
        self.authenticate("p_chen", "p_chen")
        before = self.env["scrm.service.ticket"].search_count([])
        self.assertIn("Describe what is wrong", self._post_new(description="  ").text)
        for template in ("0", "x", "99999999999999", str(self.template.copy().id)):
            answer = self._post_new(description="Hello", template_id=template)
            self.assertEqual(200, answer.status_code)
            self.assertIn("Choose the service", answer.text)
        self.assertEqual(before, self.env["scrm.service.ticket"].search_count([]))

    def test_customers_text_is_not_html(self):
        self.authenticate("p_chen", "p_chen")
        answer = self._post_new(name="<b>x</b>", description="<script>alert(1)</script>")
        self.assertIn("&lt;script&gt;alert(1)", answer.text)
        self.assertNotIn("<script>alert(1)", answer.text)
        self.assertNotIn("<b>x</b>", answer.text)

    def test_the_way_is_shown_by_the_customers_labels(self):
        ticket = self._make_ticket_on_site()
        self.authenticate("p_chen", "p_chen")
        page = self.url_open(f"{URL}/{ticket.id}").text
        for label in ("A technician is assigned", "The technician is at your place"):
            self.assertIn(label, page)
        self.assertEqual(
            ["done", "done", "current", "todo"],
            [step["state"] for step in ticket.sudo()._get_portal_steps()],
        )
        self.assertNotIn('name="rate"', page)
        ticket._move_along("done", resolution="New seal")
        page = self.url_open(f"{URL}/{ticket.id}").text
        self.assertIn(ticket.rating_url, page)
        self.assertIn("New seal", page)

    def test_a_cancelled_way_ends_there(self):
        ticket = self._make_ticket()
        ticket._move_along("cancel", note="Not needed")
        self.assertEqual(
            [("We have received your request", "done"), ("Cancelled", "current")],
            [(step["label"], step["state"]) for step in ticket._get_portal_steps()],
        )

    def test_a_stranger_is_sent_away(self):
        ticket = self._make_ticket()
        self.authenticate("p_other", "p_other")
        answer = self.url_open(f"{URL}/{ticket.id}")
        self.assertNotIn(ticket.name, answer.text)
        self.assertTrue(answer.url.endswith("/my"), answer.url)
        self.assertNotIn(ticket.number, self.url_open(URL).text)
        wrong = self.url_open(f"{URL}/{ticket.id}?access_token=wrong")
        self.assertNotIn(ticket.name, wrong.text)

    def test_the_link_opens_it_without_a_login(self):
        ticket = self._make_ticket()
        answer = self.url_open(ticket.get_portal_url())
        self.assertIn(ticket.name, answer.text)

    def test_the_list_needs_a_login(self):
        answer = self.url_open(URL)
        self.assertIn("/web/login", answer.url)
