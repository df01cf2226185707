from datetime import date

from odoo.tests import tagged

from .journal_case import JournalCase


@tagged("post_install", "-at_install")
class TestCorrectedMoves(JournalCase):
    """A delivery that was corrected after it was settled is a person's decision."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_rule(
            "5 %",
            tier_id=cls.shipping_tier.id,
            method="percent",
            value=5,
            date_from=date(2026, 1, 1),
        )

    def setUp(self):
        super().setUp()
        self.move = self._ship(10, 100)
        self.line = self._pull()
        self.assertEqual((10, 50), (self.line.quantity, self.line.amount))

    def _correct(self, move, quantity):
        move.picking_id.is_locked = False
        move.quantity = quantity
        self.env.flush_all()

    def _get_exceptions(self, **vals):
        self.assertFalse(self._pull(**vals))
        return self.env["scrm.settlement.exception"].search(
            [("company_id", "=", self.company.id)], order="id"
        )

    def test_a_delivery_that_stands_is_no_exception(self):
        self._correct(self.move, 3)
        self._correct(self.move, 10)
        self.assertFalse(self._get_exceptions())

    def test_a_corrected_delivery_is_told_once(self):
        for quantity in (3, 12):
            with self.subTest(quantity=quantity), self.cr.savepoint() as savepoint:
                self._correct(self.move, quantity)
                exception = self._get_exceptions(since=self.move.write_date)
                self.assertRecordValues(
                    exception,
                    [
                        {
                            "reason": "changed",
                            "origin_line_id": self.line.id,
                            "partner_id": self.dealer.id,
                            "quantity": quantity,
                        }
                    ],
                )
                self.assertEqual(exception, self._get_exceptions())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_another_unit_is_the_same_quantity(self):
        move = self._order(2, uom=self.env.ref("uom.product_uom_dozen")).picking_ids.move_ids
        self._complete(move, move.product_uom_qty)
        self.assertEqual(24, self._pull().quantity)
        self.assertFalse(self._get_exceptions())

    def test_a_corrected_return_is_told(self):
        back = self._bring_back(self.move, 4)
        returned = self._pull()
        self.assertEqual(-4, returned.quantity)
        self.assertFalse(self._get_exceptions())
        self._correct(back, 2)
        self.assertEqual(returned, self._get_exceptions().origin_line_id)
