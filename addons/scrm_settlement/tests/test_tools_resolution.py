from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.resolution import POSITIONS, REGION_FIRST, Query, Rule, mismatch, resolve

DAY = date(2026, 11, 5)
ONE = Decimal(1)
# What a loaded machine takes says nothing about the order.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ids = st.integers(1, 3)
some = st.frozensets(ids, max_size=2)
days = st.none() | st.integers(-3, 3).map(lambda n: DAY + timedelta(days=n))
rules = st.builds(
    Rule,
    id=st.integers(1, 10**6),
    target=st.sampled_from(["product", "category", "library", "all"]),
    target_id=ids,
    partners=some,
    scenarios=some,
    regions=some,
    grades=some,
    date_from=days,
    date_to=days,
    sequence=st.integers(1, 3),
    # Mostly one scope, or hardly any rule would cover anything
    scope=st.sampled_from(["service", "service", "shipment"]),
    downline=st.booleans(),
)
orders = st.sampled_from([POSITIONS, REGION_FIRST])
queries = st.builds(
    Query,
    partner=ids,
    product=ids,
    day=st.just(DAY),
    scenario=st.integers(0, 3),
    grade=st.integers(0, 3),
    regions=st.dictionaries(ids, st.integers(0, 3)),
    categories=st.permutations([1, 2, 3]).map(lambda path: tuple(path[:2])),
    libraries=st.lists(ids, max_size=2, unique=True).map(tuple),
    scope=st.sampled_from(["service", "service", "shipment"]),
    uplines=st.permutations([1, 2, 3]).flatmap(
        lambda path: st.integers(0, 3).map(lambda length: tuple(path[:length]))
    ),
)


def covers(rule, query):
    """Say it again in other words, to compare with."""
    named = {
        "product": rule.target_id == query.product,
        "category": rule.target_id in query.categories,
        "library": rule.target_id in query.libraries,
        "all": True,
    }
    chain = {query.partner, *(query.uplines if rule.downline else ())}
    return (
        rule.scope == query.scope
        and (not rule.partners or bool(rule.partners & chain))
        and (not rule.scenarios or query.scenario in rule.scenarios)
        and (not rule.regions or bool(rule.regions & set(query.regions)))
        and (not rule.grades or query.grade in rule.grades)
        and named[rule.target]
        and (rule.date_from or DAY) <= query.day <= (rule.date_to or DAY)
    )


def beats(left, right, query, order=POSITIONS):
    """Compare two covering rules one dimension after the other: True when left is closer."""

    def closeness(rule):
        return min([query.regions[r] for r in rule.regions if r in query.regions], default=99)

    def item(rule):
        if rule.target == "category":
            return 1 + query.categories.index(rule.target_id) / 10
        return {"product": 0, "library": 2, "all": 3}[rule.target]

    def distance(rule):
        chain = [query.partner, *query.uplines]
        return min([chain.index(p) for p in rule.partners if p in chain], default=99)

    middle = [
        (not left.scenarios, not right.scenarios),
        (closeness(left), closeness(right)),
    ]
    for mine, its in (
        (distance(left), distance(right)),
        *(middle if order == POSITIONS else reversed(middle)),
        (not left.grades, not right.grades),
        (item(left), item(right)),
        (right.date_from or date.min, left.date_from or date.min),
        (left.sequence, right.sequence),
    ):
        if mine != its:
            return mine < its
    return left.id < right.id


