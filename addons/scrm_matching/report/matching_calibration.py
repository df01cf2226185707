from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.calibration import lowest_precision

THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)

# Every pair of a model that a person has judged since it was trained: reviewed, or accepted by
# the machine and undone. Refused is also what was accepted and undone later.
VERDICTS = """
    SELECT m.id AS matching_model_id, c.id AS candidate_id, c.weight,
           c.state = 'rejected' OR u.undone_at IS NOT NULL AS refused
      FROM scrm_matching_model m
      JOIN scrm_match_candidate c ON c.pool_id = m.pool_id AND c.rule = 'splink'
     CROSS JOIN LATERAL (
           SELECT max(k.valid_to) AS undone_at FROM scrm_identity_link k
            WHERE k.left_id = c.left_id AND k.right_id = c.right_id
              AND k.rule IN ('manual', 'splink')) u
     WHERE (c.state IN ('accepted', 'rejected') AND c.reviewed_at >= m.trained_at)
        OR (c.state = 'auto' AND u.undone_at >= m.trained_at)
"""


class ScrmMatchingCalibration(models.Model):
    """How right a model is at a threshold, by what people said of its pairs.

    A view: it is never older than the last review.
    """

    _name = "scrm.matching.calibration"
    _description = "Reviews of a Matching Model's Pairs"
    _auto = False
    _order = "matching_model_id, threshold"
    _rec_name = "threshold"
    _depends = {
        "scrm.matching.model": ["pool_id", "trained_at"],
        "scrm.match.candidate": "pool_id rule state weight reviewed_at left_id right_id".split(),
        "scrm.identity.link": ["left_id", "right_id", "rule", "valid_to"],
    }

    matching_model_id = fields.Many2one(comodel_name="scrm.matching.model", readonly=True)
    threshold = fields.Float(string="From", digits=(6, 4), readonly=True)
    waiting_count = fields.Integer(string="To Review", readonly=True)
    reviewed_count = fields.Integer(string="Reviewed", readonly=True)
    refused_count = fields.Integer(
        string="Refused", help="Refused by a person, or accepted and undone later.", readonly=True
    )
    precision = fields.Float(
        string="Right (%)",
        digits=(5, 1),
        compute="_compute_precision",
        help="Of a hundred pairs at this probability and above, so many were one customer.",
    )
    lowest_precision = fields.Float(
        string="At Least (%)",
        digits=(5, 1),
        compute="_compute_precision",
        help="With so few reviewed it may be chance: in 95 of 100 cases it is not below this.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH verdict AS (%(verdicts)s)
            SELECT m.id * 100 + t.number AS id, m.id AS matching_model_id, t.threshold,
                   (SELECT count(*) FROM scrm_match_candidate c
                     WHERE c.pool_id = m.pool_id AND c.rule = 'splink' AND c.state = 'new'
                       AND c.weight >= t.threshold) AS waiting_count,
                   count(v.candidate_id) AS reviewed_count,
                   count(v.candidate_id) FILTER (WHERE v.refused) AS refused_count
              FROM scrm_matching_model m
             CROSS JOIN unnest(%(thresholds)s::numeric[])
                        WITH ORDINALITY AS t(threshold, number)
              LEFT JOIN verdict v ON v.matching_model_id = m.id AND v.weight >= t.threshold
             GROUP BY m.id, t.number, t.threshold
            """,
            verdicts=SQL(VERDICTS),
            thresholds=list(THRESHOLDS),
        )

    @api.depends("reviewed_count", "refused_count")
    def _compute_precision(self):
        for record in self:
            total, right = record.reviewed_count, record.reviewed_count - record.refused_count
            record.precision = 100 * right / total if total else 0
            record.lowest_precision = 100 * lowest_precision(right, total)

    def action_open_reviewed(self):
        """Open the reviewed pairs that this row counts."""
        self.ensure_one()
        ids = self.env.execute_query(
            SQL(
                "SELECT candidate_id FROM (%s) v WHERE matching_model_id = %s AND weight >= %s",
                SQL(VERDICTS),
                self.matching_model_id.id,
                self.threshold,
            )
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reviewed"),
            "res_model": "scrm.match.candidate",
            "view_mode": "list,form",
            "domain": [("id", "in", [row[0] for row in ids])],
            "context": {"create": False},
        }

    def action_open_waiting(self):
        """Open the pairs that wait for review at this probability and above."""
        self.ensure_one()
        return self.matching_model_id._open_candidates(
            self.env._("To Review"), "new", domain=[("weight", ">=", self.threshold)]
        )
