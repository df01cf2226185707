from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.tests import tagged

from .common import SettlementCase

CENT = Decimal("0.01")
MANY = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow], database=None
)
SALES = st.lists(st.tuples(st.integers(1, 10**12), st.integers(1, 10**6)), min_size=1, max_size=20)
PERCENTS = st.integers(1, 10**8).map(lambda millionths: Decimal(millionths).scaleb(-6))


@tagged("post_install", "-at_install")
class TestShare(SettlementCase):
    """A share of an amount is exact, however many pieces were sold for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._make_rule("Share", method="percent", value=5)

    def _earn(self, *sales):
        """Return what is earned by sales, pairs of amount and quantity."""
        lines = self._record(
            *({"source_amount": float(amount), "quantity": pieces} for amount, pieces in sales)
        )
        return [Decimal(str(amount)) for amount in lines.sorted("source_id").mapped("amount")]

    def _replace_by_scale(self, mode, basis):
        # A new rule: what was settled by the brackets of another one keeps them
        self.rule.active = False
        self.rule = self._make_rule(
            "Scale",
            method="percent",
            bracket_mode=mode,
            basis=basis,
            bracket_ids=[
                Command.create({"min_value": 0, "max_value": 1000, "value": 1}),
                Command.create({"min_value": 1000, "max_value": 0, "value": 2.5}),
            ],
        )

    def test_the_unit_price_is_not_multiplied(self):
        """5 % of 10,000,000.01 are 500,000.00; 3,000,000 × 0.166667 would be 500,001.00."""
        self.assertEqual([Decimal("500000")], self._earn((Decimal("10000000.01"), 3_000_000)))

    def test_the_sign_is_that_of_the_quantity(self):
        self.assertEqual([-500000], self._earn((Decimal("-10000000.01"), -3_000_000)))

    def test_without_an_amount_nothing_is_earned_by_it(self):
        line = self._record({"quantity": 3})
        self.assertEqual(("no_price", 0), (line.state, line.amount))

    def test_scales(self):
        amount = Decimal("10000000.01")
        for mode, basis, pieces, expected in (
            ("whole", "amount", 3_000_000, "250000.00"),
            ("stepped", "amount", 3_000_000, "249985.00"),
            # 1,000 of 3,000,000 pieces at 1 %, the others at 2.5 %
            ("stepped", "quantity", 3_000_000, "249950.00"),
            ("whole", "quantity", 999, "100000.00"),
        ):
            with self.subTest(mode=mode, basis=basis):
                self._replace_by_scale(mode, basis)
                self.assertEqual([Decimal(expected)], self._earn((amount, pieces)))

    def test_a_share_is_weighed_as_a_unit_price_is(self):
        """The same amounts in the same brackets: what one piece is paid is what the share is."""
        self._replace_by_scale("stepped", "amount")
        Rule = self.env["scrm.settlement.rule"]
        for cents in (99_999, 100_000, 100_001, 123_457):
            amount = cents / 100
            request = {"partner": self.dealer, "product": self.part, "day": date(2026, 11, 2)}
            request.update(quantity=1, amount=amount)
            share = self.rule._get_share(self.part, 1, amount)
            for resolve in (Rule._resolve, Rule._resolve_many):
                [found] = resolve(self.company, [request])
                self.assertEqual(self.rule, found["rule"])
                self.assertAlmostEqual(found["price_exact"], float(share), 9)

    def test_many_at_once(self):
        """From five hundred on SQL finds the rules; what they pay stays the same."""
        sales = [(Decimal(10**9 + number).scaleb(-2), 3_000_000) for number in range(600)]
        expected = [(amount / 20).quantize(CENT, ROUND_HALF_UP) for amount, _pieces in sales]
        self.assertEqual(expected, self._earn(*sales))

    @MANY
    @given(SALES, PERCENTS)
    def test_any_share_is_the_decimal_product(self, sales, percent):
        self.rule.value = float(percent)
        sales = [(Decimal(cents).scaleb(-2), pieces) for cents, pieces in sales]
        expected = [(a * percent / 100).quantize(CENT, ROUND_HALF_UP) for a, _pieces in sales]
        self.assertEqual(expected, self._earn(*sales))
