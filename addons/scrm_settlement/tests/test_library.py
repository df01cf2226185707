from datetime import date, datetime

from psycopg2.errors import ExclusionViolation

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger

from .common import CHANNEL_MANAGER, SettlementCase


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

    def test_prices_are_in_the_currency_of_the_librarys_company(self):
        other = self.company_other
        other.currency_id = self.env.ref("base.EUR")
        vals = {"name": "Theirs", "code": "TP2", "company_id": other.id}
        library = self.env["scrm.library"].create(vals)
        self.assertEqual(other.currency_id, library.currency_id)
        library.company_id = self.company
        self.assertEqual(other.currency_id, library.currency_id, "the prices stay what they are")

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

    # === HISTORY === #

    def _settle(self, **rule):
        self._make_rule("R", **{"value": 8, **rule})
        return self._record({"occurred_at": datetime(2026, 11, 5, 4)})

    def test_what_was_settled_is_ended_not_rewritten(self):
        self._settle()
        channel = self._make_user("library.channel", CHANNEL_MANAGER)
        price = self.library.line_ids.with_user(channel)
        for change in (
            lambda: price.write({"price": 130}),
            lambda: price.write({"product_id": self.part_2.id}),
            lambda: price.write({"valid_from": date(2026, 11, 6)}),
            lambda: price.write({"valid_to": date(2026, 11, 4)}),
            lambda: price.unlink(),
            lambda: price.library_id.write({"line_ids": [Command.delete(price.id)]}),
            lambda: price.library_id.write({"currency_id": self.env.ref("base.USD").id}),
            lambda: self.library.unlink(),
        ):
            with (
                self.assertRaisesRegex(UserError, "Filter, which therefore stays"),
                self.cr.savepoint(),
            ):
                change()
        price.write({"price": 128, "valid_to": date(2026, 11, 5)})
        self._add_price(price=130, valid_from=date(2026, 11, 6))
        days = self.library.line_ids.sorted("valid_from").mapped("valid_to")
        self.assertEqual([date(2026, 11, 5), False], days)

    def test_what_priced_nothing_may_change(self):
        self._settle(method="margin")  # starts from the cost
        self.library.line_ids.price = 130
        self._settle()
        later = self._record({"occurred_at": datetime(2026, 11, 7, 4)})
        self.assertEqual(130, later.base_price)
        self.library.line_ids.valid_to = date(2026, 11, 7)
        unused = self._add_price(price=140, valid_from=date(2026, 11, 8))
        unused.write({"price": 141, "valid_from": date(2026, 11, 9)})
        unused.unlink()
        self.assertEqual(130, self.library.line_ids.price)

    def test_a_return_holds_no_later_price(self):
        line = self._settle()
        self.library.line_ids.valid_to = date(2026, 11, 5)
        later = self._add_price(price=130, valid_from=date(2026, 11, 6))
        self._record(
            {
                "source_type": "return",
                "origin_line_id": line.id,
                "quantity": -1,
                "occurred_at": datetime(2026, 11, 9, 4),
            }
        )
        later.unlink()
        self.assertEqual(128, self.library.line_ids.price)

    def test_changes_stand_in_the_log_of_the_library(self):
        price = self.library.line_ids
        price.write({"price": 130.25, "valid_to": date(2026, 12, 31)})
        price.write({"price": 130.25})
        price.unlink()
        deleted, changed = self.library.message_ids[:2].mapped(
            lambda message: html2plaintext(message.body)
        )
        self.assertEqual(
            "Filter: 128 CNY, 01/01/2026 – until further notice → "
            "Filter: 130.25 CNY, 01/01/2026 – 12/31/2026",
            changed,
        )
        self.assertEqual("Deleted: Filter: 130.25 CNY, 01/01/2026 – 12/31/2026", deleted)

    def test_many_prices_are_looked_up_at_once(self):
        self._settle()
        prices = self.library.line_ids + self._add_price(product_id=self.part_2.id)

        def look_up(records):
            before = self.env.cr.sql_log_count
            self.assertIn(prices[0], records._get_settled_days())
            return self.env.cr.sql_log_count - before

        look_up(prices)  # flushes
        self.assertEqual([1, 1], [look_up(prices[0]), look_up(prices)])
