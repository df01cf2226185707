from fractions import Fraction
from math import floor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.allocation import (
    METHODS,
    STRATEGIES,
    Demand,
    allocate,
    fingerprint,
    share,
    spread,
)

# What a loaded machine takes says nothing about the arithmetic.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def questions(draw, strategies=STRATEGIES, methods=METHODS):
    """A supply and demands, whose holdings are part of the supply."""
    count = draw(st.integers(0, 8))
    demands = []
    for key in range(1, count + 1):
        quantity = draw(st.integers(0, 30))
        demands.append(
            Demand(
                key=key,
                quantity=quantity,
                date=draw(st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-03"])),
                owner=draw(st.integers(1, 3)),
                position=draw(st.integers(1, 3)),
                strategy=draw(st.sampled_from(strategies)),
                method=draw(st.sampled_from(methods)),
                weight=draw(st.integers(1, 50)),
                rank=draw(st.integers(0, 2)),
                reserved=draw(st.integers(0, quantity)),
                guaranteed=draw(st.integers(0, 15)),
                ceiling=draw(st.none() | st.integers(0, 30)),
            )
        )
    return sum(d.reserved for d in demands) + draw(st.integers(0, 60)), demands


@tagged("post_install", "-at_install")
class TestToolsAllocation(BaseCase):
    def _ask(self, supply, *demands):
        grants = allocate(supply, demands)
        return [sum(grants[demand.key]) for demand in demands]

    # === WORKED EXAMPLES === #

    def test_16_strict_level(self):
        demands = [
            Demand(1, 60, position=1, strategy="win"),
            Demand(2, 50, position=2, strategy="win"),
            Demand(3, 40, position=3, strategy="win"),
        ]
        self.assertEqual([60, 40, 0], self._ask(100, *demands))

    def test_17_largest_remainder(self):
        demands = [
            Demand(key, 100, owner=key, method="weight", weight=weight)
            for key, weight in ((1, 50), (2, 30), (3, 20))
        ]
        self.assertEqual([4, 2, 1], self._ask(7, *demands))
        proportional = [d._replace(method="proportional", quantity=d.weight) for d in demands]
        self.assertEqual([4, 2, 1], self._ask(7, *proportional))
        guaranteed = [d._replace(method="fifo", guaranteed=d.weight) for d in demands]
        self.assertEqual([4, 2, 1], self._ask(7, *guaranteed))

    def test_18_fill(self):
        """140 are confirmed, an order has 15 of 20, 5 are free: it gets 20 and nobody loses."""
        demands = [
            Demand(14943, 20, strategy="fill", reserved=15),
            *(Demand(key, 25, strategy="fill", reserved=25) for key in range(1, 6)),
        ]
        self.assertEqual(140, sum(demand.reserved for demand in demands))
        self.assertEqual([20, 25, 25, 25, 25, 25], self._ask(145, *demands))
        # Nothing free, and others hold what a class below would give up: it gets no more.
        losers = Demand(99, 30, strategy="lose", reserved=5)
        self.assertEqual([15, 25, 25, 25, 25, 25, 5], self._ask(145, *demands, losers))

    # === STRATEGIES AND METHODS === #

    def test_gain_keeps_what_it_holds_and_takes_from_those_who_may_lose(self):
        gain = Demand(1, 30, strategy="gain", reserved=20)
        other = Demand(2, 30, strategy="redistribute", position=2, reserved=10)
        self.assertEqual([30, 0], self._ask(30, gain, other))
        winner = Demand(3, 30, strategy="win")
        self.assertEqual([20, 0, 10], self._ask(30, gain, other, winner))

    def test_caps_are_shared_anew(self):
        self.assertEqual([10, 2, 18], share(30, [10, 2, 50], [50, 30, 20], [1, 2, 3]))

    def test_equal_remainders_go_by_rank_then_date(self):
        late = Demand(1, 9, owner=1, date="2026-11-02", method="weight")
        early = Demand(2, 9, owner=2, date="2026-11-01", method="weight")
        best = Demand(3, 9, owner=3, date="2026-11-03", method="weight", rank=-1)
        self.assertEqual([0, 1], self._ask(1, late, early))
        self.assertEqual([0, 1, 1], self._ask(2, late, early, best))

    def test_a_dealer_gains_nothing_by_splitting_an_order(self):
        whole = Demand(1, 40, owner=1, method="weight")
        halves = [whole._replace(key=2, quantity=20), whole._replace(key=3, quantity=20)]
        rival = Demand(4, 40, owner=2, method="weight")
        self.assertEqual([15, 15], self._ask(30, whole, rival))
        self.assertEqual([15, 0, 15], self._ask(30, *halves, rival))

    def test_quota_is_promised_and_is_the_most(self):
        demands = [
            Demand(1, 50, method="quota", guaranteed=10, ceiling=10),
            Demand(2, 50, method="fifo", position=2),
        ]
        self.assertEqual([10, 50], self._ask(100, *demands))
        self.assertEqual([10, 2], self._ask(12, *demands))

    def test_spread_serves_the_earliest(self):
        demands = [Demand(1, 5, date="b"), Demand(2, 5, date="a"), Demand(3, 5, date="c")]
        self.assertEqual({2: 5, 1: 3, 3: 0}, spread(8, demands))

    # === INVARIANTS === #

    @patient
    @given(questions())
    def test_nobody_gets_too_much_and_nothing_is_left(self, question):
        supply, demands = question
        grants = allocate(supply, demands)
        total = sum(map(sum, grants.values()))
        self.assertLessEqual(total, supply)
        for demand in demands:
            whole = sum(grants[demand.key])
            self.assertTrue(0 <= whole <= demand.quantity)
            self.assertTrue(min(grants[demand.key]) >= 0)
            if demand.strategy in ("gain", "fill"):
                self.assertGreaterEqual(whole, demand.reserved)
            elif demand.ceiling is not None:
                self.assertLessEqual(whole, demand.ceiling)
            if total < supply:
                self.assertGreaterEqual(whole, demand.eligible)

    @patient
    @given(questions(), st.randoms())
    def test_order_does_not_matter_and_replay_is_equal(self, question, random):
        supply, demands = question
        grants = allocate(supply, demands)
        shuffled = list(demands)
        random.shuffle(shuffled)
        again = allocate(supply, shuffled)
        self.assertEqual(grants, again)
        self.assertEqual(fingerprint(supply, demands, grants), fingerprint(supply, shuffled, again))

    @patient
    @given(questions(strategies=("fill", "lose")))
    def test_nobody_loses_for_a_class_that_fills(self, question):
        supply, demands = question
        demands = [demand._replace(guaranteed=0, ceiling=None) for demand in demands]
        grants = allocate(supply, demands)
        held = sum(d.reserved for d in demands if d.strategy == "lose")
        got = sum(sum(grants[d.key]) for d in demands if d.strategy == "lose")
        self.assertGreaterEqual(got, held)

    @patient
    @given(
        st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), max_size=6),
        st.integers(0, 60),
    )
    def test_shares_are_those_of_one_level(self, rows, amount):
        """The rounds give what one pass in the order of want by weight gives."""
        wants, weights = [row[0] for row in rows], [row[1] for row in rows]
        got = share(amount, wants, weights, list(range(len(rows))))
        self.assertEqual(self._share_by_level(amount, wants, weights), got)

    def _share_by_level(self, amount, wants, weights):
        if amount >= sum(wants):
            return list(wants)
        shares, total = [0] * len(wants), sum(weights)
        order = sorted(range(len(wants)), key=lambda i: Fraction(wants[i], weights[i]))
        while Fraction(amount, total) >= Fraction(wants[order[0]], weights[order[0]]):
            full = order.pop(0)
            shares[full] = wants[full]
            amount -= wants[full]
            total -= weights[full]
        exact = {i: Fraction(amount * weights[i], total) for i in order}
        for i in order:
            shares[i] = floor(exact[i])
        left = amount - sum(shares[i] for i in order)
        for i in sorted(order, key=lambda i: (shares[i] - exact[i], i))[:left]:
            shares[i] += 1
        return shares
