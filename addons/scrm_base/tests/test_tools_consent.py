"""The arithmetic of consent: worked examples and what holds for all."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.scrm_base.tools.consent import ANY, Statement, get_state, is_news

DAY = datetime(2026, 3, 1)
CHANNELS = [ANY, "sms", "wechat"]


def said(day, channel, is_given, covers=(1,), number=None):
    number = day if number is None else number
    return Statement(DAY + timedelta(days=day), number, channel, is_given, frozenset(covers))


statements = st.lists(
    st.builds(
        said,
        st.integers(0, 20),
        st.sampled_from(CHANNELS),
        st.booleans(),
        st.sets(st.integers(1, 3), min_size=1),
    ),
    max_size=8,
).map(
    lambda rows: [
        Statement(row.occurred_at, number, row.channel, row.is_given, row.covers)
        for number, row in enumerate(rows)
    ]
)


@tagged("post_install", "-at_install")
class TestToolsConsent(BaseCase):
    def test_nobody_asked(self):
        self.assertIsNone(get_state([], "sms"))
        self.assertIsNone(get_state([said(1, "wechat", True)], "sms"))

    def test_a_consent_to_another_text_is_news_and_a_refusal_is_not(self):
        rows = [Statement(DAY, 1, ANY, True, frozenset({1}), "1")]
        self.assertFalse(is_news(rows, ANY, True, "1"))
        self.assertTrue(is_news(rows, "sms", True, "2"))
        refused = [Statement(DAY, 1, ANY, False, frozenset({1}), "1")]
        self.assertFalse(is_news(refused, ANY, False, "2"))

    def test_a_refusal_of_a_channel_beats_an_earlier_general_consent(self):
        rows = [said(1, ANY, True), said(2, "sms", False)]
        self.assertFalse(get_state(rows, "sms"))
        self.assertTrue(get_state(rows, "wechat"))
        self.assertTrue(get_state(rows, ANY))

    def test_a_general_consent_given_later_allows_again(self):
        self.assertTrue(get_state([said(1, "sms", False), said(2, ANY, True)], "sms"))

    def test_a_general_refusal_beats_an_earlier_consent_to_a_channel(self):
        self.assertFalse(get_state([said(1, "sms", True), said(2, ANY, False)], "sms"))

    def test_the_order_of_writing_decides_within_a_moment(self):
        self.assertFalse(get_state([said(1, ANY, True, number=1), said(1, ANY, False, number=2)]))

    def test_of_two_who_turn_out_to_be_one_the_stricter_wins(self):
        # by phone 1 refused on day 1, by openid 2 allowed on day 5; then they were one
        rows = [said(1, ANY, False, [1]), said(5, ANY, True, [2])]
        self.assertFalse(get_state(rows))
        # asked again as one person, they allow it
        self.assertTrue(get_state([*rows, said(9, ANY, True, [1, 2])]))
        # a handle that never spoke changes nothing
        self.assertTrue(get_state([said(5, ANY, True, [2]), said(9, ANY, True, [2, 3])]))

    def test_news(self):
        rows = [said(1, ANY, True), said(2, "sms", False)]
        self.assertFalse(is_news(rows, "sms", False))
        self.assertTrue(is_news(rows, "sms", True))
        self.assertFalse(is_news(rows, "wechat", True))
        self.assertTrue(is_news(rows, ANY, True))  # SMS is refused so far
        self.assertTrue(is_news([], ANY, False))  # a refusal nobody asked for is on record too

    @given(statements, st.randoms())
    def test_the_order_of_rows_does_not_matter(self, rows, random):
        shuffled = list(rows)
        random.shuffle(shuffled)
        for channel in CHANNELS:
            self.assertEqual(get_state(rows, channel), get_state(shuffled, channel))

    @given(statements, st.sampled_from(CHANNELS), st.booleans())
    def test_the_last_word_of_the_whole_person_is_in_force(self, rows, channel, is_given):
        last = Statement(DAY + timedelta(days=30), 99, channel, is_given, frozenset({1, 2, 3}))
        self.assertIs(is_given, get_state([*rows, last], channel))
        self.assertFalse(is_news([*rows, last], channel, is_given) and channel != ANY)
        if channel == ANY:
            for name in CHANNELS:
                self.assertIs(is_given, get_state([*rows, last], name))

    @given(statements, statements)
    def test_pooling_never_allows_what_one_side_refuses(self, left, right):
        one = [
            Statement(s.occurred_at, s.number, s.channel, s.is_given, frozenset({1})) for s in left
        ]
        two = [
            Statement(s.occurred_at, s.number + 50, s.channel, s.is_given, frozenset({2}))
            for s in right
        ]
        for channel in CHANNELS:
            states = {get_state(one, channel), get_state(two, channel)}
            self.assertEqual(
                False if False in states else (True if True in states else None),
                get_state([*one, *two], channel),
            )
