from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import CHANNEL_MANAGER, REVIEWER, SettlementCase


@tagged("post_install", "-at_install")
class TestMonthEndTour(HttpCase, SettlementCase):
    """A month from its lines to the revision of a reversed bill, each step by whose it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_rule("B", value=8)
        cls.dealer.name = "Near"
        cls.dealer_2.name = "Far"
        cls.preparer = cls._make_user("month.preparer", CHANNEL_MANAGER)
        cls.finance = cls._make_user("month.finance", REVIEWER)
        cls.portal = cls._make_user("month.portal", "base.group_portal")
        cls.portal.partner_id.parent_id = cls.dealer
        (cls.preparer + cls.finance).lang = "en_US"

    def _find_statements(self, dealer):
        return self.env["scrm.settlement.statement"].search([("partner_id", "=", dealer.id)])

    def test_month_end(self):
        last_month = fields.Datetime.now() - relativedelta(months=1)
        moment = last_month.replace(day=15, hour=4)
        self._record(
            {"quantity": 7, "occurred_at": moment},
            {"quantity": 2, "occurred_at": moment, "partner_id": self.dealer_2.id},
        )
        self.start_tour("/odoo", "scrm_settlement_month_end_prepare", login=self.preparer.login)
        near, far = self._find_statements(self.dealer), self._find_statements(self.dealer_2)
        self.assertEqual(
            [("submitted", self.preparer)] * 2, [(s.state, s.submitter_id) for s in near + far]
        )

        self.start_tour("/odoo", "scrm_settlement_month_end_review", login=self.finance.login)
        self.assertEqual(["invoiced", "reviewed"], [near.state, far.state])
        self.assertEqual(self.finance, (near + far).reviewer_id)

        [line] = near.line_ids
        dispute = near.with_user(self.portal)._open_own_disputes(
            [
                {
                    "line_id": line.id,
                    "kind": "price",
                    "claimed_value": 120,
                    "evidence": "The contract says 120.00",
                }
            ]
        )
        self.start_tour("/odoo", "scrm_settlement_month_end_dispute", login=self.finance.login)
        self.assertEqual(("accepted", self.finance), (dispute.state, dispute.resolved_by_id))
        self.assertEqual(15.68, dispute.adjustment_line_id.amount)
        self.assertEqual("reversed", near.state)

        self.start_tour("/odoo", "scrm_settlement_month_end_again", login=self.preparer.login)
        again = near.successor_ids
        self.assertEqual(("submitted", 1, line), (again.state, again.revision, again.line_ids))
        self.assertEqual("draft", again.sudo().move_id.state)
