"""Comparing who is new or changed with everybody, batch by batch."""

import logging
from dataclasses import asdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.queue_job.exception import RetryableJobError

from ..providers.linker_process import LinkerError, LinkerProcess
from ..report.matching_calibration import VERDICTS
from ..tools.customer_rows import CUSTOMERS, prepare
from ..tools.plan import fingerprint, keys_of
from .matching_model_training import CHANNEL

_logger = logging.getLogger(__name__)

# Customers compared in one job: what is held in memory is theirs and whom they resemble.
BATCH = 5000
# One batch of a pool at a time: two would not see each other's customers. ASCII "SCRM"; the
# second number is this and the model's id, clear of the other locks of the suite.
LOCK = 0x5343524D
LOCK_BASE = 1_000_000

# As the review screen calls these fields.
FIELD_CODES = {"phones": "phone", "emails": "email"}


class ScrmMatchingModel(models.Model):
    _inherit = "scrm.matching.model"  # pylint: disable=consider-merging-classes-inherited

    def action_compare(self):
        """Compare who is new or changed now, not only at night."""
        self.check_access("write")
        self.filtered(lambda record: record.state != "draft")._start_scoring()

    @api.model
    def _cron_score(self):
        """Begin the night's comparing, one job for each pool that has a model in use."""
        self.search([("state", "!=", "draft")])._start_scoring()

    def _start_scoring(self):
        for record in self:
            # sudo: rows are the system's own notes; managers read them only.
            Row = self.env["scrm.matching.row"].sudo()
            Row._add_missing(record.pool_id)
            Row._set_changed_due(record.pool_id)
            record._enqueue_scoring()

    def _enqueue_scoring(self):
        for record in self:
            record.with_delay(
                channel=CHANNEL,
                description=self.env._("Compare customers of %s", record.pool_id.name),
            )._score_due()

    def _score_due(self, limit=BATCH):
        """Compare a batch of customers that are due, and plan the next batch; the job.

        Whatever stops it, the customers are still due.
        """
        self.ensure_one()
        # sudo: pairs are found among all customers of the pool, whoever started the job.
        self_sudo = self.sudo()
        if self_sudo.state == "draft" or not self_sudo._try_lock():
            return
        ids = self_sudo._take_due(limit)
        if not ids:
            return
        self_sudo._score_customers(ids)
        if len(ids) == limit:
            self._enqueue_scoring()

    def _try_lock(self):
        return self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", LOCK, LOCK_BASE + self.id)
        )[0][0]

    def _take_due(self, limit):
        """Return the ids of the next customers to compare; they stay due until the commit."""
        return [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT customer_id FROM scrm_matching_row WHERE pool_id = %s AND is_due"
                    " ORDER BY customer_id LIMIT %s",
                    self.pool_id.id,
                    limit,
                )
            )
        ]

    def _score_customers(self, customer_ids):
        """Compare these customers with all others of the pool and act on what is found."""
        Row, Key = self.env["scrm.matching.row"], self.env["scrm.matching.key"]
        rows, handle_of = self._fetch_rows(customer_ids)
        changed = self._write_rows(customer_ids, rows)
        fresh = [row for row in rows if row.id in changed]
        if fresh:
            Key._replace(self.pool_id, {row.id: list(keys_of(row, CUSTOMERS)) for row in fresh})
            fresh_ids = [row.id for row in fresh]
            others, handle_of_others = self._fetch_rows(Key._find_others(self.pool_id, fresh_ids))
            self._propose_pairs(self._find_pairs(fresh, others), {**handle_of, **handle_of_others})
            if self.state == "automatic":
                self._accept_surest()
        Row.invalidate_model(flush=False)

    def _find_pairs(self, fresh, others):
        """Return the scored pairs of fresh rows with each other and with the others."""
        try:
            return LinkerProcess(CUSTOMERS).score(
                self.parameters, fresh, [*fresh, *others], floor=self.review_threshold
            )
        except LinkerError as error:
            raise RetryableJobError(
                self.env._("Comparing stopped: %s. It is tried again by itself.", error)
            ) from error

    def _write_rows(self, customer_ids, rows):
        """Note that these customers are compared; return the ids of those that had changed.

        A customer that was recognised as another meanwhile, or erased, is forgotten.
        """
        gone = sorted(set(customer_ids) - {row.id for row in rows})
        for table in ("scrm_matching_key", "scrm_matching_row"):
            self.env.cr.execute(
                SQL("DELETE FROM %s WHERE customer_id = ANY(%s)", SQL.identifier(table), gone)
            )
        prints = [(row.id, fingerprint(row)) for row in rows]
        changed = self.env.execute_query(
            SQL(
                """
                WITH known AS (
                    SELECT customer_id, fingerprint FROM scrm_matching_row
                     WHERE customer_id = ANY(%(ids)s)
                ), written AS (
                    UPDATE scrm_matching_row r
                       SET is_due = FALSE, fingerprint = v.fingerprint, compared_at = %(now)s
                      FROM unnest(%(ids)s::int[], %(prints)s::text[]) AS v(id, fingerprint)
                     WHERE r.customer_id = v.id
                 RETURNING r.customer_id, r.fingerprint
                )
                SELECT w.customer_id FROM written w JOIN known k USING (customer_id)
                 WHERE k.fingerprint IS DISTINCT FROM w.fingerprint
                """,
                now=fields.Datetime.now(),
                ids=[id_ for id_, _print in prints],
                prints=[print_ for _id, print_ in prints],
            )
        )
        return {row[0] for row in changed}

    def _fetch_rows(self, customer_ids):
        """Return (rows of these customers in force, {customer id: id of its first handle})."""
        self.env.flush_all()
        found = self.env.execute_query(
            SQL(
                """
                SELECT c.id, c.kind,
                       coalesce(c.name_manual,
                                (array_agg(p.name ORDER BY p.active DESC, i.id)
                                 FILTER (WHERE p.name > ''))[1],
                                (array_agg(i.name ORDER BY i.id) FILTER (WHERE i.name > ''))[1]),
                       array_remove(array_agg(i.value) FILTER (WHERE i.id_type = 'phone')
                                    || array_agg(coalesce(p.phone_sanitized, p.phone)), NULL),
                       array_remove(array_agg(i.value) FILTER (WHERE i.id_type = 'email')
                                    || array_agg(p.email_normalized), NULL),
                       (array_agg(p.city ORDER BY p.active DESC, i.id)
                        FILTER (WHERE p.city > ''))[1],
                       min(i.id)
                  FROM scrm_customer c
                  JOIN scrm_identity i ON i.customer_id = c.id
                  LEFT JOIN res_partner p ON p.id = i.partner_id
                 WHERE c.pool_id = %s AND c.active AND c.erased_at IS NULL AND c.id = ANY(%s)
                 GROUP BY c.id
                """,
                self.pool_id.id,
                list(customer_ids),
            )
        )
        return [prepare(*row[:6]) for row in found], {row[0]: row[6] for row in found}

    # === WHAT IS FOUND === #

    def _propose_pairs(self, pairs, handle_of):
        """Put what was found before people.

        :param pairs: iterable of ``tools.plan.ScoredPair`` of customers
        :param dict handle_of: {customer id: id of its first handle}
        """
        self.env["scrm.match.candidate"]._propose(
            [
                {
                    "left_id": handle_of[pair.left_id],
                    "right_id": handle_of[pair.right_id],
                    "rule": "splink",
                    "reason": "splink",
                    "weight": pair.probability,
                    "field_weights": [
                        {**asdict(weight), "field": FIELD_CODES.get(weight.field, weight.field)}
                        for weight in pair.field_weights
                    ],
                }
                for pair in pairs
            ]
        )

    def _accept_surest(self):
        """Accept what is sure enough, as long as people have refused none of that kind.

        The first refusal, and the first pair undone, ends it: everything is reviewed again.
        """
        try:
            self._check_automatic()
        except UserError as error:
            self._move_along("review", note=str(error))
            return
        surest = self.env["scrm.match.candidate"].search(
            [*self._get_candidate_domain("new"), ("weight", ">=", self.automatic_threshold)],
            limit=BATCH,
        )
        settled = surest._settle_automatically()
        _logger.info("scrm.matching.model: %s pairs were accepted", len(settled))

    def _get_verdicts(self):
        """Return (pairs reviewed at the automatic threshold, those of them refused or undone)."""
        self.env["scrm.match.candidate"].flush_model()
        self.env["scrm.identity.link"].flush_model()
        self.flush_model(["trained_at"])
        return self.env.execute_query(
            SQL(
                "SELECT count(*), count(*) FILTER (WHERE refused) FROM (%s) v"
                " WHERE matching_model_id = %s AND weight >= %s",
                SQL(VERDICTS),
                self.id,
                self.automatic_threshold,
            )
        )[0]
