"""Scores of recency, frequency and value against the company's cut points."""

from odoo import api, models
from odoo.tools import SQL


class ScrmMetric(models.Model):
    _inherit = "scrm.metric"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_scores(self, scope):
        """Return [(score column, its value)] of a row of figures and the cut points ``cut``.

        A score counts the cut points that a value is beyond, so equal values score alike, and a
        customer's score changes with nobody else's business. Who never ordered has none.
        """
        days = SQL("(%s - last_ordered_on)", scope.today)
        return [
            ("recency_score", _score("5 - (%s)", "recency", days)),
            ("frequency_score", _score("1 + (%s)", "frequency", SQL("order_count_year"))),
            ("monetary_score", _score("1 + (%s)", "monetary", SQL("amount_year"))),
        ]

    @api.model
    def _get_cell_sql(self):
        """Return the scores side by side, "543", or NULL without scores."""
        return SQL(
            "NULLIF(CONCAT(NULLIF(recency_score, 0), NULLIF(frequency_score, 0),"
            " NULLIF(monetary_score, 0)), '')"
        )


def _score(pattern, dimension, value):
    beyond = SQL(" + ").join(
        SQL("(%s > %s)::int", value, SQL.identifier("cut", f"{dimension}_{number}"))
        for number in range(1, 5)
    )
    return SQL(
        "CASE WHEN order_count > 0 AND cut.id IS NOT NULL THEN %s ELSE 0 END",
        SQL(pattern, beyond),  # pylint: disable=sql-injection
    )
