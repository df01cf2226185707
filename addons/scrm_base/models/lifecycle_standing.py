from odoo import api, fields, models
from odoo.tools import SQL

from .lifecycle_stage import AXES


class ScrmLifecycleStanding(models.Model):
    """Where a customer stands on one axis with one company: a cache of the history's last row."""

    _name = "scrm.lifecycle.standing"
    _description = "Stage of a Customer in a Company"
    _order = "id"
    _rec_name = "stage_id"

    customer_id = fields.Many2one(
        comodel_name="scrm.customer",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="The customer as it was before any merge: a merge moves no standing.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    axis = fields.Selection(selection=AXES, required=True, readonly=True)
    stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="None: the customer left the axis.",
    )
    since = fields.Datetime(required=True, readonly=True)
    is_manual = fields.Boolean(
        string="By Hand", readonly=True, help="A person decided; rules let it be until released."
    )

    _customer_company_axis_uniq = models.Constraint(
        "UNIQUE (customer_id, company_id, axis)",
        "A customer stands at one stage of an axis in a company.",
    )

    @api.model
    def _get_places(self, company, axis=None, customer_ids=None):
        """Return where customers in force stand on each axis with a company, as SQL.

        Each track (a customer as it was before any merge) keeps its own standing, so that undoing
        a merge gives back what was; the highest of a customer's tracks is where they stand.

        :return: SQL of customer_id, axis, stage_id (NULL: left it), is_manual, since
        """
        condition = SQL("s.company_id = %s", company.id)
        if axis:
            condition = SQL("%s AND s.axis = %s", condition, axis)
        if customer_ids is not None:
            ids = list(customer_ids)
            condition = SQL(
                "%s AND (t.id = ANY(%s) OR t.merged_into_id = ANY(%s))", condition, ids, ids
            )
        return SQL(
            """
            SELECT COALESCE(t.merged_into_id, t.id) AS customer_id, s.axis,
                   (array_agg(g.id ORDER BY g.sequence DESC NULLS LAST, g.id DESC NULLS LAST))[1]
                       AS stage_id,
                   bool_or(s.is_manual) AS is_manual,
                   max(s.since) AS since
              FROM scrm_lifecycle_standing s
              JOIN scrm_customer t ON t.id = s.customer_id
              LEFT JOIN scrm_lifecycle_stage g ON g.id = s.stage_id
             WHERE %s
             GROUP BY 1, 2
            """,
            condition,
            to_flush=self.env["scrm.customer"]._fields["merged_into_id"],
        )

    def _move(self, moves, is_manual=False):
        """Write the stages and their history for the current company.

        :param moves: list of (scrm.customer track, axis, scrm.lifecycle.stage or none, reason)
        :param is_manual: a person's decision, which rules let be
        """
        rows = [
            SQL("(%s, %s, %s::int, %s)", track.id, axis, stage.id or None, reason)
            for track, axis, stage, reason in moves
        ]
        if rows:
            self._write_moves(SQL("VALUES %s", SQL(", ").join(rows)), is_manual=is_manual)

    def _write_moves(self, select, rule=None, is_manual=False):
        """Write stages and their history in one statement, for the current company.

        What business or a rule does ends a person's decision: ``is_manual`` is of the last move.

        :param SQL select: rows of customer id (a track), axis, stage id or NULL, reason; one row
            for each customer and axis
        :param rule: scrm.lifecycle.rule that moves them
        :return: ids of the customers moved
        """
        self.env.flush_all()
        # A concurrent first move of the same customer ends in a serialisation error: retried.
        rows = self.env.execute_query(
            SQL(
                """
                WITH moves(customer_id, axis, stage_id, reason) AS MATERIALIZED (%(select)s),
                history AS (
                    INSERT INTO scrm_lifecycle_history (
                        customer_id, company_id, axis, from_stage_id, stage_id, reason, rule_id,
                        is_manual, moved_at, user_id,
                        create_uid, create_date, write_uid, write_date)
                    SELECT m.customer_id, %(company)s, m.axis, s.stage_id, m.stage_id, m.reason,
                           %(rule)s, %(manual)s, %(now)s, %(uid)s,
                           %(uid)s, %(now)s, %(uid)s, %(now)s
                      FROM moves m
                      LEFT JOIN scrm_lifecycle_standing s
                        ON s.customer_id = m.customer_id AND s.company_id = %(company)s
                       AND s.axis = m.axis
                )
                INSERT INTO scrm_lifecycle_standing (
                    customer_id, company_id, axis, stage_id, since, is_manual,
                    create_uid, create_date, write_uid, write_date)
                SELECT m.customer_id, %(company)s, m.axis, m.stage_id, %(now)s, %(manual)s,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM moves m
                ON CONFLICT (customer_id, company_id, axis) DO UPDATE
                   SET stage_id = EXCLUDED.stage_id, since = EXCLUDED.since,
                       is_manual = EXCLUDED.is_manual,
                       write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
                RETURNING customer_id
                """,
                select=select,
                company=self.env.company.id,
                rule=rule.id if rule else None,
                manual=is_manual,
                now=self.env.cr.now(),
                uid=self.env.uid,
            )
        )
        self.invalidate_model(flush=False)
        self.env["scrm.lifecycle.history"].invalidate_model(flush=False)
        self.env["scrm.customer"].invalidate_model(
            ["standing_ids", "stage_id", "axis_stage_ids", "held_axes", "stage_history_ids"],
            flush=False,
        )
        self.env["res.partner"].invalidate_model(["scrm_stage_id"], flush=False)
        return [row[0] for row in rows]
