from odoo import Command

from .common import CHANNEL_MANAGER, PREPARER, SettlementCase


class AllocationCase(SettlementCase):
    """A scarce filter, a policy for it, and dealers of three levels who order it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.scarce = cls._make_product("Scarce filter")
        cls.grade_agent = cls.env["res.partner.grade"].create(
            {"name": "Agent", "scrm_role": "general_agent", "company_id": cls.company.id}
        )
        (cls.grade_agent + cls.grade_distributor + cls.grade_store).write({"active": True})
        cls.grade_agent.scrm_rank = 0
        cls.grade_distributor.scrm_rank = 10
        cls.grade_store.scrm_rank = 20
        cls.agent, cls.distributor, cls.store = (
            cls._make_partner(name=name, is_company=True, grade_id=grade.id, email=email)
            for name, grade, email in (
                ("Agent", cls.grade_agent, "agent@example.com"),
                ("Distributor", cls.grade_distributor, "distributor@example.com"),
                ("Store", cls.grade_store, "store@example.com"),
            )
        )
        cls.policy = cls._make_policy(
            (cls.grade_agent, "win", "fifo"),
            (cls.grade_distributor, "win", "fifo"),
            (cls.grade_store, "win", "fifo"),
        )
        cls.channel = cls._make_user("allocation.channel", CHANNEL_MANAGER)
        cls.preparer = cls._make_user("allocation.preparer", PREPARER)

    @classmethod
    def _make_product(cls, name):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "consu",
                "is_storable": True,
                "list_price": 10,
                "taxes_id": [Command.clear()],
            }
        )

    @classmethod
    def _make_policy(cls, *classes, **vals):
        """Return a policy of the scarce filter; classes are (level, strategy, method)."""
        return cls.env["scrm.allocation.policy"].create(
            {
                "name": "Scarce filter",
                "company_id": cls.company.id,
                "product_id": cls.scarce.id,
                "is_automatic": False,
                "line_ids": [
                    Command.create(
                        {
                            "position": 10 * number,
                            "grade_id": grade.id if grade else False,
                            "strategy": strategy,
                            "method": method,
                        }
                    )
                    for number, (grade, strategy, method) in enumerate(classes, 1)
                ],
                **vals,
            }
        )

    @classmethod
    def _stock(cls, quantity, product=None):
        cls.env["stock.quant"]._update_available_quantity(
            product or cls.scarce, cls.warehouse.lot_stock_id, quantity
        )

    @classmethod
    def _order(cls, partner, quantity, product=None):
        """Return the delivery's move of a confirmed order."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "warehouse_id": cls.warehouse.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": (product or cls.scarce).id,
                            "product_uom_qty": quantity,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        return order.picking_ids.move_ids

    def _start(self, user=None):
        return (
            self.env["scrm.allocation.run"]
            .with_user(user or self.channel)
            .create({"warehouse_id": self.warehouse.id, "company_id": self.company.id})
        )

    def _divide(self, user=None):
        """Return an applied run."""
        run = self._start(user)
        run.action_simulate()
        run.action_apply()
        return run.sudo()

    def _receive(self, quantity):
        """Let goods arrive from a vendor."""
        warehouse = self.warehouse
        receipt = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": warehouse.lot_stock_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.scarce.id,
                            "product_uom_qty": quantity,
                            "location_id": self.env.ref("stock.stock_location_suppliers").id,
                            "location_dest_id": warehouse.lot_stock_id.id,
                        }
                    )
                ],
            }
        )
        receipt.action_confirm()
        receipt.button_validate()
        self.assertEqual("done", receipt.state)

    def _orders(self, *quantities):
        dealers = (self.agent, self.distributor, self.store)
        return [self._order(*pair) for pair in zip(dealers, quantities, strict=True)]
