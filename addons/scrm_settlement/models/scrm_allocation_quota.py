from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ..tools.pricing import decimal_of


class ScrmAllocationQuota(models.Model):
    """What a level or a dealer was promised of each product of a policy, for a period.

    When two contacts are merged, `base.partner.merge.automatic.wizard` makes way for the one
    constraint that holds a dealer.
    """

    _name = "scrm.allocation.quota"
    _inherit = ["scrm.system.mixin"]
    _description = "Allocation Quota"
    _order = "date_from desc, id desc"
    _check_company_auto = True

    policy_id = fields.Many2one(
        comodel_name="scrm.allocation.policy", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    grade_id = fields.Many2one(
        comodel_name="res.partner.grade",
        string="Level",
        ondelete="restrict",
        index="btree_not_null",
        help="All dealers of the level together, but for those with a quota of their own.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
    )
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="Until", required=True, help="This day included.")
    kind = fields.Selection(
        selection=[("quantity", "Quantity"), ("percent", "% of the supply")],
        required=True,
        default="quantity",
    )
    value = fields.Float(
        string="Quota",
        digits="Product Unit",
        required=True,
        help="A quantity is for the whole period: what was delivered in it counts. A share is of "
        "what there is to divide each time.",
    )

    _who_check = models.Constraint(
        "CHECK (num_nonnulls(grade_id, partner_id) = 1)",
        "A quota is for a level or for a dealer: name one of them.",
    )
    _period_check = models.Constraint(
        "CHECK (date_to >= date_from)", "A quota ends on the day it begins, or later."
    )
    _value_check = models.Constraint(
        "CHECK (value >= 0 AND (kind != 'percent' OR value <= 100))",
        "A quota is zero or above, and a share is at most 100 %.",
    )
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(policy_id, policy_id, '[]') WITH =,"
        " int4range(COALESCE(grade_id, 0), COALESCE(grade_id, 0), '[]') WITH =,"
        " int4range(COALESCE(partner_id, 0), COALESCE(partner_id, 0), '[]') WITH =,"
        " daterange(date_from, date_to, '[]') WITH &&)",
        "There is a quota for these days already. End that one first.",
    )

    # === WHAT IS LEFT === #

    def _get_left(self, run, run_products):
        """Return what is left of the quotas in force, for the products of a run.

        :return: {(policy id, product id): {("grade" | "partner", id): (kind, Decimal)}}
        """
        company = run.company_id
        quotas = self.search(
            [
                ("policy_id", "in", run_products.policy_id.ids),
                ("date_from", "<=", day := company._scrm_get_today()),
                ("date_to", ">=", day),
            ]
        )
        if not quotas:
            return {}
        taken = quotas._get_taken(run_products.product_id, company, run.warehouse_id)
        by_policy = quotas.grouped("policy_id")
        result = {}
        for row in run_products:
            left = result.setdefault((row.policy_id.id, row.product_id.id), {})
            for quota in by_policy.get(row.policy_id, ()):
                kind = "grade" if quota.grade_id else "partner"
                who = kind, (quota.grade_id or quota.partner_id).id
                value = decimal_of(quota.value)
                if quota.kind == "quantity":
                    gone = decimal_of(taken.get((quota.id, row.product_id.id), 0))
                    value = max(value - gone, Decimal(0))
                left[who] = (quota.kind, value)
        return result

    def _get_taken(self, products, company, warehouse):
        """Return {(quota id, product id): what is not there to be promised once more}.

        That is what was delivered in the quota's period, and what is held and not divided now:
        being picked, or in another warehouse.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT q.id, ml.product_id, SUM(ml.quantity_product_uom)
                  FROM scrm_allocation_quota q
                  JOIN stock_move m
                    ON m.company_id = %(company)s AND m.product_id = ANY(%(products)s)
                   AND (m.state IN ('partially_available', 'assigned')
                        OR m.state = 'done'
                        AND (m.date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                            BETWEEN q.date_from AND q.date_to)
                  JOIN stock_move_line ml ON ml.move_id = m.id
                  JOIN stock_location l ON l.id = m.location_id
                  JOIN stock_location d
                    ON d.id = CASE WHEN m.state = 'done' THEN m.location_dest_id
                                   ELSE COALESCE(m.location_final_id, m.location_dest_id) END
                   AND d.usage = 'customer'
                  LEFT JOIN stock_picking p ON p.id = m.picking_id
                  LEFT JOIN sale_order_line s ON s.id = m.sale_line_id
                  LEFT JOIN sale_order o ON o.id = s.order_id
                  JOIN res_partner a ON a.id = COALESCE(o.partner_id, p.partner_id, m.partner_id)
                  JOIN res_partner c ON c.id = a.commercial_partner_id
                 WHERE q.id = ANY(%(quotas)s)
                   AND (m.state = 'done' OR m.picked OR p.printed
                        OR l.parent_path NOT LIKE %(path)s)
                   AND (q.partner_id = c.id
                        OR q.grade_id = c.grade_id AND NOT EXISTS (
                            SELECT FROM scrm_allocation_quota own
                             WHERE own.policy_id = q.policy_id AND own.partner_id = c.id
                               AND own.id = ANY(%(quotas)s)))
                 GROUP BY q.id, ml.product_id
                """,
                company=company.id,
                products=products.ids,
                path=f"{warehouse.lot_stock_id.parent_path}%",
                zone=company._scrm_get_zone(),
                quotas=self.ids,
            )
        )
        return {(quota_id, product_id): quantity for quota_id, product_id, quantity in rows}
