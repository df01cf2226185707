"""The customer is told at each node, once, and rates at the end."""

from odoo.tests import HttpCase, tagged

from .common import ServiceCase


class NoticeCase(ServiceCase):
    def _get_rows(self, ticket, **vals):
        rows = self.env["scrm.outbox"].search(
            [("res_model", "=", ticket._name), ("res_id", "=", ticket.id)], order="id"
        )
        return rows.filtered(lambda row: all(row[name] == value for name, value in vals.items()))


@tagged("post_install", "-at_install")
class TestNotice(NoticeCase):
    def test_one_notice_at_each_node(self):
        ticket = self._make_ticket_on_site()
        ticket._move_along("done", resolution="Fixed")
        rows = self._get_rows(ticket, customer_id=ticket.customer_id)
        self.assertEqual(
            [
                "notice_rule_ticket_created",
                "notice_rule_ticket_dispatch",
                "notice_rule_ticket_on_site",
                "notice_rule_ticket_done",
            ],
            [row.rule_id.get_external_id()[row.rule_id.id].split(".")[1] for row in rows],
        )
        self.assertEqual(["email"] * 4, rows.mapped("medium"))
        self.assertIn(ticket.number, rows[0].subject)
        self.assertIn("Futian", rows[1].body)

    def test_the_technician_is_told_in_the_app(self):
        ticket = self._make_ticket_on_site()
        self.assertEqual(1, len(self._get_rows(ticket, user_id=self.technician, medium="inapp")))

    def test_raising_it_again_tells_nobody_twice(self):
        ticket = self._make_ticket_on_site()
        before = len(self._get_rows(ticket))
        self.env["scrm.notice.rule"]._raise_event(ticket, "on_site")
        self.assertEqual(before, len(self._get_rows(ticket)))

    def test_a_customer_without_address_stops_nothing(self):
        nobody = self._make_partner(name="No address")
        ticket = self._make_ticket(partner_id=nobody.id)
        self.assertEqual(["failed"], self._get_rows(ticket).mapped("state"))
        ticket._move_along("cancel", note="Unreachable")
        self.assertEqual("cancel", ticket.state)

    def test_a_ticket_of_nobody_tells_nobody(self):
        ticket = self._make_ticket(partner_id=False)
        self.assertFalse(self._get_rows(ticket))


@tagged("post_install", "-at_install")
class TestRating(NoticeCase, HttpCase):
    def test_the_customer_rates_by_the_link(self):
        ticket = self._make_ticket_on_site()
        self.assertFalse(ticket.rating_url)
        ticket._move_along("done", resolution="Fixed")
        url = ticket.rating_url
        self.assertRegex(url, r"/rate/\w+/5$")
        done = self._get_rows(ticket)[-1]
        self.assertIn(url, done.body)
        self._rate(url)
        ticket.invalidate_recordset()
        self.assertEqual(5.0, ticket.rating_last_value)
        self.assertFalse(ticket.rating_url)
        ratings = self.env["scrm.interaction"].search(
            [("customer_id", "=", ticket.customer_id.id), ("kind", "=", "rating")]
        )
        self.assertEqual(1, len(ratings))
        self.assertEqual({"rating": 5}, ratings.payload)

    def _rate(self, url):
        """Open the link and press the button."""
        path = "/rate/" + url.split("/rate/")[1]
        page = self.url_open(path)
        self.assertEqual(200, page.status_code)
        csrf = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        answer = self.url_open(
            f"/rate/{path.split('/')[2]}/submit_feedback",
            data={"rate": 5, "feedback": "Quick!", "csrf_token": csrf},
        )
        self.assertEqual(200, answer.status_code)

    def test_a_customer_without_a_contact_rates_too(self):
        openid = self._make_identity("openid", "o-77", scope="oa:wx1", name="WeChat fan")
        ticket = self._make_ticket_on_site(
            identity_id=openid.id, partner_id=False, channel="wechat"
        )
        ticket._move_along("done", resolution="Fixed")
        self._rate(ticket.rating_url)
        ticket.invalidate_recordset()
        self.assertEqual(5.0, ticket.rating_last_value)
        self.assertIn("rating", openid.customer_id.interaction_ids.mapped("kind"))

    def test_a_cancelled_ticket_is_not_rated(self):
        ticket = self._make_ticket()
        ticket._move_along("cancel", note="Not needed")
        self.assertFalse(ticket.rating_url)
        self.assertFalse(ticket.rating_ids)
