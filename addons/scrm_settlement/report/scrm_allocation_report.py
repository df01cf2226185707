from odoo import fields, models
from odoo.tools import SQL


class ScrmAllocationReport(models.Model):
    """What dealers asked for and got, once for each order line, as the last run decided it.

    What was not delivered is asked for again by a backorder, and counts there alone.
    """

    _name = "scrm.allocation.report"
    _description = "Fill Rate by Level"
    _auto = False
    _order = "applied_at desc, id desc"
    _rec_name = "partner_id"

    line_id = fields.Many2one(comodel_name="scrm.allocation.run.line", readonly=True)
    run_id = fields.Many2one(comodel_name="scrm.allocation.run", readonly=True)
    applied_at = fields.Datetime(readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    warehouse_id = fields.Many2one(comodel_name="stock.warehouse", readonly=True)
    product_id = fields.Many2one(comodel_name="product.product", readonly=True)
    partner_id = fields.Many2one(comodel_name="res.partner", string="Dealer", readonly=True)
    grade_id = fields.Many2one(comodel_name="res.partner.grade", string="Level", readonly=True)
    is_by_hand = fields.Boolean(string="By Hand", readonly=True)
    demand = fields.Float(digits="Product Unit", readonly=True)
    allocated = fields.Float(digits="Product Unit", readonly=True)
    missing = fields.Float(string="Shortfall", digits="Product Unit", readonly=True)
    fill_rate = fields.Float(
        string="Fill Rate (%)", digits=(16, 1), readonly=True, aggregator="avg"
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT id, line_id, run_id, applied_at, company_id, warehouse_id, product_id,
                   partner_id, grade_id, is_by_hand, demand - again AS demand, allocated,
                   demand - again - allocated AS missing,
                   100 * allocated / NULLIF(demand - again, 0) AS fill_rate
              FROM (
                SELECT decided.*,
                       CASE WHEN move.state = 'done' THEN LEAST(
                           GREATEST(decided.demand - decided.allocated, 0),
                           COALESCE(LEAD(decided.demand) OVER (
                               PARTITION BY COALESCE(move.sale_line_id, -decided.id),
                                            decided.product_id
                               ORDER BY decided.id), 0)) ELSE 0 END AS again
                  FROM (
                    SELECT DISTINCT ON (COALESCE(l.move_id, -l.id))
                           l.id, l.id AS line_id, l.run_id, r.applied_at, l.company_id,
                           r.warehouse_id, l.product_id, l.partner_id, l.grade_id, l.move_id,
                           l.reason = 'override' AS is_by_hand, l.demand, l.allocated
                      FROM scrm_allocation_run_line l
                      JOIN scrm_allocation_run r ON r.id = l.run_id
                     WHERE l.is_applied
                     ORDER BY COALESCE(l.move_id, -l.id), l.id DESC
                  ) decided
                  LEFT JOIN stock_move move ON move.id = decided.move_id
              ) counted
            """
        )

    def _read_group_select(self, aggregate_spec, query):
        """The rate of many lines is that of their sums, not the mean of their rates."""
        if aggregate_spec != "fill_rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "100 * SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, "allocated", query),
            self._field_to_sql(self._table, "demand", query),
        )
