import base64
import io
from datetime import date
from unittest.mock import patch

import openpyxl
import psycopg2
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.scrm_base.tests.spreadsheet_files import make_csv, make_xls, make_xlsx
from odoo.addons.scrm_settlement.models import scrm_settlement_import_read as reading

from .reconciliation_case import HEADER, ReconciliationCase


@tagged("post_install", "-at_install")
class TestReconciliation(ReconciliationCase):
    # === READING AND MATCHING === #

    def test_every_status_and_the_six_subtotals(self):
        for number in range(1, 5):
            self._entry(f"D-{number}")
        record = self._compare(
            self._row("D-1"),
            self._row("D-2", 120),
            self._row("D-3", 200, 2),
            self._row("D-9", 77, code="X"),
            self._row("D-1"),
            self._row("D-8", "#N/A"),
        )
        self.assertEqual("compared", record.state)
        self.assertEqual(
            {
                2: "matched",
                3: "amount",
                4: "quantity",
                5: "only_theirs",
                6: "duplicate",
                7: "error",
                "D-4": "only_ours",
            },
            self._statuses(record),
        )
        self.assertEqual(400, record.amount_ours)
        self.assertEqual(597, record.amount_theirs)
        self.assertEqual((7, 6), (record.row_count, record.unresolved_count))
        for count, action in (
            (record.row_count, record.action_open_rows()),
            (record.unresolved_count, record.action_open_unresolved()),
        ):
            self.assertEqual(count, self.env[action["res_model"]].search_count(action["domain"]))
        self._assert_adds_up(record)
        self.assertEqual(
            [0, 20, 100, -100, 77, 100, 0], record.subtotal_ids.mapped("amount_difference")
        )
        for part in record.subtotal_ids:
            action = part.action_open_rows()
            self.assertEqual(
                part.row_count, self.env[action["res_model"]].search_count(action["domain"])
            )

    def test_xls_xlsx_and_csv_give_the_same_result(self):
        self._entry("D-1")
        self._entry("D-2", 2)
        rows = [HEADER, self._row("D-1"), self._row("D-2", 200.0, 2), self._row("D-3", 1.5)]
        texts = [HEADER, *([r, c, str(d), str(q), str(a)] for r, c, d, q, a in rows[1:])]
        for content, name in (
            (make_xlsx(rows), "a.xlsx"),
            (make_xls(rows), "a.xls"),
            (make_xls(rows, dates_1904=True), "a.xls"),
            (make_xlsx(rows, epoch=CALENDAR_MAC_1904), "a.xls"),
            (make_csv(texts), "a.csv"),
        ):
            record = self._compare(content=content, filename=name)
            self.assertEqual({2: "matched", 3: "matched", 4: "only_theirs"}, self._statuses(record))
            self.assertEqual(
                [date(2026, 11, 5)] * 3, record.line_ids.sorted("row_number").mapped("date")
            )
            record.action_discard()

    def test_worked_example_19(self):
        self._entry("D-1", name="zeros")
        record = self._compare(
            self._row("D-1", 0.1 + 0.2, code=123),
            self._row("D-2", "（1,234.50）"),
            self._row("D-3", "#N/A"),
        )
        lines = record.line_ids.sorted("row_number")
        self.assertEqual([0.30, -1234.50], lines[:2].mapped("amount"))
        self.assertEqual("amount", lines[0].status)
        self.assertEqual("error", lines[2].status)
        self.assertIn("Amount", lines[2].reason)
        self.assertIn("#N/A", lines[2].reason)
        # A second code that differs in its zeros only
        self.part_2.default_code = "0123"
        self._entry("D-4", product_id=self.part_2.id)
        record = self._compare(self._row("D-1", code=123))
        line = record.line_ids.filtered("row_number")
        self.assertEqual("only_theirs", line.status)
        self.assertTrue(line.is_ambiguous)
        self.assertIn("left zeros", line.reason)

    def test_a_row_in_another_currency_is_not_compared(self):
        self._entry("D-1")
        self._entry("D-2")
        rows = [[*self._row("D-1"), "USD"], [*self._row("D-2"), "人民币"]]
        record = self._compare(
            content=make_xlsx([[*HEADER, "币种"], *rows]), currency_id=self.cny.id
        )
        self.assertEqual({2: "error", 3: "matched", "D-1": "only_ours"}, self._statuses(record))
        error = record.error_line_ids
        self.assertIn("Currency: the amount is in another currency: USD", error.reason)
        self.assertEqual((100, 1), (record.amount_theirs, record.error_count))
        record.action_discard()
        content = make_xlsx([[*HEADER[:-1], f"{HEADER[-1]}（USD）"], self._row("D-1")])
        record = self._compare(content=content, currency_id=self.cny.id)
        self.assertEqual("error", self._statuses(record)[2])
        record.action_discard()
        layout = self.env["scrm.settlement.import.template"].create(
            {"name": "Own", "currency_titles": "Geld", "company_id": self.company.id}
        )
        content = make_xlsx([[*HEADER, "Geld"], *rows])
        record = self._compare(content=content, currency_id=self.cny.id, template_id=layout.id)
        self.assertEqual("error", self._statuses(record)[2])

    def test_rows_that_are_left_out_as_totals_are_shown(self):
        self._entry("D-1")
        record = self._compare(
            self._row("D-1"), [None, None, None, 2, 250], ["合计", None, None, 1, 350]
        )
        self.assertEqual({2: "matched", 3: "error", 4: "total"}, self._statuses(record))
        self.assertEqual((100, 100), (record.amount_theirs, record.amount_ours))
        self._assert_adds_up(record)
        self.assertEqual((1, 1), (record.total_count, record.unresolved_count))
        action = record.action_open_totals()
        row = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual((4, 350, 0), (row.row_number, row.amount, row.difference))
        self.assertIn("“合计”", row.reason)
        book = openpyxl.load_workbook(io.BytesIO(record._make_report()))
        self.assertEqual(4, book["Left out as a total"]["A2"].value)

    def test_a_real_row_that_looks_like_a_total(self):
        record = self._compare(self._row("D-1"), ["Total", None, None, 1, 350], ["合计"])
        row, empty = record.line_ids.filtered(lambda row: row.status == "total")
        row.with_user(self.preparer).action_compare()
        self.assertEqual(("only_theirs", 350, 350), (row.status, row.amount, row.difference))
        self.assertEqual((450, 1), (record.amount_theirs, record.total_count))
        self._assert_adds_up(record)
        with self.assertRaisesRegex(UserError, "no amount"):
            empty.with_user(self.preparer).action_compare()
        with self.assertRaisesRegex(UserError, "not left out"):
            row.with_user(self.preparer).action_compare()
        with self.assertRaises(AccessError):
            empty.with_user(self.reviewer).action_compare()

    def test_the_same_file_twice(self):
        record = self._make_import(self._row("D-1"))
        content = base64.b64decode(record.file)
        with self.assertRaisesRegex(UserError, "uploaded for this dealer and period already"):
            self._make_import(content=content, filename="other name.xlsx")
        # Another dealer, another month: another thing
        other = self._make_import(content=content, partner_id=self.dealer_2.id)
        with self.assertRaises(UserError):
            other.partner_id = self.dealer
        self._make_import(content=content, date_from=date(2026, 10, 1), date_to=date(2026, 10, 31))
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            self.cr.execute(
                "UPDATE scrm_settlement_import SET file_key = %s WHERE id = %s",
                [record.file_key, other.id],
            )

    def test_files_that_cannot_be_used_get_a_sentence(self):
        for content, sentence in (
            (None, "Choose a file"),
            (b"", "“list.xlsx” is empty"),
            (b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, "neither .xlsx"),
            (make_xlsx([["Name"], ["A"]]), "titles of the columns"),
            (make_xlsx([HEADER]), "no rows"),
            (make_xlsx([HEADER, ["合计", None, None, 1, 5]]), "no rows"),
            (make_xlsx([HEADER, self._row("A")])[:300], "damaged"),
        ):
            with self.subTest(sentence=sentence):
                record = self._make_import(content=content or make_xlsx([]))
                if not content:
                    record.write({"file": content, "filename": content is not None and "list.xlsx"})
                with self.assertRaisesRegex(UserError, sentence), self.cr.savepoint():
                    record.action_compare()
                self.assertEqual("draft", record.state)
                self.assertFalse(record.line_ids)

    def test_a_layout_of_the_dealer(self):
        self._entry("D-1")
        template = self.env["scrm.settlement.import.template"].create(
            {
                "name": "Dealer's",
                "company_id": self.company.id,
                "partner_id": self.dealer.id,
                "sheet_name": "November",
                "amount_titles": "本期应返 | 返利",
                "is_reversed": True,
                "decimal_mark": "comma",
                "day_order": "dmy",
                "tolerance": 1,
                "skip_beginnings": "Sum",
            }
        )
        book = openpyxl.Workbook()
        book.active.append(HEADER)
        book.active.append(self._row("D-7"))
        sheet = book.create_sheet("November")
        for row in (
            ["Letterhead"],
            [],
            ["Quantity", "Reference", "Item Code", "Date", "返利", "金额"],
            [-1, "D-1", "00123", "05/11/2026", "-100,90", 1],
            ["Sum", None, None, None, "-100,90"],
        ):
            sheet.append(row)
        output = io.BytesIO()
        book.save(output)
        record = self._make_import(content=output.getvalue())
        self.assertEqual(template, record.template_id)
        record.action_compare()
        line, total = record.line_ids.sorted("row_number")
        self.assertEqual((5, "total"), (total.row_number, total.status))
        self.assertEqual((4, 100.9, 1), (line.row_number, line.amount, line.quantity))
        self.assertEqual(("matched", date(2026, 11, 5)), (line.status, line.date))

    def test_what_is_compared(self):
        inside = self._entry("D-1")
        self._entry("D-2", day=5, occurred_at="2026-10-31 15:59:59")  # October in Shanghai
        self._entry("D-3", partner_id=self.dealer_2.id)
        border = self._entry("D-4", occurred_at="2026-10-31 16:30:00")
        record = self._compare(self._row("D-0", 1))
        self.assertEqual(inside | border, record.line_ids.line_id)

    def test_a_statement_is_compared_with_its_lines(self):
        self._entry("D-1")
        statement = self._generate(self.preparer)
        late = self._entry("D-2")
        record = self._compare(self._row("D-1"), statement_id=statement.id)
        self.assertEqual((date(2026, 11, 1), self.dealer), (record.date_from, record.partner_id))
        # What came late would be claimed twice if it did not show
        self.assertEqual({2: "matched", "D-2": "only_ours"}, self._statuses(record))
        self.assertEqual(late, record.line_ids.filtered(lambda r: r.status == "only_ours").line_id)
        self.assertEqual(1, statement.import_count)
        self.assertEqual(-100, statement.import_difference)

    def test_an_agreed_price_answers_the_row_that_asked_for_it(self):
        """Ours was 100; he asked for 120 and was right: one row of his, two entries of ours."""
        line = self._entry("D-1")
        statement = self._generate(self.preparer)
        dispute = (
            self.env["scrm.settlement.dispute"]
            .with_user(self.preparer)
            .create(
                {
                    "statement_id": statement.id,
                    "line_id": line.id,
                    "kind": "price",
                    "claimed_value": 120,
                    "evidence": "Contract",
                }
            )
        )
        dispute.resolution = "The contract says so"
        dispute.with_user(self.reviewer).action_accept()
        record = self._compare(self._row("D-1", 120))
        self.assertEqual({2: "matched"}, self._statuses(record))
        row = record.line_ids
        self.assertEqual((120, 0, line), (row.our_amount, row.difference, row.line_id))
        self.assertIn("corrects the entry", row.reason)
        self._assert_adds_up(record)
        row.action_unmatch()  # and what was counted with it is shown again
        self.assertEqual([-100, -20, 120], sorted(record.line_ids.mapped("difference")))
        self._assert_adds_up(record)

    def test_queries_do_not_grow_with_the_rows(self):
        for number in range(60):
            self._entry(f"Q-{number}")

        def queries(count):
            rows = [self._row(f"Q-{number}") for number in range(count)]
            record = self._make_import(*rows)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            record.action_compare()
            self.env.flush_all()
            self.assertEqual(count, len(record.matched_line_ids))
            return self.cr.sql_log_count - before

        queries(5)
        few, many = queries(10), queries(60)
        self.assertLessEqual(many, few + 2)

    # === IN THE BACKGROUND === #

    def test_large_files_wait_for_a_job(self):
        self._entry("D-1")
        with patch.object(reading, "LARGE_FILE", 10):
            record = self._compare(self._row("D-1"))
        self.assertEqual("reading", record.state)
        job = self.env["queue.job"].search([("func_string", "like", f"{record._name}({record.id}")])
        self.assertEqual(1, len(job))
        record.action_resume()
        self.assertEqual(
            1, self.env["queue.job"].search_count([("identity_key", "=", job.identity_key)])
        )
        record._run_reading()
        self.assertEqual(("compared", 100), (record.state, record.progress))
        record._run_reading()  # again, after a lost answer
        self.assertEqual({2: "matched"}, self._statuses(record))

    def test_a_bad_file_in_the_background_says_so(self):
        with patch.object(reading, "LARGE_FILE", 10):
            record = self._compare(content=make_xlsx([["Name"], ["A"]]))
        record._run_reading()
        self.assertEqual("draft", record.state)
        self.assertIn("titles of the columns", record.problem)

    # === BY HAND === #

    def test_match_and_unmatch_by_hand(self):
        entry = self._entry("D-1")
        record = self._compare(self._row("Our 1", code="unknown"))
        row, ours = record.only_theirs_line_ids, record.only_ours_line_ids
        self._resolve(row, entry_row_id=ours.id).action_match()
        self.assertEqual(("matched", "manual", entry), (row.status, row.resolution, row.line_id))
        self.assertFalse(ours.exists())
        self.assertEqual(0, record.unresolved_count)
        self._assert_adds_up(record)
        self.assertIn("matched by hand with", record.message_ids[0].body)
        row.action_unmatch()
        self.assertEqual({2: "only_theirs", "D-1": "only_ours"}, self._statuses(record))
        self.assertIn("unmatched from", record.message_ids[0].body)
        self._assert_adds_up(record)

    def test_a_pair_by_hand_may_differ(self):
        self._entry("D-1", 3)
        record = self._compare(self._row("Our 1", 300.01, 3, "x"), self._row("Our 2", 300, 4, "x"))
        first, second = record.only_theirs_line_ids
        ours = record.only_ours_line_ids
        first._match_with(ours)
        self.assertEqual("matched", first.status)
        with self.assertRaisesRegex(UserError, "only theirs"):
            second._match_with(first)
        first.action_unmatch()
        second._match_with(record.line_ids.filtered(lambda r: r.status == "only_ours"))
        self.assertEqual("quantity", second.status)

    def test_one_entry_answers_one_row(self):
        self._entry("D-1")
        record = self._compare(self._row("D-1"), self._row("D-2", code="x"))
        matched, other = record.line_ids.sorted("row_number")
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            self.cr.execute(
                "UPDATE scrm_settlement_import_line SET line_id = %s, status = 'matched' "
                "WHERE id = %s",
                [matched.line_id.id, other.id],
            )

    # === ACCEPTED CLAIMS === #

    def _resolve(self, row, **vals):
        return (
            self.env["scrm.settlement.import.resolve"]
            .with_user(self.preparer)
            .create({"row_id": row.id, **vals})
        )

    def test_a_credit_is_accepted_as_one(self):
        record = self._compare(self._row("D-3", -100, quantity=None))
        [row] = record.only_theirs_line_ids
        self.assertEqual((0, -1), (row.quantity, self._resolve(row).quantity))

    def test_a_claim_is_accepted_once(self):
        self._entry("D-1")
        statement = self._generate(self.preparer)
        record = self._compare(
            self._row("D-1"),
            self._row("D-2", 200, 2, code=123, day=30),
            statement_id=statement.id,
        )
        row = record.only_theirs_line_ids
        wizard = self._resolve(row)
        self.assertEqual((self.part, 2), (wizard.product_id, wizard.quantity))
        wizard.action_accept()
        line = row.line_id
        self.assertEqual(
            ("import", row._name, row.id), (line.source_type, line.source_model, line.source_id)
        )
        self.assertEqual((date(2026, 11, 30), 200), (line.date, line.amount))
        self.assertEqual(("matched", "accepted"), (row.status, row.resolution))
        self.assertEqual((statement, 300), (line.statement_id, statement.amount_untaxed))
        with self.assertRaisesRegex(UserError, "answered already"):
            wizard.action_accept()
        self.assertFalse(
            self.env["scrm.settlement.line"]._record_sources(
                [row._prepare_source_vals(self.part, 2)]
            )
        )
        with self.assertRaisesRegex(UserError, "accepted into the journal"):
            row.action_unmatch()
        with self.assertRaisesRegex(UserError, "in the journal"):
            record.action_reset()
        with self.assertRaises(UserError):
            row.sudo().unlink()

    def test_a_claim_gets_our_price(self):
        record = self._compare(self._row("D-2", 250, 2))
        record.line_ids._accept(self.part, 2)
        self.assertEqual(("amount", 50), (record.line_ids.status, record.line_ids.difference))
        self.assertEqual("pending", record.line_ids.line_id.state)
