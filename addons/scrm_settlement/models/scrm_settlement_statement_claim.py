from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date


class ScrmSettlementStatement(models.Model):
    # One concern a file.
    _inherit = "scrm.settlement.statement"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _generate(self, company, date_from, date_to, partners=None):
        """Make one statement per dealer, kind of document and currency of a period's pending lines.

        :param date_from: first local day
        :param date_to: last local day, included
        :param partners: dealers; None or empty means all that have pending lines
        :raises UserError: there is nothing to settle, with the reason
        :return: the new statements
        """
        Line = self.env["scrm.settlement.line"]
        dealers = (partners or Line.partner_id).commercial_partner_id
        Line._prepare_period(company, date_from, date_to, dealers)
        domain = [
            ("company_id", "=", company.id),
            ("state", "=", "pending"),
            ("date", ">=", date_from),
            ("date", "<=", date_to),
        ]
        if dealers:
            domain.append(("partner_id", "in", dealers.ids))
        groups = Line._read_group(domain, ["partner_id", "document_mode", "currency_id"])
        if not groups:
            raise UserError(self._explain_nothing(company, date_from, date_to, partners))
        # in_business: a dealer whom we only ever paid is one of our customers all the same
        identities = (
            Line.partner_id.union(*(partner for partner, *_terms in groups))
            .with_company(company)
            ._scrm_get_identity_map(in_business=True)
        )
        statements = self.create(
            [
                {
                    "company_id": company.id,
                    "partner_id": partner.id,
                    "document_mode": document_mode,
                    "currency_id": currency.id,
                    "identity_id": identities[partner.id].id if partner.id in identities else False,
                    "date_from": date_from,
                    "date_to": date_to,
                }
                for partner, document_mode, currency in groups
            ]
        )
        statements._claim_lines()
        statements._update_totals()
        return statements

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
        self.env["scrm.settlement.line"].invalidate_model(["statement_id", "state"])
        self.invalidate_recordset(["line_ids"])

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
        self.env["scrm.settlement.line"].invalidate_model(["statement_id", "state"])
        self.invalidate_recordset(["line_ids"])

    @api.model
    def _explain_nothing(self, company, date_from, date_to, partners):
        """Return why a run found no lines, as sentences (an empty run must not be silent)."""
        Line = self.env["scrm.settlement.line"]
        domain = [("company_id", "=", company.id)]
        if partners:
            domain.append(("partner_id", "in", partners.commercial_partner_id.ids))
        in_period = [*domain, ("date", ">=", date_from), ("date", "<=", date_to)]
        reasons = []
        claimed = Line.search([*in_period, ("state", "=", "claimed")])
        if claimed:
            names = claimed.statement_id.sorted("id", reverse=True)[:5].mapped("name")
            reasons.append(
                self.env._(
                    "%(count)s lines of this period are on statements already (%(names)s).",
                    count=len(claimed),
                    names=", ".join(names),
                )
            )
        unpriced = Line.search_count([*in_period, ("state", "=", "no_price")])
        if unpriced:
            reasons.append(
                self.env._(
                    "%(count)s lines of this period have no price: complete the rules and use "
                    "“Find prices” in the journal.",
                    count=unpriced,
                )
            )
        outside = Line.search([*domain, ("state", "=", "pending")], order="date, id", limit=1)
        if outside:
            reasons.append(
                self.env._(
                    "There are pending lines outside the period, the earliest on %(date)s.",
                    date=format_date(self.env, outside.date),
                )
            )
        return " ".join(
            [
                self.env._(
                    "There is nothing left to settle between %(first)s and %(last)s.",
                    first=format_date(self.env, date_from),
                    last=format_date(self.env, date_to),
                ),
                *(reasons or [self.env._("The journal has no lines for these dealers.")]),
            ]
        )
