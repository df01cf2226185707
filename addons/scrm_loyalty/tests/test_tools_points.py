from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.scrm_loyalty.tools import points

# a busy machine is slow at times: that is no failure
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

quantities = st.integers(-(10**12), 10**12)


@tagged("post_install", "-at_install")
class TestToolsPoints(BaseCase):
    def test_worked_examples(self):
        self.assertEqual(1999, points.to_minor(19.99))
        self.assertEqual(30, points.to_minor(0.1 + 0.2))
        self.assertEqual(-100_00, points.to_minor(-100))
        self.assertEqual(359_88, points.multiply(299_90, 1.2))
        self.assertEqual(39_99, points.multiply(33_33, 1.2), "39.996 is rounded down")
        self.assertEqual("2,999", points.format_minor(2999_00))
        self.assertEqual("-359.88", points.format_minor(-359_88))

    @patient
    @given(quantities)
    def test_there_and_back(self, quantity):
        self.assertEqual(quantity, points.to_minor(points.from_minor(quantity)))

    @patient
    @given(st.integers(0, 10**9), st.integers(100, 999))
    def test_multiplying_never_gives_more_than_exact(self, quantity, hundredths):
        exact = Decimal(quantity) * Decimal(hundredths) / 100
        got = points.multiply(quantity, hundredths / 100)
        self.assertLessEqual(got, exact)
        self.assertGreater(got + 1, exact)
