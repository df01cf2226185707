from datetime import date

from psycopg2.errors import ExclusionViolation

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SettlementCase


@tagged("post_install", "-at_install")
class TestLibrary(SettlementCase):
    def _add_price(self, **vals):
        return self.env["scrm.library.line"].create(
            {
                "library_id": self.library.id,
                "product_id": self.part.id,
                "price": 1,
                "valid_from": date(2026, 6, 1),
                **vals,
            }
        )

    @mute_logger("odoo.sql_db")
    def test_two_prices_for_one_day_are_refused(self):
        with self.assertRaises(ExclusionViolation), self.cr.savepoint():
            self._add_price()
        self.library.line_ids.valid_to = date(2026, 5, 31)
        self._add_price()

    def test_the_same_product_in_another_library(self):
        other = self.library.copy({"code": "TP2", "line_ids": [Command.clear()]})
        self._add_price(library_id=other.id)

    def test_end_a_price_and_begin_the_next_in_one_save(self):
        line = self.library.line_ids
        self.library.write(
            {
                "line_ids": [
                    Command.create(
                        {
                            "product_id": self.part.id,
                            "price": 140,
                            "valid_from": date(2026, 6, 1),
                        }
                    ),
                    Command.update(line.id, {"valid_to": date(2026, 5, 31)}),
                ]
            }
        )
        self.assertEqual(2, len(self.library.line_ids))

    def test_goods_and_services_have_their_own_libraries(self):
        with self.assertRaises(ValidationError):
            self._add_price(product_id=self.labour.id)
