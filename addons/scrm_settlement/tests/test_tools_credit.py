from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.credit import Exposure, OrderLine, Terms, find_reasons, get_open_order

AMOUNTS = st.integers(0, 10**8).map(lambda cents: Decimal(cents) / 100)
LINES = st.lists(st.builds(OrderLine, AMOUNTS, AMOUNTS, AMOUNTS, st.booleans()), max_size=5)
EXPOSURE = Exposure(
    {
        "receivable": Decimal(36000),
        "delivered": Decimal(13560),
        "ordered": Decimal(28250),
        "draft_invoice": Decimal(2190),
        "deposit": Decimal(-10000),
    }
)


@tagged("post_install", "-at_install")
class TestToolsCredit(BaseCase):
    def test_worked_example_14(self):
        self.assertEqual(Decimal(70000), EXPOSURE.total)
        terms = Terms(limit=Decimal(100000))
        self.assertEqual((), find_reasons(EXPOSURE, Decimal("30000.00"), terms))
        self.assertEqual(("limit",), find_reasons(EXPOSURE, Decimal("30000.01"), terms))

    def test_no_limit_is_not_a_limit_of_zero(self):
        self.assertEqual((), find_reasons(EXPOSURE, Decimal(10**9), Terms(limit=None)))
        self.assertEqual(
            ("limit",), find_reasons(Exposure(), Decimal("0.01"), Terms(limit=Decimal(0)))
        )

    def test_reasons_besides_the_limit(self):
        late = Exposure({}, days_overdue=31, days_open=91)
        self.assertEqual(
            ("overdue", "age"),
            find_reasons(late, Decimal(1), Terms(max_days_overdue=30, max_days_open=90)),
        )
        self.assertEqual(
            (), find_reasons(late, Decimal(1), Terms(max_days_overdue=31, max_days_open=91))
        )
        self.assertEqual(
            ("expired",),
            find_reasons(late, Decimal(1), Terms(limit=Decimal(0), is_expired=True)),
        )

    def test_what_is_invoiced_ahead_is_not_owed_twice(self):
        line = OrderLine(Decimal(0), Decimal(100), Decimal(60))
        self.assertEqual((0, 40), get_open_order([line]))
        over = OrderLine(Decimal(20), Decimal(80), Decimal(150))
        self.assertEqual((0, 0), get_open_order([over]))

    def test_what_is_due_later_and_what_is_held(self):
        later = OrderLine(Decimal(30), Decimal(70), Decimal(10), in_horizon=False)
        self.assertEqual((20, 0), get_open_order([later]))
        self.assertEqual(
            (20, 0), get_open_order([OrderLine(Decimal(30), Decimal(70), Decimal(10))], True)
        )

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(LINES)
    def test_neither_part_is_below_zero_nor_above_what_was_ordered(self, lines):
        delivered, ordered = get_open_order(lines)
        self.assertGreaterEqual(delivered, 0)
        self.assertGreaterEqual(ordered, 0)
        self.assertLessEqual(delivered, sum(line.delivered for line in lines))
        self.assertLessEqual(ordered, sum(line.undelivered for line in lines if line.in_horizon))

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(LINES)
    def test_the_parts_add_up_when_everything_is_due(self, lines):
        lines = [OrderLine(x.delivered, x.undelivered, x.invoiced) for x in lines]
        total = sum((x.delivered + x.undelivered - x.invoiced for x in lines), Decimal(0))
        self.assertEqual(max(Decimal(0), total), sum(get_open_order(lines)))
