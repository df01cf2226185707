from datetime import date

from odoo.tests import tagged
from odoo.tools import SQL

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

    def test_more_decimals_are_no_correction(self):
        """1 lb is 0.45 kg, and 0.454 kg once an administrator has a third decimal kept."""
        pound, kilo = self.env.ref("uom.product_uom_lb"), self.env.ref("uom.product_uom_kgm")
        resin = self.env["product.product"].create({"name": "Resin", "uom_id": kilo.id})
        self.patch(type(self), "goods", resin)
        move = self._order(1).picking_ids.move_ids
        move.product_uom = pound
        self._complete(move, 1)
        self.assertEqual(0.45, self._pull().quantity)
        precision = self.env["decimal.precision"].search([("name", "=", "Product Unit")])
        for digits in (3, 1):
            precision.digits = digits
            self.assertFalse(self._get_exceptions())
        precision.digits = 3
        self._correct(move, 1.1)
        self.assertEqual(0.499, self._get_exceptions().quantity)

    def test_a_corrected_return_is_told(self):
        back = self._bring_back(self.move, 4)
        returned = self._pull()
        self.assertEqual(-4, returned.quantity)
        self.assertFalse(self._get_exceptions())
        self._correct(back, 2)
        self.assertEqual(returned, self._get_exceptions().origin_line_id)

    # === AGAIN === #

    def _dismiss(self, exception):
        exception.note = "Adjusted by hand"
        exception.action_dismiss()

    def test_a_second_correction_is_told_again(self):
        told = self.env["scrm.settlement.exception"]
        for quantity, before in ((3, 10), (5, 3), (10, 5)):
            self._correct(self.move, quantity)
            latest = self._get_exceptions(since=self.move.write_date) - told
            self.assertRecordValues(
                latest, [{"quantity": quantity, "before_quantity": before, "state": "open"}]
            )
            self._dismiss(latest)
            told += latest
            self.assertEqual(told, self._get_exceptions(), "told once")

    def test_what_changed_while_the_question_was_open(self):
        self._correct(self.move, 3)
        first = self._get_exceptions()
        self._correct(self.move, 5)
        self.assertEqual(first, self._get_exceptions(), "one question at a time")
        self._dismiss(first)
        self.env.flush_all()
        self._write_long_ago(self.move)
        second = self._get_exceptions(since=first.write_date) - first
        self.assertEqual((3, 5), (second.before_quantity, second.quantity))

    def _write_long_ago(self, move):
        for table, where in (("stock_move", "id"), ("stock_move_line", "move_id")):
            self.cr.execute(
                SQL(
                    "UPDATE %s SET write_date = '2026-01-01' WHERE %s = %s",
                    SQL.identifier(table),
                    SQL.identifier(where),
                    move.id,
                )
            )
