from datetime import date, datetime

from odoo import Command

from .common import SettlementCase


class JournalCase(SettlementCase):
    """A dealer who orders goods, and tiers that pay for shipments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods = cls.env["product.product"].create(
            {
                "name": "Purifier",
                "type": "consu",
                "list_price": 100,
                "invoice_policy": "delivery",
                "taxes_id": [Command.clear()],
                "supplier_taxes_id": [Command.clear()],
            }
        )
        cls.shipping_tier = cls._make_tier("Shipments", "shipment")
        cls.Line = cls.env["scrm.settlement.line"]

    @classmethod
    def _make_rebate(cls):
        """Return a rule that pays 2 for each piece shipped since January."""
        return cls._make_rule(
            "2 a piece",
            tier_id=cls.shipping_tier.id,
            method="fixed",
            value=2,
            date_from=date(2026, 1, 1),
        )

    @classmethod
    def _make_tier(cls, name, scope, **vals):
        return cls.env["scrm.settlement.tier"].create(
            {"name": name, "company_id": cls.company.id, "scope": scope, **vals}
        )

    @classmethod
    def _make_scale(cls, *steps):
        """Return commands for brackets from pairs (from, value)."""
        tops = [step[0] for step in steps[1:]] + [0]
        return [
            Command.create({"min_value": low, "max_value": top, "value": value})
            for (low, value), top in zip(steps, tops, strict=True)
        ]

    def _order(self, quantity=10, price=100, partner=None, uom=None, **vals):
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.dealer).id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.goods.id,
                            "product_uom_qty": quantity,
                            "product_uom_id": (uom or self.goods.uom_id).id,
                            "price_unit": price,
                        }
                    )
                ],
                **vals,
            }
        )
        order.action_confirm()
        return order

    def _ship(self, quantity=10, price=100, moment=None, **vals):
        """Return the done move of an order that was delivered whole."""
        move = self._order(quantity, price, **vals).picking_ids.move_ids
        return self._complete(move, quantity, moment)

    def _complete(self, move, quantity, moment=None):
        move.write({"quantity": quantity, "picked": True})
        move._action_done()
        move.date = moment or datetime(2026, 11, 5, 4, 0)
        return move

    def _bring_back(self, move, quantity, moment=None, to_refund=True):
        """Return the done move of goods that came back."""
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=move.picking_id.id, active_model="stock.picking")
            .create({"picking_id": move.picking_id.id})
        )
        line = wizard.product_return_moves.filtered(lambda line: line.move_id == move)
        line.write({"quantity": quantity, "to_refund": to_refund})
        (wizard.product_return_moves - line).quantity = 0
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        return self._complete(back.move_ids, quantity, moment or datetime(2026, 11, 20, 4, 0))

    def _pull(self, **vals):
        """Fetch what is new; return the new lines."""
        known = self.Line.search([("company_id", "=", self.company.id)])
        self.Line._pull(self.company, **vals)
        return self.Line.search([("company_id", "=", self.company.id)], order="id") - known
