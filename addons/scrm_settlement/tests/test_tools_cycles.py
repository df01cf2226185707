from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.cycles import CYCLES, find_period, period

DAY = timedelta(days=1)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@tagged("post_install", "-at_install")
class TestCycles(BaseCase):
    def test_examples(self):
        for cycle, day, expected in (
            ("month", date(2026, 2, 10), (date(2026, 2, 1), date(2026, 2, 28))),
            ("month", date(2024, 2, 29), (date(2024, 2, 1), date(2024, 2, 29))),
            ("month", date(2026, 12, 31), (date(2026, 12, 1), date(2026, 12, 31))),
            ("half_month", date(2026, 11, 15), (date(2026, 11, 1), date(2026, 11, 15))),
            ("half_month", date(2026, 11, 16), (date(2026, 11, 16), date(2026, 11, 30))),
            ("week", date(2026, 11, 29), (date(2026, 11, 23), date(2026, 11, 29))),
            ("quarter", date(2026, 11, 5), (date(2026, 10, 1), date(2026, 12, 31))),
        ):
            with self.subTest(cycle=cycle, day=day):
                self.assertEqual(expected, period(cycle, day))

    @given(st.sampled_from(CYCLES), days)
    def test_periods_follow_each_other_without_gap(self, cycle, day):
        first, last = period(cycle, day)
        self.assertTrue(first <= day <= last)
        self.assertEqual((first, last), period(cycle, first))
        self.assertEqual((first, last), period(cycle, last))
        self.assertEqual(last + DAY, period(cycle, last + DAY)[0])

    @given(st.sampled_from(CYCLES), st.lists(st.tuples(days, st.integers(0, 40))), days)
    def test_a_found_period_overlaps_no_other(self, cycle, starts, day):
        stated = []
        for first, length in sorted(starts):
            if not stated or first > stated[-1][1]:
                stated.append((first, first + length * DAY))
        first, last = find_period(cycle, day, stated)
        self.assertTrue(first <= day <= last)
        for other in stated:
            self.assertTrue(other == (first, last) or other[1] < first or other[0] > last)

    def test_a_change_of_cycle_is_cut(self):
        stated = [(date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 11, 1), date(2026, 11, 15))]
        self.assertEqual(stated[0], find_period("month", date(2026, 10, 9), stated))
        self.assertEqual(
            (date(2026, 11, 16), date(2026, 11, 30)),
            find_period("month", date(2026, 11, 20), stated),
        )
