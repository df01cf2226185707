from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.scrm_settlement.tools.claim_cells import Code
from odoo.addons.scrm_settlement.tools.claim_match import Ours, Theirs, match

# A busy machine is no fault of a strategy
BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAY = date(2026, 11, 5)


def ours(number, amount=100, quantity=1, code="A", ref="", **vals):
    return Ours(
        id=number,
        day=vals.pop("day", DAY),
        item=vals.pop("item", code),
        codes=(code,),
        quantity=Decimal(quantity),
        amount=Decimal(str(amount)),
        refs=(ref,) if ref else (),
        **vals,
    )


def theirs(number, amount=100, quantity=1, code="A", ref="", serial="", **vals):
    return Theirs(
        id=number,
        day=vals.get("day", DAY),
        amount=Decimal(str(amount)),
        quantity=None if quantity is None else Decimal(quantity),
        ref=Code(ref) if ref else None,
        code=Code(code, vals.get("is_number", False)) if code else None,
        serial=Code(serial) if serial else None,
    )


def found(result):
    return {pair.theirs.id: (pair.ours.id, pair.status, pair.step) for pair in result.pairs}


amounts = st.integers(-3, 3).map(lambda n: Decimal(n) / 100)
days = st.integers(0, 6).map(lambda n: DAY + timedelta(days=n))
codes = st.sampled_from(["A", "B", "01", "1"])
refs = st.sampled_from(["", "R1", "R2", "007", "7"])


@st.composite
def files(draw):
    entries = [
        Ours(
            id=number,
            day=draw(days),
            item=code,
            codes=(code,),
            quantity=Decimal(draw(st.integers(1, 2))),
            amount=draw(amounts),
            refs=tuple(filter(None, [draw(refs)])),
            # An earlier one, or one that is not in the file's days
            origin=draw(st.none() | st.integers(-1, number - 1)),
        )
        for number, code in enumerate(draw(st.lists(codes, max_size=12)), 1)
    ]
    rows = [
        Theirs(
            id=number,
            day=draw(st.none() | days),
            amount=draw(amounts),
            quantity=draw(st.none() | st.integers(1, 2).map(Decimal)),
            ref=draw(st.none() | st.builds(Code, refs.filter(bool), st.booleans())),
            code=Code(code, draw(st.booleans())),
            serial=None,
        )
        for number, code in enumerate(draw(st.lists(codes, max_size=12)))
    ]
    return entries, rows


