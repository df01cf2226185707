from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools.brackets import Bracket
from ..tools.volume import target

EDGES = (
    Bracket(Decimal(0), Decimal(5000), Decimal(0)),
    Bracket(Decimal(5000), Decimal(10000), Decimal(2)),
    Bracket(Decimal(10000), None, Decimal(4)),
)


@tagged("post_install", "-at_install")
class TestVolume(BaseCase):
    def _target(self, quantity, amount, percent=True, by_amount=True, mode="whole", **vals):
        return target(
            percent=percent,
            by_amount=by_amount,
            mode=mode,
            brackets=vals.get("brackets", EDGES),
            value=Decimal(vals.get("value", 0)),
            quantity=Decimal(quantity),
            amount=Decimal(amount),
        )

    def test_a_share_of_the_amount(self):
        """Worked example 7: 3,000 earn nothing, 7,000 earn 140, 27,000 earn 1,080."""
        self.assertEqual([0, 140, 1080], [self._target(1, n) for n in (3000, 7000, 27000)])

    def test_without_brackets_the_value_counts(self):
        self.assertEqual(1200, self._target(1200, 12000, brackets=(), value=10))
        self.assertEqual(24, self._target(12, 999, percent=False, brackets=(), value=2))

    def test_units_paid_by_a_scale_of_amounts(self):
        """2 for each unit from an amount of 5,000 on."""
        self.assertEqual(24, self._target(12, 6000, percent=False))
        self.assertEqual(0, self._target(12, 4999, percent=False))

    def test_slices_of_the_measure_are_shares_of_what_is_paid(self):
        """6,000 units: 1,000 of them above the edge; their sixth of the amount earns 2 %."""
        self.assertEqual(2, self._target(6000, 600, by_amount=False, mode="stepped"))

    def test_more_came_back_than_was_sold(self):
        self.assertEqual(0, self._target(-1, -100))
