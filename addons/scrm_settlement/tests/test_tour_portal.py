from odoo.tests import HttpCase, tagged

from .test_dispute import DisputeCase


@tagged("post_install", "-at_install")
class TestTourPortal(HttpCase, DisputeCase):
    def test_a_dealer_disputes_a_line_and_confirms_the_rest(self):
        self._submit()
        self.start_tour("/my/settlements", "scrm_settlement_portal", login=self.portal.login)
        dispute = self.statement.dispute_ids
        self.assertEqual(
            (self.lines[0], 120, 15.68),
            (
                dispute.line_id,
                dispute.claimed_value,
                dispute.amount_claimed,
            ),
        )
        self.assertEqual("disputed", self.lines[0].state)
        self.assertEqual(self.portal, self.statement.dealer_confirmed_by_id)
        self._accept(dispute)
        self._review()
        self.assertEqual(363.52, self.statement.amount_total)
