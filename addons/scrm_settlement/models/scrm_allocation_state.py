from odoo import fields, models
from odoo.tools import SQL


class ScrmAllocationState(models.Model):
    """Whether a product is being divided in a warehouse, and by which run: a cache of the runs.

    Its row is also what two runs at once meet at: reservations ask it without reading the runs.
    """

    _name = "scrm.allocation.state"
    _description = "Allocation in Force"
    _rec_name = "product_id"
    _log_access = False

    company_id = fields.Many2one(comodel_name="res.company", required=True, ondelete="cascade")
    warehouse_id = fields.Many2one(
        comodel_name="stock.warehouse", required=True, ondelete="cascade"
    )
    product_id = fields.Many2one(
        comodel_name="product.product", required=True, ondelete="cascade", index=True
    )
    run_product_id = fields.Many2one(
        comodel_name="scrm.allocation.run.product", ondelete="set null", index="btree_not_null"
    )
    is_scarce = fields.Boolean()
    version = fields.Integer()

    _product_uniq = models.Constraint(
        "UNIQUE (warehouse_id, product_id)", "A product is divided once in a warehouse."
    )

    def _lock(self, warehouse, products):
        """Let nobody else divide these products until the transaction ends.

        Whoever comes second waits; then PostgreSQL refuses its old picture of the stock, and the
        request layer or the queue runs it again on what the first one left.
        """
        product_ids = sorted(products.ids)
        if not product_ids:
            return
        self.env.cr.execute(
            SQL(
                "SELECT pg_advisory_xact_lock(hashtext('scrm.allocation'), hashtext(k))"
                " FROM unnest(%s) WITH ORDINALITY AS u(k, n) ORDER BY n",
                [f"{warehouse.id}:{product_id}" for product_id in product_ids],
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO scrm_allocation_state
                       (company_id, warehouse_id, product_id, is_scarce, version)
                SELECT %s, %s, p, FALSE, 1 FROM unnest(%s) p ORDER BY p
                ON CONFLICT (warehouse_id, product_id)
                DO UPDATE SET version = scrm_allocation_state.version + 1
                """,
                warehouse.company_id.id,
                warehouse.id,
                product_ids,
            )
        )
        self.invalidate_model()

    def _is_scarce(self, warehouse, product):
        """Tell whether a product is divided in a warehouse, so that nobody helps himself.

        A division is over once nobody waits any more who took part in it.
        """
        [(found,)] = self.env.execute_query(
            SQL(
                "SELECT EXISTS (SELECT FROM scrm_allocation_state"
                " WHERE warehouse_id = %s AND product_id = %s AND is_scarce)",
                warehouse.id,
                product.id,
            )
        )
        return found and bool(
            # sudo: whose goods they wait for is not asked
            self.env["stock.move"]
            .sudo()
            .search_count(
                [
                    ("product_id", "=", product.id),
                    ("location_id", "child_of", warehouse.lot_stock_id.id),
                    ("company_id", "=", warehouse.company_id.id),
                    ("state", "in", ("waiting", "confirmed", "partially_available")),
                    ("scrm_is_capped", "=", True),
                ],
                limit=1,
            )
        )

    def _follow(self, run_products):
        """Remember these rows of a run as the ones in force. Called with the products locked."""
        for row in run_products:
            self.env.cr.execute(
                SQL(
                    "UPDATE scrm_allocation_state SET run_product_id = %s, is_scarce = %s"
                    " WHERE warehouse_id = %s AND product_id = %s",
                    row.id,
                    row.is_scarce,
                    row.warehouse_id.id,
                    row.product_id.id,
                )
            )
        self.invalidate_model()
