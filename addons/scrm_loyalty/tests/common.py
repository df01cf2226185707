"""A programme with three tiers, and short ways to orders and cards."""

from odoo.fields import Command

from odoo.addons.scrm_base.tests.common import ScrmCase

from ..tools.points import to_minor


class LoyaltyCase(ScrmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # automatic programmes of the database would give points of their own
        cls.env["loyalty.program"].search([]).action_archive()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.product = cls.env["product.product"].create(
            {"name": "Filter", "type": "service", "list_price": 1.0, "taxes_id": False}
        )
        cls.program = cls._make_program("Members", cls.company)
        cls.group = cls.env["scrm.loyalty.tier.group"].create(
            {
                "name": "Ladder",
                "program_id": cls.program.id,
                "tier_ids": [
                    Command.create({"name": "Basic", "threshold": 0}),
                    Command.create({"name": "Silver", "threshold": 2000, "multiplier": 1.2}),
                    Command.create({"name": "Gold", "threshold": 8000, "multiplier": 1.5}),
                ],
            }
        )
        cls.basic, cls.silver, cls.gold = cls.group.tier_ids
        cls.partner = cls._make_partner(
            name="Chen", email="chen@example.com", phone="+86 138 2600 1001"
        )

    @classmethod
    def _make_program(cls, name, company):
        """Return a programme of one point per unit of currency."""
        return cls.env["loyalty.program"].create(
            {
                "name": name,
                "program_type": "loyalty",
                "trigger": "auto",
                "applies_on": "both",
                "company_id": company.id,
                "rule_ids": [
                    Command.clear(),
                    Command.create(
                        {
                            "reward_point_mode": "money",
                            "reward_point_amount": 1,
                            "minimum_qty": 0,
                        }
                    ),
                ],
                "reward_ids": [
                    Command.clear(),
                    Command.create(
                        {
                            "reward_type": "discount",
                            "discount_mode": "per_order",
                            "discount": 10,
                            "discount_applicability": "order",
                            "required_points": 100,
                        }
                    ),
                ],
            }
        )

    @classmethod
    def _make_card(cls, partner=None, points=0):
        """Return a card handed out by hand."""
        return cls.env["loyalty.card"].create(
            {
                "program_id": cls.program.id,
                "partner_id": (partner or cls.partner).id,
                "points": points,
            }
        )

    @classmethod
    def _make_order(cls, amount, partner=None, confirm=True):
        """Return an order of this amount, without taxes, confirmed."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.partner).id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.product.id,
                            "product_uom_qty": 1,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        if confirm:
            order.action_confirm()
        return order

    def _get_card(self, partner=None):
        return self.env["loyalty.card"].search(
            [
                ("partner_id", "=", (partner or self.partner).id),
                ("program_id", "=", self.program.id),
            ]
        )

    def _get_membership(self, partner=None):
        return self.env["scrm.loyalty.membership"].search(
            [("customer_id", "=", (partner or self.partner).scrm_customer_id.id)]
        )

    def _get_last_entry(self, card):
        return self.env["scrm.point.entry"].search([("card_id", "=", card.id)], limit=1)

    def _get_entries(self, **domain):
        """Return [(kind, points)] of the ledger in the order of posting."""
        entries = self.env["scrm.point.entry"].search(
            [(name, "=", value) for name, value in domain.items()], order="id"
        )
        return [(entry.kind, entry.points) for entry in entries]

    def assertLedgerEqualsBalances(self):
        """The invariant: each card's balance is the sum of its entries."""
        cards = (
            self.env["loyalty.card"]
            .with_context(active_test=False)
            .search([("program_id", "=", self.program.id)])
        )
        sums = dict(
            self.env["scrm.point.entry"]._read_group(
                [("card_id", "in", cards.ids), ("currency", "=", "redeemable")],
                ["card_id"],
                ["delta:sum"],
            )
        )
        self.assertEqual(
            {card: to_minor(card.points) for card in cards},
            {card: sums.get(card, 0) for card in cards},
        )
