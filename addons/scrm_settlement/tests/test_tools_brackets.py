from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.brackets import Bracket, find, slices, total
from ..tools.pricing import decimal_of, round_step

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def scale(*steps):
    """Return brackets from `(from, value)` pairs, each ending where the next begins."""
    ends = [Decimal(start) for start, _value in steps[1:]] + [None]
    return [
        Bracket(Decimal(start), end, Decimal(value))
        for (start, value), end in zip(steps, ends, strict=True)
    ]


steps = st.lists(
    st.tuples(st.integers(1, 50), st.integers(0, 20)), max_size=5, unique_by=lambda step: step[0]
)
scales = steps.map(lambda found: scale((0, 1), *sorted(found)))


@tagged("post_install", "-at_install")
class TestToolsBrackets(BaseCase):
    def test_edges_of_a_whole_scale(self):
        """Worked example 4: 500 belongs to the bracket that begins there."""
        brackets = scale((0, 0), (500, 2), (1000, 3))
        for measure, expected in ((499, 0), (500, 1000), (999, 1998), (1000, 3000)):
            self.assertEqual(expected, total("whole", brackets, Decimal(measure)))
        measure = round_step(decimal_of(499.9999995), Decimal("0.01"))
        self.assertEqual(1000, total("whole", brackets, measure))

    def test_stepped(self):
        """Worked example 5: each slice at its own price."""
        brackets = scale((0, 0), (500, 2), (1000, 3))
        for measure, expected in ((1200, 1600), (500, 0), (501, 2), (1000, 1000), (1001, 1003)):
            self.assertEqual(expected, total("stepped", brackets, Decimal(measure)))

    def test_percentages_of_a_sum(self):
        """Worked examples 6 and 7: the sum decides the level, for all of it."""
        self.assertEqual(1200, total("whole", scale((0, 10)), Decimal(12000)) / 100)
        levels = scale((0, 10), (100, 15))
        self.assertEqual(Decimal("18.75"), total("whole", levels, Decimal(125)) / 100)
        contract = [
            Bracket(Decimal(5000), Decimal(20000), Decimal(2)),
            Bracket(Decimal(20000), None, Decimal(4)),
        ]
        for volume, expected in ((3000, 0), (7000, 140), (27000, 1080), (24000, 960), (19000, 380)):
            self.assertEqual(expected, total("whole", contract, Decimal(volume)) / 100)

    def test_outside_of_all_brackets(self):
        brackets = [Bracket(Decimal(10), Decimal(20), Decimal(1))]
        for measure in (-5, 0, 9, 20):
            self.assertIsNone(find(brackets, Decimal(measure)))
            self.assertEqual(0, total("whole", brackets, Decimal(measure)))
        with self.assertRaises(ValueError):
            total("evaluated", brackets, Decimal(1))

    @PATIENT
    @given(scales, st.integers(0, 100))
    def test_one_bracket_holds_each_measure(self, brackets, measure):
        holding = [b for b in brackets if b.min <= measure and (b.max is None or measure < b.max)]
        self.assertEqual([find(brackets, Decimal(measure))], holding)

    @PATIENT
    @given(scales, st.integers(0, 100))
    def test_slices_are_the_measure_unit_by_unit(self, brackets, measure):
        expected = sum(find(brackets, Decimal(unit)).value for unit in range(measure))
        self.assertEqual(expected, total("stepped", brackets, Decimal(measure)))
        self.assertEqual(
            measure, sum(part for _b, part in slices("stepped", brackets, Decimal(measure)))
        )
