from odoo import fields, models
from odoo.tools import SQL


class ScrmLifecycleStanding(models.Model):
    """Where a customer stands with one company: a cache of the last row of the history."""

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
    stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    since = fields.Datetime(required=True, readonly=True)

    _customer_company_uniq = models.Constraint(
        "UNIQUE (customer_id, company_id)", "A customer stands at one stage in a company."
    )

    def _move(self, moves):
        """Write the stages and their history for the current company.

        :param moves: list of (scrm.customer track, scrm.lifecycle.stage, reason)
        """
        if not moves:
            return
        company, now = self.env.company, self.env.cr.now()
        tracks = self.env["scrm.customer"].browse([track.id for track, _stage, _reason in moves])
        before = {
            standing.customer_id.id: standing.stage_id.id
            for standing in self.search(
                [("customer_id", "in", tracks.ids), ("company_id", "=", company.id)]
            )
        }
        # A concurrent first move of the same customer ends in a serialisation error: retried.
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO scrm_lifecycle_standing (
                    customer_id, company_id, stage_id, since,
                    create_uid, create_date, write_uid, write_date
                ) VALUES %s
                ON CONFLICT (customer_id, company_id) DO UPDATE
                   SET stage_id = EXCLUDED.stage_id, since = EXCLUDED.since,
                       write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
                RETURNING id
                """,
                SQL(", ").join(
                    SQL(
                        "%s",
                        (track.id, company.id, stage.id, now, self.env.uid, now)
                        + (self.env.uid, now),
                    )
                    for track, stage, _reason in moves
                ),
            )
        )
        self.env["scrm.lifecycle.history"].create(
            [
                {
                    "customer_id": track.id,
                    "company_id": company.id,
                    "from_stage_id": before.get(track.id),
                    "stage_id": stage.id,
                    "reason": reason,
                    "moved_at": now,
                    "user_id": self.env.uid,
                }
                for track, stage, reason in moves
            ]
        )
        standings = self.browse([row[0] for row in rows])
        standings.invalidate_recordset(flush=False)
        tracks.invalidate_recordset(["standing_ids"], flush=False)
        standings.modified(["stage_id", "customer_id"])
        self.env["scrm.customer"].invalidate_model(["stage_id", "stage_history_ids"], flush=False)
