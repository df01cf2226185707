import base64
from datetime import date, datetime
from io import BytesIO

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CHANNEL_MANAGER, PREPARER, SettlementCase

DAY = date(2026, 12, 1)


@tagged("post_install", "-at_install")
class TestLibraryImport(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part.default_code = "00123"
        cls.part_2.default_code = "M-1"
        cls.labour.default_code = "L-1"
        cls.channel = cls._make_user("import.channel", CHANNEL_MANAGER)

    def _import(self, *rows, header=("编码", "标准价", "参考成本"), user=None):
        book = openpyxl.Workbook()
        for row in (header, *rows):
            book.active.append(row)
        output = BytesIO()
        book.save(output)
        wizard = (
            self.env["scrm.library.import"]
            .with_user(user or self.channel)
            .create(
                {
                    "library_id": self.library.id,
                    "filename": "prices.xlsx",
                    "file": base64.b64encode(output.getvalue()),
                    "valid_from": DAY,
                }
            )
        )
        wizard.action_read()
        return wizard

    def test_good_rows_go_in_and_bad_ones_say_why(self):
        wizard = self._import(
            ("00123", 130.5, 90),
            ("M-1", "￥1,099.00", None),
            ("NONE", 5, None),
            ("M-1", 6, None),
            ("L-1", 80, None),
            ("00123", "about ten", None),
            (None, 7, None),
        )
        outcomes = [(line.row, line.outcome) for line in wizard.line_ids]
        self.assertEqual(
            [(2, "new"), (3, "new"), *((row, "error") for row in range(4, 9))], outcomes
        )
        problems = wizard.line_ids.mapped("problem")
        for text, problem in zip(
            ("NONE", "Row 3", "does not belong", "about ten", "missing"), problems[2:], strict=True
        ):
            self.assertIn(text, problem)
        self.assertEqual((2, 5), (wizard.new_count, wizard.error_count))
        self.assertEqual(1, len(self.library.line_ids), "Reading a file changes nothing.")
        wizard.action_import()
        old, new = self.library.line_ids.filtered(lambda line: line.product_id == self.part).sorted(
            "valid_from"
        )
        self.assertEqual((128, date(2026, 11, 30)), (old.price, old.valid_to))
        self.assertEqual((130.5, DAY, False), (new.price, new.valid_from, new.valid_to))
        item = self.library.item_ids.filtered(lambda item: item.product_id == self.part)
        self.assertEqual(("00123", 90), (item.code, item.reference_cost))
        membrane = self.library.line_ids.filtered(lambda line: line.product_id == self.part_2)
        self.assertEqual(1099, membrane.price)

    def test_the_same_file_again_changes_nothing(self):
        self._import(("00123", 130.5, None)).action_import()
        again = self._import(("00123", 130.5, None))
        self.assertEqual(["unchanged"], again.line_ids.mapped("outcome"))
        with self.assertRaisesRegex(UserError, "no new price"):
            again.action_import()
        self.assertIn("exists already", self._import(("00123", 131, None)).line_ids.problem)

    def test_a_price_ends_where_a_later_one_begins(self):
        self.library.line_ids.valid_to = date(2026, 12, 31)
        self.library.line_ids.create(
            {
                "library_id": self.library.id,
                "product_id": self.part.id,
                "price": 200,
                "valid_from": date(2027, 1, 1),
            }
        )
        self._import(("00123", 150, None)).action_import()
        prices = self.library.line_ids.filtered(lambda line: line.product_id == self.part)
        self.assertEqual(
            [
                (128, date(2026, 11, 30)),
                (150, date(2026, 12, 31)),
                (200, False),
            ],
            [(line.price, line.valid_to) for line in prices.sorted("valid_from")],
        )

    def test_a_list_rewrites_nothing_that_was_settled(self):
        self._make_rule("R", value=8)
        self._record({"occurred_at": datetime(2026, 12, 3, 4)})
        wizard = self._import(("00123", 131, None), ("M-1", 9, None))
        part, membrane = wizard.line_ids
        self.assertEqual(("error", "new"), (part.outcome, membrane.outcome))
        self.assertIn("up to 12/03/2026", part.problem)
        wizard.action_import()
        self.assertEqual(9, self.library.line_ids.filtered(lambda p: p.valid_from == DAY).price)
        same = self._import(("00123", 128, None))
        self.assertEqual("unchanged", same.line_ids.outcome)
        wizard = self._import(("00123", 131, None))
        wizard.valid_from = date(2026, 12, 4)
        wizard.action_read()
        wizard.action_import()
        self.assertEqual(
            [(128, date(2026, 12, 3)), (131, False)],
            [
                (price.price, price.valid_to)
                for price in self.library.line_ids.sorted("valid_from")
                if price.product_id == self.part
            ],
        )

    def test_numeric_codes_find_their_zeros(self):
        self.assertEqual(self.part, self._import((123, 130, None)).line_ids.product_id)
        self.part_2.default_code = "0123"
        self.assertEqual("error", self._import((123, 130, None)).line_ids.outcome)

    def test_what_nobody_works_in_hours_stops_no_other_row(self):
        rows = ("00123", 130, 40_000_000), ("M-1", 9, 1)
        wizard = self._import(*rows, header=("Code", "Price", "Hours"))
        self.assertEqual(["error", "new"], wizard.line_ids.mapped("outcome"))

    def test_hours_are_minutes(self):
        self.labour.default_code = "L-1"
        self.library.kind = "project"
        self.library.line_ids.unlink()
        wizard = self._import(("L-1", 80, 1.5), header=("项目编码", "单价", "标准工时"))
        wizard.action_import()
        item = self.library.item_ids.filtered(lambda item: item.product_id == self.labour)
        self.assertEqual(90, item.labour_minutes)

    def test_a_file_without_its_columns(self):
        with self.assertRaisesRegex(UserError, "Code"):
            self._import(("x", 1), header=("什么", "标准价"))

    def test_only_channel_managers_import(self):
        preparer = self._make_user("import.preparer", PREPARER)
        with self.assertRaises(AccessError):
            self._import(("00123", 1, None), user=preparer)
