"""The member card on the portal: one's own, and nobody else's."""

from odoo.tests import HttpCase, tagged

from .common import LoyaltyCase


@tagged("post_install", "-at_install")
class TestPortal(LoyaltyCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.member = cls._make_user("member", "base.group_portal")
        cls.member.partner_id.name = "Chen"
        cls.stranger = cls._make_user("stranger", "base.group_portal")
        cls._make_order(1438, cls.member.partner_id)
        cls.order = cls._make_order(655, cls.member.partner_id)
        cls.card = cls.env["loyalty.card"].search(
            [("partner_id", "=", cls.member.partner_id.id), ("program_id", "=", cls.program.id)]
        )

    def test_the_member_sees_tier_points_and_the_way_on(self):
        self.authenticate("member", "member")
        page = self.url_open("/my/member")
        self.assertEqual(200, page.status_code)
        for text in ("Silver", "2093", "5,907.00", "Gold", self.card.code, self.order.name):
            self.assertIn(text, page.text)

    def test_all_movements_of_the_card(self):
        self.authenticate("member", "member")
        page = self.url_open(f"/my/member/{self.card.id}")
        self.assertEqual(200, page.status_code)
        self.assertEqual(2, page.text.count("o_scrm_member_entry"))

    def test_a_stranger_gets_nothing(self):
        self.authenticate("stranger", "stranger")
        page = self.url_open("/my/member")
        self.assertIn("You have no member card yet", page.text)
        self.assertNotIn(self.card.code, page.text)
        self.assertEqual(404, self.url_open(f"/my/member/{self.card.id}").status_code)
        self.assertEqual(404, self.url_open("/my/member/999999999").status_code)

    def test_a_coupon_is_no_member_card(self):
        program = self.env["loyalty.program"].create(
            {"name": "Coupons", "program_type": "coupons", "company_id": self.company.id}
        )
        coupon = self.env["loyalty.card"].create(
            {"program_id": program.id, "partner_id": self.member.partner_id.id, "points": 1}
        )
        self.authenticate("member", "member")
        self.assertEqual(404, self.url_open(f"/my/member/{coupon.id}").status_code)

    def test_who_is_not_logged_in_is_asked_to(self):
        page = self.url_open("/my/member")
        self.assertIn("/web/login", page.url)

    def test_the_tour(self):
        self.start_tour("/my", "scrm_loyalty_member_card", login="member")
