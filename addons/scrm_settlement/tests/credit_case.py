"""Fixtures of dealer credit: a dealer with an account, orders and invoices of given amounts."""

from datetime import timedelta

from odoo import Command, fields

from .common import SettlementCase

CREDIT_MANAGER = "scrm_settlement.group_scrm_settlement_credit_manager"
SALESMAN = "sales_team.group_sale_salesman_all_leads"
STOCK_USER = "stock.group_stock_user"


class CreditCase(SettlementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create(
            {
                "name": "净水机",
                "type": "consu",
                "is_storable": True,
                "list_price": 1,
                "invoice_policy": "delivery",
                "taxes_id": [Command.clear()],
            }
        )
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls._add_stock(1000)
        cls.tax_sale = cls.env["account.tax"].create(
            {
                "name": "VAT 13 %",
                "amount": 13,
                "type_tax_use": "sale",
                "company_id": cls.company.id,
                "country_id": cls.company.account_fiscal_country_id.id,
                "tax_group_id": cls.tax_13.tax_group_id.id,
            }
        )
        cls.deposit_account = cls.env["account.account"].create(
            {
                "name": "Dealers' deposits",
                "code": "224199",
                "account_type": "liability_current",
                "company_ids": [Command.set(cls.company.ids)],
            }
        )
        cls.policy = cls.env["scrm.credit.policy"]._get_default(cls.company)
        cls.policy.deposit_account_ids = cls.deposit_account
        cls.salesman = cls._make_user("credit.salesman", SALESMAN)
        cls.manager = cls._make_user("credit.manager", CREDIT_MANAGER)
        cls.manager_2 = cls._make_user("credit.manager.2", CREDIT_MANAGER)
        cls.policy.manager_id = cls.manager

    @classmethod
    def _add_stock(cls, quantity):
        cls.env["stock.quant"]._update_available_quantity(
            cls.product, cls.warehouse.lot_stock_id, quantity
        )

    @classmethod
    def _open_account(cls, limit=100000, partner=None, **vals):
        return cls.env["scrm.credit.account"].create(
            {
                "company_id": cls.company.id,
                "partner_id": (partner or cls.dealer).id,
                "currency_id": cls.cny.id,
                "limit_mode": "amount",
                "own_limit": limit,
                **vals,
            }
        )

    @classmethod
    def _make_order(cls, amount, partner=None, quantity=1, taxes=None, **vals):
        """Return a quotation over an amount before taxes."""
        return cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.dealer).id,
                "company_id": cls.company.id,
                "user_id": cls.salesman.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.product.id,
                            "product_uom_qty": quantity,
                            "price_unit": amount / quantity,
                            "tax_ids": [Command.set(taxes.ids if taxes else [])],
                        }
                    )
                ],
                **vals,
            }
        )

    @classmethod
    def _deliver(cls, order, quantity=None):
        picking = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty if quantity is None else quantity
            move.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    @classmethod
    def _make_filter(cls, price=1):
        """Return another product that is on stock."""
        product = cls.env["product.product"].create(
            {
                "name": "Vorfilter",
                "type": "consu",
                "is_storable": True,
                "list_price": price,
                "invoice_policy": "delivery",
                "taxes_id": [Command.clear()],
            }
        )
        cls.env["stock.quant"]._update_available_quantity(product, cls.warehouse.lot_stock_id, 100)
        return product

    @classmethod
    def _add_to_delivery(cls, picking, quantity, price=None):
        """Add goods to a delivery by hand: more of what was ordered, or another product."""
        product = cls._make_filter(price) if price else picking.move_ids.product_id
        picking.move_ids = [
            Command.create(
                {
                    "product_id": product.id,
                    "product_uom_qty": quantity,
                    "location_id": picking.location_id.id,
                    "location_dest_id": picking.location_dest_id.id,
                }
            )
        ]

    @classmethod
    def _invoice(cls, amount, post=True, partner=None, **vals):
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or cls.dealer).id,
                "company_id": cls.company.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Goods", "quantity": 1, "price_unit": amount, "tax_ids": []}
                    )
                ],
                **vals,
            }
        )
        if post:
            invoice.action_post()
        return invoice

    @classmethod
    def _entry(cls, account, amount, partner=None):
        """Book money that came in from the dealer: credit of an account."""
        cash = cls.env["account.account"].search(
            [("account_type", "=", "asset_cash"), ("company_ids", "in", cls.company.ids)], limit=1
        )
        move = cls.env["account.move"].create(
            {
                "company_id": cls.company.id,
                "journal_id": cls.env["account.journal"]
                .search([("type", "=", "general"), ("company_id", "=", cls.company.id)], limit=1)
                .id,
                "line_ids": [
                    Command.create({"account_id": cash.id, "debit": amount}),
                    Command.create(
                        {
                            "account_id": account.id,
                            "credit": amount,
                            "partner_id": (partner or cls.dealer).id,
                        }
                    ),
                ],
            }
        )
        move.action_post()
        return move

    @classmethod
    def _receivable(cls):
        return cls.dealer.with_company(cls.company).property_account_receivable_id

    @classmethod
    def _use_70000(cls):
        """Bring the dealer to what worked example 14 says."""
        cls._invoice(42000)
        cls._entry(cls._receivable(), 6000)
        delivered = cls._make_order(12000, quantity=12, taxes=cls.tax_sale)
        delivered.action_confirm()
        cls._deliver(delivered)
        cls._make_order(25000, quantity=25, taxes=cls.tax_sale).action_confirm()
        later = cls._make_order(20000, quantity=20)
        later.commitment_date = fields.Datetime.now() + timedelta(days=45)
        later.action_confirm()
        cls._invoice(2190, post=False)
        cls._entry(cls.deposit_account, 10000)
