from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LoyaltyCase


@tagged("post_install", "-at_install")
class TestErasure(LoyaltyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls._make_card(points=120)
        cls.customer = cls.card.scrm_customer_id
        officer = cls._make_user("loyalty.officer", "scrm_base.group_scrm_base_privacy")
        requests = cls.env["scrm.privacy.request"].with_user(officer)
        cls.request = requests.create({"kind": "erasure", "customer_id": cls.customer.id})
        cls.request.action_start()

    def test_points_are_told_of_and_lost(self):
        self.request._erase()
        self.assertIn("Points of Members: 120.00", self.request.result)
        self.assertFalse(self.card.active)
        self.assertEqual(120, self.card.points, "the ledger keeps what was earned")

    def test_stored_value_bars_the_erasure(self):
        program = self.env["loyalty.program"].create(
            {"name": "Wallet", "program_type": "ewallet", "company_id": self.company.id}
        )
        wallet = self.env["loyalty.card"].create(
            {"program_id": program.id, "partner_id": self.partner.id, "points": 50}
        )
        with self.assertRaisesRegex(UserError, "Stored value of Wallet: .*50"):
            self.request._erase()
        self.assertFalse(self.customer.erased_at)
        wallet.points = 0
        self.request._erase()
        self.assertTrue(self.customer.erased_at)

    def test_what_is_erased_was_handed_out_or_has_a_reason(self):
        data = self.env["scrm.privacy"].with_company(self.company)._get_personal_data(self.customer)
        self.assertEqual([self.card.code], [row["Code"] for row in data[self.card._description]])
        self._check_handed_out(self.customer)
