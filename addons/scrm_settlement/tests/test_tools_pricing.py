from datetime import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.pricing import decimal_of, local_day, round_step, unit_price

CENT = Decimal("0.01")


@tagged("post_install", "-at_install")
class TestToolsPricing(BaseCase):
    def test_discount(self):
        """Worked example 1: 128.00 − 8 % = 117.76, seven of them 824.32."""
        price = unit_price("discount", Decimal(8), Decimal(128), CENT)
        self.assertEqual(Decimal("117.76"), price)
        self.assertEqual(Decimal("824.32"), 7 * price)

    def test_unit_rounding_is_half_up(self):
        """Worked example 2: 33.335 becomes 33.34 with a step of a cent, or stays as it is."""
        base = decimal_of(33.335)
        self.assertEqual(Decimal("33.34"), unit_price("discount", Decimal(0), base, CENT))
        self.assertEqual(Decimal("33.335"), unit_price("discount", Decimal(0), base, Decimal(0)))
        self.assertEqual(Decimal("-33.34"), round_step(Decimal("-33.335"), CENT))

    def test_margin(self):
        """Worked example 3: cost 86.40 + 15 % = 99.36, 25 of them 2,484.00."""
        price = unit_price("margin", Decimal(15), decimal_of(86.4), CENT)
        self.assertEqual(Decimal("99.36"), price)
        self.assertEqual(Decimal("2484.00"), 25 * price)

    def test_fixed_needs_no_base_and_others_do(self):
        self.assertEqual(Decimal(99), unit_price("fixed", Decimal(99), None, CENT))
        self.assertIsNone(unit_price("discount", Decimal(8), None, CENT))
        self.assertIsNone(unit_price("margin", Decimal(8), None, CENT))
        with self.assertRaises(ValueError):
            unit_price("evaluated", Decimal(8), Decimal(1), CENT)

    def test_whole_yen(self):
        """Worked example 11, its last part: 1,245 × 0.9 = 1,120.5 is 1,121 without decimals."""
        price = unit_price("discount", Decimal(10), Decimal(1245), Decimal(1))
        self.assertEqual(Decimal(1121), price)

    def test_the_day_is_that_of_the_zone(self):
        """Worked example 9: 16:30 UTC on 31 October is 1 November in Shanghai."""
        moment = datetime(2026, 10, 31, 16, 30)
        self.assertEqual("2026-11-01", local_day(moment, "Asia/Shanghai").isoformat())
        self.assertEqual("2026-10-31", local_day(moment, "UTC").isoformat())

    @given(
        st.decimals(-(10**6), 10**6, places=6),
        st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal(1), Decimal("0.1")]),
    )
    def test_rounding_is_near_and_symmetric(self, amount, step):
        rounded = round_step(amount, step)
        self.assertLessEqual(abs(rounded - amount), step / 2)
        self.assertEqual(0, rounded % step)
        self.assertEqual(-rounded, round_step(-amount, step))
