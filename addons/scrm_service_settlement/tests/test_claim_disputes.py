from odoo.tests import tagged

from odoo.addons.scrm_settlement.tests.common import CHANNEL_MANAGER, REVIEWER

from .test_ticket_settlement import TicketSettlementCase


@tagged("post_install", "-at_install")
class TestClaimDisputes(TicketSettlementCase):
    """2 × 117.76, of which the manufacturer accepts 200: the dealer bears 35.52 of them once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manufacturer = cls._make_partner(name="Manufacturer", is_company=True)
        cls.preparer = cls._make_user("t_dispute_preparer", CHANNEL_MANAGER)
        cls.reviewer = cls._make_user("t_dispute_reviewer", REVIEWER)

    def _settle(self, kind, value=0.0, returned=0):
        """Settle, claim, give back and accept a dispute; return the disputed line."""
        ticket = self._work(parts=2, labour=0)
        ticket._move_along("done")
        line = self._get_lines(ticket)
        statement = self._generate(user=self.preparer)
        statement.action_submit()
        statement.with_user(self.reviewer).action_review()
        self.env["scrm.service.claim"].create(
            {
                "ticket_id": ticket.id,
                "partner_id": self.manufacturer.id,
                "amount_accepted": 200,
                "policy": "postcredit",
            }
        )
        self._give_back(line, returned)
        dispute = (
            self.env["scrm.settlement.dispute"]
            .with_user(self.preparer)
            .create(
                {
                    "statement_id": statement.id,
                    "line_id": line.id,
                    "kind": kind,
                    "claimed_value": value,
                    "evidence": "Delivery note",
                }
            )
        )
        dispute.resolution = "Checked"
        dispute.with_user(self.reviewer).action_accept()
        return line

    def _give_back(self, line, quantity):
        if quantity:
            line.sudo()._record_return(
                quantity, source_model="res.partner", source_id=self._make_partner().id
            )

    def _get_kept(self):
        lines = self.env["scrm.settlement.line"].search([("partner_id", "=", self.dealer.id)])
        return self.company.currency_id.round(sum(lines.mapped("amount")))

    def test_what_is_not_ours_leaves_nothing(self):
        self._settle("not_ours")
        self.assertEqual(0, self._get_kept())

    def test_a_price_is_agreed_beside_what_was_borne(self):
        line = self._settle("price", 110, returned=1)
        self.assertEqual(92.24, self._get_kept())  # 110.00 less half of 35.52
        self._give_back(line, 1)
        self.assertEqual(0, self._get_kept())

    def test_a_quantity_is_agreed_beside_what_was_borne(self):
        line = self._settle("quantity", 1.5, returned=1)
        self._give_back(line, 0.5)
        self.assertEqual(0, self._get_kept())
