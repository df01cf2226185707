from odoo.tests import tagged

from .test_ticket_settlement import TicketSettlementCase


@tagged("post_install", "-at_install")
class TestClaimDisputes(TicketSettlementCase):
    """2 × 117.76, of which the manufacturer accepts 200: the dealer bears 35.52 of them once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manufacturer = cls._make_partner(name="Manufacturer", is_company=True)

    def _settle(self, kind, value=0.0, returned=0):
        """Settle, claim, give back and accept a dispute; return the disputed line."""
        ticket = self._settle_two()
        line = self._get_lines(ticket)
        self.env["scrm.service.claim"].create(
            {
                "ticket_id": ticket.id,
                "partner_id": self.manufacturer.id,
                "amount_accepted": 200,
                "policy": "postcredit",
            }
        )
        if returned:
            self._return(line, returned)
        self._accept_dispute(line, kind, value)
        return line

    def test_what_is_not_ours_leaves_nothing(self):
        self._settle("not_ours")
        self.assertEqual(0, self._get_kept())

    def test_a_price_is_agreed_beside_what_was_borne(self):
        line = self._settle("price", 110, returned=1)
        self.assertEqual(92.24, self._get_kept())  # 110.00 less half of 35.52
        self._return(line, 1)
        self.assertEqual(0, self._get_kept())

    def test_a_quantity_is_agreed_beside_what_was_borne(self):
        line = self._settle("quantity", 1.5, returned=1)
        self._return(line, 0.5)
        self.assertEqual(0, self._get_kept())
