from datetime import date, datetime

from .common import REVIEWER
from .journal_case import JournalCase
from .reconciliation_case import ReconciliationCase

OCTOBER = {"date_from": date(2026, 10, 1), "date_to": date(2026, 10, 31)}


class TwinsCase(JournalCase, ReconciliationCase):
    """Short ways to claims of a dealer, to their sources, and to what is asked about them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods.default_code = "G-1"
        cls._make_rule(
            "Shipped",
            tier_id=cls.shipping_tier.id,
            method="fixed",
            value=100,
            date_from=date(2026, 1, 1),
        )
        cls.reviewer_2 = cls._make_user("twins.reviewer2", REVIEWER)

    def _claim(self, ref, quantity=10, day=20, **vals):
        """Accept a row of the dealer's list for October; return its line."""
        row = [ref, "G-1", date(2026, 10, day), quantity, 100 * quantity]
        record = self._compare(row, **{**OCTOBER, **vals})
        theirs = record.line_ids.filtered("row_number")
        theirs.with_user(self.preparer)._accept(self.goods, quantity)
        return theirs.line_id

    def _generate_month(self, month=11):
        last = {10: 31, 11: 30, 12: 31}[month]
        return self._generate(
            self.preparer, date_from=date(2026, month, 1), date_to=date(2026, month, last)
        )

    def _deliver(self, quantity=10, moment=None):
        return self._ship(quantity, moment=moment or datetime(2026, 11, 5, 4))

    def _fetch(self, quantity, day, month=11):
        self._deliver(quantity, datetime(2026, month, day, 4))
        return self._pull()

    def _get_open(self, user=None):
        return (
            self.env["scrm.settlement.exception"]
            .with_user(user or self.preparer)
            .search([("reason", "=", "claimed"), ("state", "=", "open")], order="id")
        )

    def _settled_claim(self, move, **vals):
        """Claim what a delivery brought before the journal has it, and settle the claim."""
        claim = self._claim(move.picking_id.name, **vals)
        self.assertEqual("pending", claim.state)
        statement = self._generate_month(10)
        self.assertEqual(claim, statement.line_ids)
        return claim
