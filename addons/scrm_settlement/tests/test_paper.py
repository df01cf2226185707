from datetime import date, datetime
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.scrm_settlement_statement_paper import REPORT
from .test_dispute import DisputeCase


@tagged("post_install", "-at_install")
class TestPaper(DisputeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part.supplier_taxes_id = [Command.set(cls.tax_13.ids)]

    def _render(self):
        report = self.env["ir.actions.report"].sudo()
        html, _kind = report._render_qweb_html(REPORT, self.statement.ids)
        return html.decode()

    def test_the_page_says_it_all(self):
        self._submit()
        dispute = self._dispute(self.lines[1])
        self._accept(dispute)
        page = self._render()
        for text in (
            self.statement.name,
            "Dealer",
            "Summary",
            "Spare part",
            "824.32",
            "VAT 13 % included",
            dispute.name,
            "Wrong price",
            "Accepted",
            "4.48",
            "Signature, date, seal",
        ):
            self.assertIn(text, page)

    def test_what_is_disputed_after_the_review_is_in_the_total(self):
        sentence = "Disputed amounts are not in the total"
        self._submit()
        self._dispute(self.lines[1])
        self.assertIn(sentence, self._render())
        other = self._record({"product_id": self.part_2.id})
        self.statement = self._generate(self.preparer)
        self._submit()
        self._review()
        self._dispute(other)
        page = self._render()
        self.assertIn("Wrong price", page)
        self.assertNotIn(sentence, page)

    def test_taxes_are_those_of_the_document(self):
        """952.32 − 128.00 = 824.32 with 13 % included: 729.49 and 94.83."""
        self._submit()
        self._dispute(self.lines[1])
        [(name, base, amount)] = self.statement._get_paper_taxes()
        self.assertEqual("VAT 13 % included", name)
        bill = self.statement.sudo().move_id
        self.assertEqual((729.49, 94.83), (round(base, 2), round(amount, 2)))
        self.assertEqual(round(bill.amount_tax, 2), round(amount, 2))

    def test_taxes_of_a_negative_statement_are_negative(self):
        self._submit()
        self._review()
        self.statement.sudo().move_id.action_post()
        self.lines[0]._record_return(
            3,
            source_model="res.partner",
            source_id=self.dealer.id,
            occurred_at=datetime(2026, 12, 5, 4, 0),
        )
        back = self._generate(
            self.preparer, date_from=date(2026, 12, 1), date_to=date(2026, 12, 31)
        )
        back.with_user(self.preparer).action_submit()
        self.assertEqual(-353.28, back.amount_total)
        [(_name, base, amount)] = back._get_paper_taxes()
        self.assertEqual(-353.28, round(base + amount, 2))
        self.assertLess(amount, 0)

    def test_a_list_adds_up_what_is_alike_alone(self):
        """What a dealer gets and what he owes stand apart, in the digits of the currencies."""
        kept = self.statement.read(["company_id", "partner_id"], load=False)[0]
        other = self.statement.new(
            {**kept, "currency_id": self.env.ref("base.KWD").id, "document_mode": "vendor_bill"}
        )
        sheet = (self.statement | other)._prepare_list_sheet()
        self.assertEqual(3, sheet.decimals)
        self.assertEqual(
            [
                ("Total CNY, Vendor bill", self.statement.amount_total),
                ("Total KWD, Vendor bill", 0),
            ],
            sheet.totals,
        )

    def test_each_page_of_many_lines_has_a_head(self):
        """Ten lines a table that is not cut: whatever page begins with one shows the titles."""
        Statement = type(self.statement)
        many = [self.lines[0]] * 25
        disputes = [self.env["scrm.settlement.dispute"].new({"line_id": self.lines[0].id})] * 11
        with (
            patch.object(Statement, "_get_paper_lines", lambda _statement: many),
            patch.object(Statement, "_get_paper_corrections", lambda _statement: many),
            patch.object(Statement, "_get_paper_disputes", lambda _statement: disputes),
        ):
            page = self._render()
        for name, count, title in (
            ("detail", 3, "Unit Price"),
            ("corrections", 3, "Reason"),
            ("disputes", 2, "Claimed"),
        ):
            tables = page.split(f'name="{name}"')[1:]
            self.assertEqual(count, len(tables), name)
            for table in tables:
                self.assertIn("page-break-inside: avoid", table.split(">")[0])
                self.assertIn(title, table.split("</thead>")[0])

    def test_in_the_language_of_the_dealer(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self._submit()
        self.dealer.lang = "zh_CN"
        self.assertIn("2026/11/01", self._render())
        self.dealer.lang = "en_US"
        self.assertIn("11/01/2026", self._render())

    def test_a_file_is_made_where_it_can_be(self):
        """With the program the file is a PDF; without it the page is given to print."""
        self._submit()
        report = self.env["ir.actions.report"].sudo()
        with_printer = report.get_wkhtmltopdf_state() not in ("install", "broken")
        statement = self.statement.with_context(force_report_rendering=True)
        # The program grumbles about the switches that its distribution lacks.
        with mute_logger("odoo.addons.base.models.ir_actions_report"):
            content, kind = statement.with_user(self.portal)._render_paper()
        self.assertEqual("pdf" if with_printer else "html", kind)
        self.assertEqual(with_printer, content.startswith(b"%PDF"))

    def test_unit_prices_keep_their_decimals(self):
        self.assertEqual(2, self.statement._get_price_digits(117.76))
        self.assertEqual(6, self.statement._get_price_digits(33.335))
