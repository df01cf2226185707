from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .scrm_settlement_statement import PREPARER


class NothingToSettle(UserError):
    """A run found no line that it may take; its sentence says why."""


class ScrmSettlementStatement(models.Model):
    # One concern a file.
    _inherit = "scrm.settlement.statement"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _generate(self, company, date_from, date_to, partners=None):
        """Make one statement per dealer, kind of document and currency of a period's pending lines.

        Lines found after a period was stated go on its next revision. A dealer with a statement
        of another period that overlaps is left out: its lines wait for that period's revision.

        :param date_from: first local day
        :param date_to: last local day, included
        :param partners: dealers as the journal names them, though they be part of a company by now;
            None or empty means all that have pending lines
        :raises NothingToSettle: with the reason; what was found for the journal stays
        :return: the new statements
        """
        self.check_access("create")
        Line = self.env["scrm.settlement.line"]
        dealers = partners or Line.partner_id
        Line._prepare_period(company, date_from, date_to, dealers)
        found = self._lock_pending_lines(company, date_from, date_to, dealers)
        taken = self._get_overlaps(company, date_from, date_to, found)
        keys = [key for key in found if key not in taken]
        if not keys:
            raise NothingToSettle(self._explain_nothing(company, date_from, date_to, dealers))
        vals_list = self._prepare_statement_vals(company, date_from, date_to, keys)
        # That each was made, by whom and when, needs no message beside the record's own columns
        statements = self.with_context(mail_create_nolog=True).create(vals_list).with_env(self.env)
        statements._claim_lines()
        # The first totals are no change that anybody has to be told of
        statements.with_context(tracking_disable=True)._update_totals(exactly=False)
        return statements

    def _prepare_statement_vals(self, company, date_from, date_to, keys):
        partners = self.env["res.partner"].browse({partner_id: None for partner_id, *_ in keys})
        # in_business: a dealer whom we only ever paid is one of our customers all the same
        identities = partners.with_company(company)._scrm_get_identity_map(in_business=True)
        revisions = self._get_next_revisions(company, date_from, date_to, keys)
        responsible = dict.fromkeys(partners.ids, self.env.uid)
        if self.env.uid == SUPERUSER_ID:  # the clock's are looked after by salespeople who may
            # sudo: who is in a group is no secret to the system itself
            preparers = self.env.ref(PREPARER).sudo().all_user_ids
            responsible = {partner.id: (partner.user_id & preparers).id for partner in partners}
        return [
            {
                "company_id": company.id,
                "partner_id": partner_id,
                "document_mode": document_mode,
                "currency_id": currency_id,
                "identity_id": identities[partner_id].id if partner_id in identities else False,
                "date_from": date_from,
                "date_to": date_to,
                "revision": revisions[partner_id, document_mode, currency_id],
                "user_id": responsible[partner_id],
            }
            for partner_id, document_mode, currency_id in keys
        ]

    def _lock_pending_lines(self, company, date_from, date_to, dealers):
        """Lock what a run will claim; return its keys (dealer, kind of document, currency).

        Another run over the same lines waits here, before either has made a statement;
        PostgreSQL then refuses it, and it is retried on what is left. Who belongs to another
        company by now gets no statement here, and keeps nobody else from his.
        """
        self.env["scrm.settlement.line"].flush_model()
        self._lock_claims(company, dealers)
        return self.env.execute_query(
            SQL(
                """
                WITH locked AS (
                    SELECT line.partner_id, line.document_mode, line.currency_id
                      FROM scrm_settlement_line line
                      JOIN res_currency currency
                        ON currency.id = line.currency_id AND currency.active
                      JOIN res_partner dealer
                        ON dealer.id = line.partner_id
                       AND (dealer.company_id IS NULL OR dealer.company_id = ANY(%s))
                     WHERE line.company_id = %s
                       AND line.date BETWEEN %s AND %s
                       AND line.statement_id IS NULL
                       AND line.state = 'pending'
                       AND (%s OR line.partner_id = ANY(%s))
                       FOR NO KEY UPDATE OF line
                )
                SELECT DISTINCT partner_id, document_mode, currency_id FROM locked ORDER BY 1, 2, 3
                """,
                company.parent_ids.ids,
                company.id,
                date_from,
                date_to,
                not dealers,
                dealers.ids,
            )
        )

    def _lock_claims(self, company, dealers):
        """Write what a claim is accepted from and onto, so that one at the same time is seen.

        One of the two is refused by PostgreSQL and looks again: what the claim is the source of
        does not go onto another statement meanwhile.
        """
        self.env.flush_all()
        for table, awaits in (
            ("scrm_settlement_statement", SQL("state = 'draft'")),
            ("scrm_settlement_import", SQL("state = 'compared'")),
            ("scrm_settlement_dispute", SQL("state = 'open' AND kind = 'missing'")),
        ):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET write_date = write_date"
                    " WHERE company_id = %s AND %s AND (%s OR partner_id = ANY(%s))",
                    SQL.identifier(table),
                    company.id,
                    awaits,
                    not dealers,
                    dealers.ids,
                )
            )

    def _get_overlaps(self, company, date_from, date_to, keys):
        """Return {key: (first day, last day)} of other periods that overlap this one.

        Not where this very period has a statement already: two dealers with cycles of their own
        have become one, and what came late belongs to a revision of either.
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (partner_id, document_mode, currency_id)
                       partner_id, document_mode, currency_id, date_from, date_to
                  FROM scrm_settlement_statement other
                 WHERE company_id = %(company)s
                   AND partner_id = ANY(%(partners)s)
                   AND state <> 'cancel'
                   AND date_from <= %(last)s AND date_to >= %(first)s
                   AND (date_from, date_to) <> (%(first)s, %(last)s)
                   AND NOT EXISTS (
                       SELECT FROM scrm_settlement_statement own
                        WHERE own.company_id = other.company_id
                          AND own.partner_id = other.partner_id
                          AND own.document_mode = other.document_mode
                          AND own.currency_id = other.currency_id
                          AND own.state <> 'cancel'
                          AND (own.date_from, own.date_to) = (%(first)s, %(last)s))
                 ORDER BY partner_id, document_mode, currency_id, date_from
                """,
                company=company.id,
                partners=list({partner_id for partner_id, *_terms in keys}),
                first=date_from,
                last=date_to,
            )
        )
        wanted = set(keys)
        return {row[:3]: row[3:] for row in rows if row[:3] in wanted}

    def _get_next_revisions(self, company, date_from, date_to, keys):
        """Return {key: number of the period's next statement}."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner_id, document_mode, currency_id, max(revision) + 1
                  FROM scrm_settlement_statement
                 WHERE company_id = %s
                   AND partner_id = ANY(%s)
                   AND state <> 'cancel'
                   AND date_from = %s AND date_to = %s
                 GROUP BY partner_id, document_mode, currency_id
                """,
                company.id,
                list({partner_id for partner_id, *_terms in keys}),
                date_from,
                date_to,
            )
        )
        return {**dict.fromkeys(keys, 0), **{row[:3]: row[3] for row in rows}}

    def _claim_lines(self):
        """Take the pending lines of each statement's dealer, terms and period, in one UPDATE.

        Another transaction that claims the same lines is refused by PostgreSQL and retried; it
        then finds nothing left.
        """
        self.flush_recordset()
        self.env["scrm.settlement.line"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE scrm_settlement_line line
                   SET statement_id = statement.id,
                       state = 'claimed',
                       write_uid = %s,
                       write_date = now() AT TIME ZONE 'UTC'
                  FROM scrm_settlement_statement statement
                 WHERE statement.id IN %s
                   AND line.company_id = statement.company_id
                   AND line.partner_id = statement.partner_id
                   AND line.document_mode = statement.document_mode
                   AND line.currency_id = statement.currency_id
                   AND line.date BETWEEN statement.date_from AND statement.date_to
                   AND line.statement_id IS NULL
                   AND line.state = 'pending'
                """,
                self.env.uid,
                tuple(self.ids),
            )
        )
        self._forget_lines()

    def _release_lines(self):
        """Give the lines back to the journal, so that another statement may take them."""
        self.env["scrm.settlement.line"].flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE scrm_settlement_line SET statement_id = NULL, state = 'pending', "
                "write_uid = %s, write_date = now() AT TIME ZONE 'UTC' WHERE statement_id IN %s",
                self.env.uid,
                tuple(self.ids),
            )
        )
        self._forget_lines()

    def _forget_lines(self):
        self.env["scrm.settlement.line"].invalidate_model(["statement_id", "state"])
        self.invalidate_model(["line_ids", "line_count"])
