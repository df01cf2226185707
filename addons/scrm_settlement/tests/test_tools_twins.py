from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..tools.twins import Pair, choose


@tagged("-at_install", "post_install")
class TestTwins(BaseCase):
    def _choose(self, *pairs, room=10):
        """Return who waits; a pair is (line, days, asked) and optionally (twin, has_number)."""
        return choose(
            Pair(line, *(rest or (1, False)), days, Decimal(asked), Decimal(room))
            for line, days, asked, *rest in pairs
        )

    def test_the_nearest_wait_until_the_quantity_is_made_up(self):
        self.assertEqual({12: 1, 13: 1}, self._choose((11, 9, 4), (12, 1, 6), (13, 2, 5)))
        self.assertEqual({11: 1, 12: 1}, self._choose((11, 9, 4), (12, 1, 6)))

    def test_one_that_is_larger_than_the_rest_waits_as_a_whole(self):
        self.assertEqual({11: 1}, self._choose((11, 1, 50), (12, 2, 1)))

    def test_tenths_are_no_binary_fractions(self):
        found = self._choose((11, 1, "0.1"), (12, 2, "0.2"), (13, 3, 1), room="0.3")
        self.assertEqual({11: 1, 12: 1}, found)

    def test_a_number_comes_before_the_day_and_whatever_the_quantity(self):
        found = self._choose((11, 1, 10), (12, 90, 7, 1, True), (13, 99, 7, 1, True))
        self.assertEqual({12: 1, 13: 1}, found, "nothing is left for the nearest")
        self.assertEqual({11: 2}, self._choose((11, 1, 10), (11, 90, 10, 2, True)))

    def test_a_line_waits_for_one_twin(self):
        found = self._choose((11, 2, 10), (11, 1, 10, 2, False), (12, 3, 10))
        self.assertEqual({11: 2, 12: 1}, found)

    def test_on_the_same_day_the_older_line_waits(self):
        self.assertEqual({11: 1}, self._choose((12, 1, 10), (11, 1, 10)))

    def test_nothing_waits_for_what_is_answered(self):
        self.assertEqual({}, self._choose((11, 1, 10), room=0))
