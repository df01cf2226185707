"""What conditions mean and in which order segments are made, without a database."""

import operator
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.scrm_base.tools.segments import (
    NUMBER_OPERATORS,
    compare_date,
    compare_number,
    find_cycle,
    order_by_dependency,
)

HOLDS = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
NUMBERS = st.integers(-3, 3)
DAYS = st.integers(1, 6).map(lambda day: date(2026, 5, day))
GRAPHS = st.dictionaries(st.integers(0, 6), st.sets(st.integers(0, 6), max_size=3), max_size=7)


def meets(test, has_row, value):
    """Say whether a customer with such a row of figures, or none, is found by a test."""
    _name, sign, limit = test.leaf
    if sign == "!=" and limit is False:
        is_row_found = has_row and value is not None
    else:
        is_row_found = has_row and value is not None and HOLDS[sign](value, limit)
    return is_row_found == test.has_row


@tagged("post_install", "-at_install")
class TestSegmentRules(BaseCase):
    @settings(deadline=None)
    @given(st.sampled_from(NUMBER_OPERATORS), NUMBERS, NUMBERS | st.none(), st.booleans())
    def test_a_number_that_is_missing_is_zero(self, sign, limit, value, has_row):
        test = compare_number("order_count", sign, limit)
        known = value if has_row and value is not None else 0
        self.assertEqual(HOLDS[sign](known, limit), meets(test, has_row, value))

    @settings(deadline=None)
    @given(DAYS, DAYS | st.none(), st.booleans())
    def test_a_date_that_is_missing_is_never(self, limit, value, has_row):
        known = value if has_row else None
        for sign, expected in (
            ("since", known is not None and known >= limit),
            ("before", known is not None and known < limit),
            ("not_since", known is None or known < limit),
            ("ever", known is not None),
            ("never", known is None),
        ):
            test = compare_date("last_ordered_on", sign, limit)
            self.assertEqual(expected, meets(test, has_row, value), sign)

    @settings(deadline=None)
    @given(GRAPHS)
    def test_whoever_reads_comes_after_what_is_read(self, reads):
        order = order_by_dependency(reads)
        self.assertEqual(sorted(reads), sorted(order))
        if not find_cycle(reads):
            for key, others in reads.items():
                for other in others & reads.keys():
                    self.assertLess(order.index(other), order.index(key))

    @settings(deadline=None)
    @given(GRAPHS)
    def test_a_ring_is_a_ring(self, reads):
        ring = find_cycle(reads)
        for key, following in zip(ring, [*ring[1:], *ring[:1]], strict=True):
            self.assertIn(following, reads[key])

    def test_rings(self):
        self.assertEqual([], find_cycle({1: [2, 3], 2: [3], 3: []}))
        self.assertEqual([1, 2, 3], find_cycle({1: [2], 2: [3], 3: [1]}))
        self.assertEqual([4], find_cycle({1: [4], 4: [4]}))
