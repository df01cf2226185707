"""Learning from a sample of the pool's own cards."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..providers.linker_process import LinkerError, LinkerProcess
from ..tools.customer_rows import CUSTOMERS, prepare
from ..tools.plan import TrainingError

# Below this a sample shows chance, not habits.
SMALLEST_SAMPLE = 500
CHANNEL = "root.scrm.matching"


class ScrmMatchingModel(models.Model):
    _inherit = "scrm.matching.model"  # pylint: disable=consider-merging-classes-inherited

    def action_train(self):
        """Learn from the customers of today, in the background."""
        self.check_access("write")
        for record in self:
            job = record.with_delay(
                channel=CHANNEL,
                identity_key=f"scrm.matching.model:train:{record.id}",
                description=self.env._("Train the matching model of %s", record.pool_id.name),
            )._train()
            record.training_job_uuid = job.uuid

    def _train(self):
        """Learn from a sample, replace what was learned, and compare everybody anew; the job.

        A model that accepted pairs by itself goes back to review: its new probabilities have
        not been reviewed.
        """
        self.ensure_one()
        # sudo: what is learned is shares and weights; the job's user may be any manager.
        self_sudo = self.sudo()
        rows = self_sudo._fetch_sample()
        if len(rows) < SMALLEST_SAMPLE:
            raise UserError(
                self.env._(
                    "%(pool)s has %(count)s contacts and customers to learn from; %(needed)s are"
                    " needed. Import your customers first.",
                    pool=self.pool_id.name,
                    count=len(rows),
                    needed=SMALLEST_SAMPLE,
                )
            )
        try:
            parameters = LinkerProcess(CUSTOMERS).train(rows)
        except TrainingError as error:
            raise UserError(
                self.env._(
                    "Hardly two contacts of %s resemble each other, so there is nothing to learn."
                    " Train again when there are more customers.",
                    self.pool_id.name,
                )
            ) from error
        except LinkerError as error:
            raise UserError(
                self.env._(
                    "Learning stopped: %s. What was learned before still holds. Train again, and"
                    " tell your administrator if it stops again.",
                    error,
                )
            ) from error
        self_sudo._write_trained(parameters)

    def _write_trained(self, parameters):
        """Keep what was learned and have every customer compared by it."""
        if self.state == "automatic":
            self._move_along("review", note=self.env._("The model was trained again."))
        self.level_ids.unlink()
        Level = self.env["scrm.matching.level"]
        Level.create(
            [Level._prepare_vals(self, level) for level in LinkerProcess.explain(parameters)]
        )
        self.write(
            {
                "parameters": parameters,
                "sample_size": parameters["size"],
                "trained_at": fields.Datetime.now(),
            }
        )
        self.env["scrm.matching.row"]._set_due(pool=self.pool_id, forget=True)
        if self.state != "draft":
            self._start_scoring()

    def _fetch_sample(self):
        """Return rows to learn from: cards as they came, two of one customer apart.

        One row a contact, and one for each customer without a contact. Whole customers are
        drawn, so that the cards already known to be one stand together in the sample.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH card AS (
                    SELECT i.id, i.customer_id, c.kind, p.name,
                           array_remove(ARRAY[coalesce(p.phone_sanitized, p.phone)], NULL),
                           array_remove(ARRAY[p.email_normalized], NULL), p.city
                      FROM scrm_identity i
                      JOIN scrm_customer c ON c.id = i.customer_id
                      JOIN res_partner p ON p.id = i.partner_id
                     WHERE i.pool_id = %(pool)s AND i.id_type = 'partner'
                     UNION ALL
                    SELECT min(i.id), c.id, c.kind,
                           (array_agg(i.name ORDER BY i.id) FILTER (WHERE i.name > ''))[1],
                           array_agg(i.value) FILTER (WHERE i.id_type = 'phone'),
                           array_agg(i.value) FILTER (WHERE i.id_type = 'email'),
                           NULL
                      FROM scrm_customer c JOIN scrm_identity i ON i.customer_id = c.id
                     WHERE c.pool_id = %(pool)s AND c.active AND c.erased_at IS NULL
                     GROUP BY c.id
                    HAVING bool_and(i.id_type != 'partner')
                       AND bool_or(i.name > '' OR i.id_type IN ('phone', 'email'))
                )
                SELECT id, kind, name, phones, emails, city
                  FROM card AS t(id, customer_id, kind, name, phones, emails, city)
                 ORDER BY hashint4(customer_id), id LIMIT %(limit)s
                """,
                pool=self.pool_id.id,
                limit=self.sample_limit,
            )
        )
        return [prepare(*row) for row in rows]
