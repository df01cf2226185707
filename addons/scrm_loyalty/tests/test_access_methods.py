"""Who may call the public methods."""

from odoo.tests import tagged

from odoo.addons.scrm_base.tests.method_access import MethodAccessMixin

from .common import LoyaltyCase

ROLES = {
    "internal": "base.group_user",
    "viewer": "scrm_base.group_scrm_base_viewer",
    "user": "scrm_loyalty.group_scrm_loyalty_user",
    "manager": "scrm_loyalty.group_scrm_loyalty_manager",
    "salesman": "sales_team.group_sale_salesman",
    "portal": "base.group_portal",
    "public": "base.group_public",
    "foreign_user": "scrm_loyalty.group_scrm_loyalty_user",
    "foreign_manager": "scrm_loyalty.group_scrm_loyalty_manager",
}


@tagged("post_install", "-at_install")
class TestAccessMethods(MethodAccessMixin, LoyaltyCase):
    _addon = "scrm_loyalty"
    _changing = {
        "loyalty.card.update.balance": {
            # The dialog is core's, its rights too
            "action_update_card_point": {"manager", "salesman"}
        },
        "scrm.loyalty.tier.group": {"action_enroll": {"manager"}},
    }
    _showing = {
        "scrm.customer": {
            "action_view_cards",
            "action_view_entries",
            "action_view_memberships",
            "action_view_tier_moves",
        },
        "scrm.loyalty.membership": {"action_view_cards", "action_view_entries"},
        "scrm.loyalty.tier": {"action_view_members"},
        "scrm.loyalty.tier.group": {"action_view_members"},
        "scrm.loyalty.tier.move": {"action_open_source"},
        "scrm.point.entry": {"action_open_source"},
    }
    _of_core = {"sale.order": {"action_confirm"}}
    _strangers = ("internal", "salesman", "portal", "public", "foreign_user", "foreign_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls._make_users("loyalty", ROLES)
        cls._make_order(2500)
        card = cls.env["loyalty.card"].search([("program_id", "=", cls.program.id)], limit=1)
        membership = cls.env["scrm.loyalty.membership"].search(
            [("customer_id", "=", cls.partner.scrm_customer_id.id)]
        )
        wizard = cls.env["loyalty.card.update.balance"].create(
            {"card_id": card.id, "new_balance": 9, "description": "x"}
        )
        moves = cls.env["scrm.loyalty.tier.move"].search([("membership_id", "=", membership.id)])
        entries = cls.env["scrm.point.entry"].search([("card_id", "=", card.id)])
        records = (
            *(wizard, cls.group, cls.gold, membership, membership.customer_id),
            *(moves[:1], entries[:1]),
        )
        cls.records = {record._name: record.ensure_one() for record in records}

    def test_who_may_can(self):
        self._assert_changing_is_possible()