@tagged("post_install", "-at_install")
class TestClaimMatch(BaseCase):
    def test_passes_in_their_order(self):
        entries = [
            ours(1, ref="D1"),
            ours(2, 120, ref="D2"),
            ours(3, 70, code="B", ref="D9", serials=("SN1",)),
            ours(4, 55, code="C", ref="D8"),
        ]
        rows = [
            theirs(1, ref="D1"),
            theirs(2, 118, ref="d2"),
            theirs(3, 70, code="B", serial="sn1"),
            theirs(4, 55, code="C", day=DAY + timedelta(days=3)),
        ]
        self.assertEqual(
            {
                1: (1, "matched", 1),
                2: (2, "amount", 2),
                3: (3, "matched", 3),
                4: (4, "matched", 4),
            },
            found(match(entries, rows)),
        )

    def test_an_exact_pair_is_not_lost_to_an_earlier_row(self):
        entries = [ours(1, 100, ref="D1"), ours(2, 130, ref="D1")]
        rows = [theirs(1, 130, ref="D1"), theirs(2, 100, ref="D1")]
        self.assertEqual({1: (2, "matched", 1), 2: (1, "matched", 1)}, found(match(entries, rows)))

    def test_differences(self):
        result = match(
            [ours(1, ref="D1"), ours(2, ref="D2"), ours(3, ref="D3"), ours(4, ref="D4")],
            [
                theirs(1, 100.01, ref="D1"),
                theirs(2, 100.02, ref="D2"),
                theirs(3, 300, 3, ref="D3"),
                theirs(4, quantity=None, ref="D4"),
            ],
        )
        self.assertEqual(
            {1: "matched", 2: "amount", 3: "quantity", 4: "matched"},
            {number: status for number, (_ours, status, _step) in found(result).items()},
        )

    def test_a_row_without_a_code_is_known_by_its_reference(self):
        result = match([ours(1, ref="T1")], [theirs(1, code="", ref="t1")])
        self.assertEqual({1: (1, "matched", 3)}, found(result))

    def test_a_day_too_far_away(self):
        result = match([ours(1)], [theirs(1, day=DAY + timedelta(days=4))])
        self.assertEqual(
            ([1], [1]), ([o.id for o in result.only_ours], [t.id for t in result.only_theirs])
        )

    def test_a_known_reference_is_never_answered_by_another(self):
        rows = [theirs(1, ref="D1"), theirs(2, ref="D1"), theirs(3, ref="own number")]
        result = match([ours(1, ref="D1"), ours(2, ref="D2")], rows)
        self.assertEqual({1: (1, "matched", 1), 3: (2, "matched", 4)}, found(result))
        self.assertEqual([2], [row.id for row in result.duplicates])

    def test_worked_example_19_codes(self):
        row = theirs(1, code="123", ref="D1", is_number=True)
        self.assertEqual(
            {1: (1, "matched", 1)}, found(match([ours(1, code="00123", ref="D1")], [row]))
        )
        both = [ours(1, code="00123", ref="D1"), ours(2, code="0123", ref="D2")]
        result = match(both, [row])
        self.assertEqual({1}, result.ambiguous)
        self.assertEqual([row], result.only_theirs)
        # A text says what it means
        text = theirs(1, code="00123", ref="D1")
        self.assertEqual({1: (1, "matched", 1)}, found(match(both, [text])))
        self.assertFalse(match(both, [theirs(1, code="123", ref="D1")]).pairs)

    def test_repeated_rows(self):
        result = match([ours(1, ref="D1")], [theirs(n, ref="D1") for n in (1, 2, 3)])
        self.assertEqual({1: (1, "matched", 1)}, found(result))
        self.assertEqual([2, 3], [row.id for row in result.duplicates])
        # Two deliveries of one day may well be equal
        result = match([ours(1)], [theirs(1), theirs(2)])
        self.assertEqual([2], [row.id for row in result.only_theirs])

    def test_returns_find_returns(self):
        result = match(
            [ours(1, -100, -1, ref="D1"), ours(2, ref="D1")],
            [theirs(1, ref="D1"), theirs(2, -100, -1, ref="D1")],
        )
        self.assertEqual({1: (2, "matched", 1), 2: (1, "matched", 1)}, found(result))

    def test_a_corrected_price_is_one_row_of_theirs(self):
        entries = [ours(1, ref="D1"), ours(2, 20, ref="DSP1", origin=1), ours(3, 7, code="B")]
        result = match(entries, [theirs(1, 120, ref="D1")])
        self.assertEqual({1: (1, "matched", 2)}, found(result))
        self.assertEqual((120, 1), (result.pairs[0].ours.amount, result.pairs[0].ours.quantity))
        self.assertEqual([3], [entry.id for entry in result.only_ours])

    def test_what_came_back_is_taken_off_their_row(self):
        entries = [ours(1, 1000, 10, ref="D1"), ours(2, -300, -3, ref="R1", origin=1)]
        result = match(entries, [theirs(1, 700, 7, ref="D1")])
        self.assertEqual({1: (1, "matched", 2)}, found(result))
        self.assertEqual([], result.only_ours)

    def test_a_correction_that_settles_nothing_stays_apart(self):
        entries = [ours(1, ref="D1"), ours(2, 20, ref="DSP1", origin=1)]
        result = match(entries, [theirs(1, 121, ref="D1")])
        self.assertEqual({1: (1, "amount", 2)}, found(result))
        self.assertEqual([2], [entry.id for entry in result.only_ours])

    def test_a_correction_with_a_row_of_its_own_is_not_counted_twice(self):
        entries = [ours(1, ref="D1"), ours(2, 20, ref="DSP1", origin=1)]
        result = match(entries, [theirs(1, 120, ref="D1"), theirs(2, 20, ref="DSP1")])
        self.assertEqual({1: (1, "amount", 2), 2: (2, "matched", 1)}, found(result))

    def test_what_came_to_nothing_is_asked_of_nobody(self):
        entries = [ours(1, ref="D1"), ours(2, -100, -1, ref="DSP1", origin=1)]
        result = match(entries, [])
        self.assertEqual([], result.only_ours)
        self.assertEqual([1, 2], [entry.id for entry in result.cancelled])
        self.assertEqual({1: (1, "matched", 1)}, found(match(entries, [theirs(1, ref="D1")])))

    @BUSY
    @given(files())
    def test_everything_stands_once_and_adds_up(self, file):
        entries, rows = file
        result = match(entries, rows)
        answered = [pair.ours.id for pair in result.pairs]
        answered += [o.id for pair in result.pairs for o in pair.corrections]
        answered += [o.id for o in result.only_ours + result.cancelled]
        self.assertEqual(sorted(o.id for o in entries), sorted(answered))
        placed = [pair.theirs.id for pair in result.pairs]
        placed += [t.id for t in result.only_theirs + result.duplicates]
        self.assertEqual(sorted(t.id for t in rows), sorted(placed))
        subtotals = result.subtotals().values()
        self.assertEqual(sum(o.amount for o in entries), sum(s[1] for s in subtotals))
        self.assertEqual(sum(t.amount for t in rows), sum(s[2] for s in subtotals))
        listed = len(rows) + len(result.only_ours)
        self.assertEqual(listed, sum(s[0] for s in subtotals))

    @BUSY
    @given(files(), st.randoms(use_true_random=False))
    def test_the_order_of_the_rows_decides_nothing(self, file, random):
        entries, rows = file
        expected = found(match(entries, rows))
        random.shuffle(entries)
        random.shuffle(rows)
        self.assertEqual(expected, found(match(entries, rows)))
