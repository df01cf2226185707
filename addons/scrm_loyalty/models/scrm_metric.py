from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.points import UNIT


class ScrmMetric(models.Model):
    _inherit = "scrm.metric"

    points_issued_year = fields.Float(
        string="Points Issued in 365 Days",
        digits=(16, 2),
        readonly=True,
        help="Redeemable points earned and tier bonuses, less what was reversed, of today and the"
        " 364 days before, as of the last refresh.",
    )
    points_redeemed_year = fields.Float(
        string="Points Redeemed in 365 Days",
        digits=(16, 2),
        readonly=True,
        help="Points spent, less what was reversed, of today and the 364 days before, as of the"
        " last refresh.",
    )
    points_balance = fields.Float(
        digits=(16, 2), readonly=True, help="Redeemable points on all of the customer's cards."
    )

    @api.model
    def _get_sources(self, scope):
        sources = super()._get_sources(scope)
        names = ["points_issued_year", "points_redeemed_year", "points_balance"]
        return {**sources, "points": (names, self._get_points_query(scope))}

    @api.model
    def _get_points_query(self, scope):
        """Return the query of the ledger; a reversal is of the kind that it takes back."""
        query = SQL(
            """
            SELECT card.scrm_customer_id AS customer_id,
                   SUM(e.delta) FILTER (WHERE %(issued)s AND %(in_year)s)::numeric / %(unit)s
                       AS points_issued_year,
                   -SUM(e.delta) FILTER (WHERE %(redeemed)s AND %(in_year)s)::numeric / %(unit)s
                       AS points_redeemed_year,
                   SUM(e.delta)::numeric / %(unit)s AS points_balance
              FROM scrm_point_entry e
              JOIN loyalty_card card ON card.id = e.card_id
              LEFT JOIN scrm_point_entry reversed ON reversed.id = e.reversal_of_id
             WHERE e.company_id = %(company)s AND e.currency = 'redeemable' AND %(within)s
             GROUP BY card.scrm_customer_id
            """,
            issued=SQL("COALESCE(reversed.kind, e.kind) IN ('earn', 'tier_bonus')"),
            redeemed=SQL("COALESCE(reversed.kind, e.kind) = 'spend'"),
            in_year=SQL("e.effective_at >= %s", scope.year_start),
            unit=UNIT,
            company=scope.company_id,
            within=scope.within(SQL("card.scrm_customer_id")),
        )
        rounded = SQL(", ").join(
            SQL("ROUND(%s, 2) AS %s", SQL.identifier(name), SQL.identifier(name))
            for name in ("points_issued_year", "points_redeemed_year", "points_balance")
        )
        return SQL("SELECT customer_id, %s FROM (%s) moved", rounded, query)
