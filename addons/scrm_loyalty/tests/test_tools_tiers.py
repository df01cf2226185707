"""The arithmetic of tiers, against worked examples and against a slow, obvious reference."""

import random
from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.scrm_loyalty.tools import tiers
from odoo.addons.scrm_loyalty.tools.tiers import KEEP_MONTH, KEEP_NONE, Rung, Window

# a busy machine is slow at times: that is no failure
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

RUNGS = [Rung(1, 0), Rung(2, 2000_00), Rung(3, 8000_00)]
YEAR = Window("months", 12)
EPOCH = date(2026, 1, 1)

days = st.integers(0, 120).map(lambda n: EPOCH + timedelta(days=n))
facts = st.lists(st.tuples(days, st.integers(0, 4000_00)), max_size=12)
windows = st.one_of(
    st.builds(Window, st.just("days"), st.integers(1, 60)),
    st.builds(Window, st.just("months"), st.integers(1, 3)),
)
keeps = st.sampled_from([KEEP_MONTH, KEEP_NONE])


def simulate(facts, rungs, window, today, keep):
    """Live through every day: rise at once, fall when the month begins (or at once)."""
    held = -1
    day = min([day for day, __ in facts] + [today])
    while day <= today:
        total = sum(q for d, q in facts if d <= day <= window.last_day(d))
        level = sum(rung.threshold <= total for rung in rungs) - 1
        if level > held or keep == KEEP_NONE or day.day == 1:
            held = level
        day += timedelta(days=1)
    return rungs[held].key if held >= 0 else None


