from datetime import date

from odoo.tests import tagged

from .twins_case import OCTOBER, TwinsCase


@tagged("post_install", "-at_install")
class TestTwinsAgain(TwinsCase):
    """The same claim in two lists: paid once, whichever list is accepted first."""

    def _accept_in_two_lists(self, *claims):
        """Accept rows of two lists that were compared before; return their lines.

        :param claims: (reference, quantity) for each list
        """
        rows = self.env["scrm.settlement.import.line"]
        for number, (ref, quantity) in enumerate(claims, start=1):
            about = [ref, "G-1", date(2026, 10, 20), quantity, 100 * quantity]
            filler = [f"F-{number}", "G-1", date(2026, 10, number), 9, 9]
            record = self._compare(about, filler, **OCTOBER)
            rows |= record.line_ids.filtered(lambda row: row.row_number == 2)
        for row, (_ref, quantity) in zip(rows, claims, strict=True):
            row.with_user(self.preparer)._accept(self.goods, quantity)
        return rows.line_id.sorted("id")

    def _check_asked(self, line, earlier):
        self.assertEqual(("held", earlier), (line.state, line.twin_line_id))
        self.assertEqual(line.id, self._get_open().source_id)

    def test_repeated_in_the_list_of_the_next_month(self):
        first = self._claim("D-77")
        self.assertEqual(first, self._generate_month(10).line_ids)
        again = self._claim(" d-77 ", date_from=date(2026, 11, 1), date_to=date(2026, 11, 30))
        self._check_asked(again, first)
        self._get_open().action_same()
        self.assertEqual("covered", again.state)

    def test_in_two_lists_before_either_was_accepted(self):
        first, again = self._accept_in_two_lists(("D-77", 1), ("D-77", 1))
        self.assertEqual("pending", first.state)
        self._check_asked(again, first)
        self._get_open().action_another()
        self.assertEqual("pending", again.state)

    def test_without_a_number_of_one_day_and_quantity(self):
        first, again = self._accept_in_two_lists(("", 3), ("", 3))
        self._check_asked(again, first)

    def test_another_number_or_quantity_is_another_claim(self):
        for claims in ((("D-77", 1), ("D-78", 1)), (("", 3), ("", 4))):
            with self.subTest(claims=claims):
                lines = self._accept_in_two_lists(*claims)
                self.assertEqual(["pending", "pending"], lines.mapped("state"))
