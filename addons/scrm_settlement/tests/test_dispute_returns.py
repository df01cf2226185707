from datetime import date

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_dispute import DisputeCase


@tagged("post_install", "-at_install")
class TestDisputeReturns(DisputeCase):
    """A line of 7 × 117.76 = 824.32: what a dispute took away does not come back once more."""

    def setUp(self):
        super().setUp()
        self.line = self.lines[0]
        self._submit()
        self._review()

    def _return(self, quantity, number=1):
        return self.line._record_return(quantity, source_model="stock.move", source_id=number)

    def _get_net(self):
        self.line.invalidate_recordset(["correction_ids"])
        return round(self.line.amount + sum(self.line.correction_ids.mapped("amount")), 2)

    def test_what_is_not_ours_cannot_come_back(self):
        self._accept(self._dispute(self.line, kind="not_ours"))
        with self.assertRaisesRegex(UserError, "0.00 of 0.00"):
            self._return(1)
        self.assertEqual(0, self._get_net())

    def test_no_more_comes_back_than_was_agreed(self):
        self._accept(self._dispute(self.line, kind="quantity", claimed_value=5))
        with self.assertRaisesRegex(UserError, "5.00 of 5.00"):
            self._return(6)
        self._return(2)
        self._return(3, 2)
        self.assertEqual(0, self._get_net())

    def test_more_was_delivered_than_was_settled(self):
        self._accept(self._dispute(self.line, kind="quantity", claimed_value=9))
        self._return(9)
        self.assertEqual(0, self._get_net())

    def test_it_comes_back_at_the_agreed_price(self):
        self._accept(self._dispute(self.line, claimed_value=120))
        self.assertRecordValues(self._return(3), [{"amount": -360, "price_unit": 120}])
        self._return(4, 2)
        self.assertEqual(0, self._get_net())

    def test_what_a_dispute_agreed_comes_back_with_its_line_alone(self):
        for kind, value in (("price", 120), ("quantity", 3)):
            with self.subTest(kind=kind):
                line = self.lines[kind == "quantity"]
                dispute = self._dispute(line, kind=kind, claimed_value=value)
                self._accept(dispute)
                with self.assertRaisesRegex(UserError, "follows from other lines"):
                    dispute.adjustment_line_id._record_return(
                        1, source_model="stock.move", source_id=9
                    )

    @freeze_time("2026-11-20")
    def _dispute_correction(self, before=0, **vals):
        """Correct the line to 120, then dispute that correction; return what is left of it all."""
        dispute = self._dispute(self.line, claimed_value=120)
        self._accept(dispute)
        if before:
            self._return(before, 3)
        correction = dispute.adjustment_line_id
        self.statement = self._generate(self.preparer)
        again = self._dispute(correction, **vals)
        self._accept(again)
        return self._get_net() + again.adjustment_line_id.amount

    def test_a_correction_that_was_taken_back_does_not_come_back(self):
        self.assertEqual(824.32, self._dispute_correction(kind="not_ours"))
        self.assertRecordValues(self._return(3), [{"amount": -353.28}])
        self.assertRecordValues(self._return(4, 2), [{"amount": -471.04}])

    def test_a_correction_is_corrected_of_what_is_left(self):
        left = self._dispute_correction(before=3, kind="price", claimed_value=5)
        self.assertAlmostEqual(left, -self._return(4, 2).amount)

    def test_what_came_back_before_is_not_taken_away_again(self):
        dispute = self._dispute(self.line, kind="not_ours")
        self._return(3)
        self._accept(dispute)
        self.assertEqual(-471.04, dispute.adjustment_line_id.amount)
        self.assertEqual(0, self._get_net())

    def test_a_price_is_corrected_of_what_is_left(self):
        dispute = self._dispute(self.line, claimed_value=120)
        self._return(3)
        self._accept(dispute)
        self.assertEqual(
            (4, 8.96), (dispute.adjustment_line_id.quantity, dispute.adjustment_line_id.amount)
        )
        self._return(4, 2)
        self.assertEqual(0, self._get_net())

    def test_a_quantity_covers_what_came_back(self):
        dispute = self._dispute(self.line, kind="quantity", claimed_value=2)
        self._return(3)
        with self.assertRaisesRegex(UserError, "came back already"):
            self._accept(dispute)
        self._accept(dispute, agreed_value=3)
        self.assertEqual(0, self._get_net())

    def _settle_commission(self):
        tier = self.env["scrm.settlement.tier"].create(
            {"name": "C", "company_id": self.company.id, "scope": "commission"}
        )
        self._make_rule(
            "P", tier_id=tier.id, method="percent", value=3.3, date_from=date(2026, 1, 1)
        )
        self.line = self._record({"source_type": "commission", "source_amount": 768.87})
        self.statement = self._generate(self.preparer)

    def test_a_commission_has_no_quantity(self):
        self._settle_commission()
        with self.assertRaisesRegex(UserError, "has no quantity of its own"):
            self._dispute(self.line, kind="quantity", claimed_value=2)

    def test_a_commission_comes_back_to_the_cent(self):
        self._settle_commission()
        self._return(274.55, 101)
        self._return(44.27, 102)
        self._accept(self._dispute(self.line, claimed_value=17.9774))
        for number, value in enumerate((157.65, 204.03, 88.37), start=103):
            self._return(value, number)
        self.assertEqual(0, self._get_net())