@tagged("post_install", "-at_install")
class TestToolsTiers(BaseCase):
    def test_a_rung_is_reached_exactly_at_its_threshold(self):
        today = date(2026, 11, 22)
        below = tiers.evaluate([(today, 1999_99)], RUNGS, YEAR, today)
        at = tiers.evaluate([(today, 1999_99), (today, 1)], RUNGS, YEAR, today)
        self.assertEqual((1, 2), (below.key, at.key))
        self.assertEqual(1, tiers.missing(below.total, 2000_00))
        self.assertEqual(0, tiers.missing(at.total, 2000_00))

    def test_a_month_ends_where_the_month_ends(self):
        month = Window("months", 1)
        self.assertEqual(date(2026, 2, 28), month.last_day(date(2026, 1, 31)))
        self.assertEqual(date(2026, 2, 25), month.last_day(date(2026, 1, 25)))
        self.assertEqual(date(2026, 3, 1), month.first_day(date(2026, 3, 31)))
        self.assertEqual(date(2025, 11, 22), YEAR.first_day(date(2026, 11, 22)))

    def test_points_count_to_the_last_day_of_their_window(self):
        earned = date(2025, 11, 22)
        last = tiers.evaluate([(earned, 2500_00)], RUNGS, YEAR, date(2026, 11, 22), KEEP_NONE)
        after = tiers.evaluate([(earned, 2500_00)], RUNGS, YEAR, date(2026, 11, 23), KEEP_NONE)
        self.assertEqual((2, 2500_00), (last.key, last.total))
        self.assertEqual(date(2026, 11, 22), last.valid_until)
        self.assertEqual(date(2026, 11, 23), last.review_on)
        self.assertEqual((1, 0), (after.key, after.total))

    def test_a_lost_tier_is_kept_to_the_end_of_the_month(self):
        earned = date(2025, 11, 10)
        kept = tiers.evaluate([(earned, 2500_00)], RUNGS, YEAR, date(2026, 11, 20), KEEP_MONTH)
        gone = tiers.evaluate([(earned, 2500_00)], RUNGS, YEAR, date(2026, 12, 1), KEEP_MONTH)
        self.assertEqual((2, 0), (kept.key, kept.total))
        self.assertEqual(date(2026, 11, 30), kept.valid_until)
        self.assertEqual(date(2026, 12, 1), kept.review_on)
        self.assertEqual(1, gone.key)

    def test_the_lowest_rung_cannot_be_lost(self):
        standing = tiers.evaluate([], RUNGS, YEAR, EPOCH)
        self.assertEqual((1, None, None), (standing.key, standing.valid_until, standing.review_on))

    def test_below_the_lowest_rung_there_is_no_tier(self):
        standing = tiers.evaluate([(EPOCH, 5)], [Rung(7, 10)], YEAR, EPOCH)
        self.assertIsNone(standing.key)

    def test_a_cancelled_order_leaves_no_trace(self):
        today = date(2026, 3, 31)
        facts = [(date(2026, 3, 2), 2500_00), (date(2026, 3, 2), -2500_00)]
        self.assertEqual(1, tiers.evaluate(facts, RUNGS, YEAR, today, KEEP_MONTH).key)

    def test_the_day_is_the_companys(self):
        late = datetime(2026, 11, 30, 16, 30)
        self.assertEqual(date(2026, 12, 1), tiers.local_day(late, "Asia/Shanghai"))
        self.assertEqual(date(2026, 11, 30), tiers.local_day(late, "UTC"))

    @patient
    @given(facts, windows, days, keeps, st.randoms())
    def test_the_order_of_arrival_does_not_matter(self, facts, window, today, keep, rng):
        shuffled = list(facts)
        random.Random(rng.random()).shuffle(shuffled)
        self.assertEqual(
            tiers.evaluate(facts, RUNGS, window, today, keep),
            tiers.evaluate(shuffled, RUNGS, window, today, keep),
        )

    @patient
    @given(facts, windows, days, keeps)
    def test_it_equals_living_through_every_day(self, facts, window, today, keep):
        known = [(day, quantity) for day, quantity in facts if day <= today]
        self.assertEqual(
            simulate(known, RUNGS, window, today, keep),
            tiers.evaluate(facts, RUNGS, window, today, keep).key,
        )

    @patient
    @given(facts, windows, days, keeps, st.integers(0, 2), st.integers(0, 3000_00))
    def test_raising_a_threshold_raises_nobody(self, facts, window, today, keep, which, more):
        ladder = [Rung(n, r.threshold) for n, r in enumerate(RUNGS)]
        steeper = [Rung(r.key, r.threshold + (more if r.key >= which else 0)) for r in ladder]
        before = tiers.evaluate(facts, ladder, window, today, keep).key
        after = tiers.evaluate(facts, steeper, window, today, keep).key
        self.assertLessEqual(-1 if after is None else after, -1 if before is None else before)

    @patient
    @given(facts, windows, days, keeps)
    def test_the_tier_holds_exactly_until_the_day_it_says(self, facts, window, today, keep):
        known = [(day, quantity) for day, quantity in facts if day <= today]
        now = tiers.evaluate(known, RUNGS, window, today, keep)
        if now.valid_until is None:
            far = today + timedelta(days=400)
            self.assertEqual(now.key, tiers.evaluate(known, RUNGS, window, far, keep).key)
            return
        last, first_after = now.valid_until, now.valid_until + timedelta(days=1)
        self.assertGreaterEqual(last, today)
        self.assertEqual(now.key, tiers.evaluate(known, RUNGS, window, last, keep).key)
        self.assertLess(tiers.evaluate(known, RUNGS, window, first_after, keep).key, now.key)

    @patient
    @given(facts, windows, days, keeps)
    def test_nothing_changes_before_the_review(self, facts, window, today, keep):
        known = [(day, quantity) for day, quantity in facts if day <= today]
        now = tiers.evaluate(known, RUNGS, window, today, keep)
        day = today + timedelta(days=1)
        while day < (now.review_on or today + timedelta(days=130)):
            later = tiers.evaluate(known, RUNGS, window, day, keep)
            self.assertEqual((now.total, now.key), (later.total, later.key))
            day += timedelta(days=1)

    @patient
    @given(windows, days)
    def test_the_windows_two_ends_agree(self, window, today):
        first = window.first_day(today)
        self.assertGreaterEqual(window.last_day(first), today)
        self.assertLess(window.last_day(first - timedelta(days=1)), today)
