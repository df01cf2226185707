import base64
from datetime import date, datetime

from odoo.addons.scrm_base.tests.spreadsheet_files import make_xlsx

from .common import PREPARER, REVIEWER, SettlementCase

HEADER = ["单号", "物料编码", "日期", "数量", "金额"]


class ReconciliationCase(SettlementCase):
    """A dealer with entries in the journal, known by delivery numbers, and files about them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_rule("Fixed", method="fixed", value=100)
        cls.part.default_code = "00123"
        cls.part_2.default_code = "B-7"
        cls.preparer = cls._make_user("reconciliation.preparer", PREPARER)
        cls.reviewer = cls._make_user("reconciliation.reviewer", REVIEWER)

    def _entry(self, ref, quantity=1, day=5, **vals):
        """Write an entry of 100.00 a piece whose document has this number."""
        document = self._make_partner(name=ref)
        return self._record(
            {
                "source_model": "res.partner",
                "source_id": document.id,
                "quantity": quantity,
                "occurred_at": datetime(2026, 11, day, 4),
                **vals,
            }
        )

    def _row(self, ref, amount=100, quantity=1, code="00123", day=5):
        return [ref, code, date(2026, 11, day), quantity, amount]

    def _make_file(self, *rows):
        return make_xlsx([HEADER, *rows])

    def _make_import(self, *rows, content=None, user=None, **vals):
        about = {
            "partner_id": self.dealer.id,
            "date_from": date(2026, 11, 1),
            "date_to": date(2026, 11, 30),
        }
        return (
            self.env["scrm.settlement.import"]
            .with_user(user or self.preparer)
            .create(
                {
                    "company_id": self.company.id,
                    "filename": "list.xlsx",
                    "file": base64.b64encode(content or self._make_file(*rows)),
                    **({} if "statement_id" in vals else about),
                    **vals,
                }
            )
        )

    def _compare(self, *rows, **vals):
        record = self._make_import(*rows, **vals)
        record.action_compare()
        return record

    def _statuses(self, record):
        """Return {row number or our entry's number: status}."""
        return {
            line.row_number or line.line_id.source_label: line.status for line in record.line_ids
        }

    def _assert_adds_up(self, record):
        parts = record.subtotal_ids
        self.assertEqual(record.amount_ours, sum(parts.mapped("amount_ours")))
        self.assertEqual(record.amount_theirs, sum(parts.mapped("amount_theirs")))
        self.assertEqual(record.amount_difference, sum(parts.mapped("amount_difference")))
        self.assertEqual(len(record.line_ids), sum(parts.mapped("row_count")))