@tagged("post_install", "-at_install")
class TestToolsResolution(BaseCase):
    def _winner(self, rules, query, price_of=lambda rule: ONE, order=POSITIONS):
        verdicts = resolve(rules, query, price_of, order)
        return verdicts[0].rule if verdicts and verdicts[0].outcome == "won" else None

    @patient
    @given(st.lists(rules, max_size=8, unique_by=lambda rule: rule.id), queries, orders)
    def test_the_winner_is_that_of_brute_force(self, rules, query, order):
        covering = [rule for rule in rules if covers(rule, query)]
        unbeaten = [
            rule
            for rule in covering
            if not any(beats(other, rule, query, order) for other in covering if other is not rule)
        ]
        self.assertLessEqual(len(unbeaten), 1)
        winner = self._winner(rules, query, order=order)
        self.assertEqual(unbeaten[0].id if unbeaten else None, winner)

    @patient
    @given(st.lists(rules, max_size=5, unique_by=lambda rule: rule.id), queries, orders)
    def test_the_order_of_reading_does_not_matter(self, rules, query, order):
        results = {
            tuple(resolve(read, query, lambda rule: ONE, order)) for read in permutations(rules)
        }
        self.assertEqual(1, len(results))

    @patient
    @given(st.lists(rules, max_size=8, unique_by=lambda rule: rule.id), queries)
    def test_every_rule_gets_exactly_one_verdict(self, rules, query):
        verdicts = resolve(rules, query, lambda rule: ONE)
        self.assertEqual(sorted(rule.id for rule in rules), sorted(v.rule for v in verdicts))
        for verdict in verdicts:
            rule = next(rule for rule in rules if rule.id == verdict.rule)
            self.assertEqual(verdict.outcome == "mismatch", not covers(rule, query))

    def test_losers_say_where_they_lost(self):
        query = Query(
            partner=1,
            product=1,
            day=DAY,
            scenario=1,
            grade=1,
            regions={1: 1, 2: 2, 3: 3},
            categories=(1, 2),
        )
        best = Rule(1, partners=frozenset({1}))
        cases = {
            "partner": (best, Rule(2, scenarios=frozenset({1}))),
            "scenario": (Rule(1, scenarios=frozenset({1})), Rule(2, regions=frozenset({1}))),
            "region": (Rule(1, regions=frozenset({1})), Rule(2, regions=frozenset({3}))),
            "grade": (Rule(1, grades=frozenset({1})), Rule(2, target="product", target_id=1)),
            "item": (
                Rule(1, target="category", target_id=1),
                Rule(2, target="category", target_id=2),
            ),
            "start": (Rule(2, date_from=DAY), Rule(1)),
            "sequence": (Rule(2, sequence=1), Rule(1, sequence=2)),
            "id": (Rule(1), Rule(2)),
        }
        for reason, (winner, loser) in cases.items():
            won, lost = resolve([loser, winner], query, lambda rule: ONE)
            self.assertEqual((winner.id, "won"), (won.rule, won.outcome))
            self.assertEqual((loser.id, "lost", reason), (lost.rule, lost.outcome, lost.reason))

    def test_a_rule_without_a_price_is_no_candidate(self):
        query = Query(partner=1, product=1, day=DAY)
        rules = [Rule(1, target="product", target_id=1), Rule(2)]
        winner = self._winner(rules, query, lambda rule: None if rule.id == 1 else ONE)
        self.assertEqual(2, winner)
        self.assertEqual("price", resolve(rules[:1], query, lambda rule: None)[0].reason)

    def test_a_rule_without_a_first_day_begins_on_the_day_it_was_made(self):
        made = date(2026, 11, 5)
        for first, expected in ((None, "date"), (date(2026, 11, 1), None)):
            rule = Rule(1, date_from=first, since=made)
            query = Query(partner=1, product=1, day=date(2026, 11, 4))
            self.assertEqual(expected, mismatch(rule, query))
            self.assertIsNone(mismatch(rule, Query(partner=1, product=1, day=made)))

    def test_the_last_day_counts_and_the_next_does_not(self):
        rule = Rule(1, date_from=date(2026, 11, 1), date_to=date(2026, 11, 12))
        for day, expected in ((1, None), (12, None), (13, "date")):
            query = Query(partner=1, product=1, day=date(2026, 11, day))
            self.assertEqual(expected, mismatch(rule, query))
