import logging
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .scrm_settlement_tier import PRICING_STATES

_logger = logging.getLogger(__name__)

# Sources taken at a time: what is held in memory, and what is committed together.
BATCH = 5000
# The frequent run looks back further than it was last there: what a long transaction commits
# late is seen by the next run, and anything later still by the nightly one.
OVERLAP = timedelta(days=1)
# More than this is left to a job, because nobody waits for it before a screen.
AT_ONCE = 2000
# So many new lines change how the journal is best searched.
MANY = 1000
NO_END = date(9000, 1, 1)


class ScrmSettlementLine(models.Model):
    """Sources that nobody hands in: they are fetched, set by set, and never twice."""

    _inherit = "scrm.settlement.line"

    @api.model
    def _get_pulls(self):
        """Return what is fetched: (name, scope, finder of ids, taker of ids).

        Sources of a scope are fetched from the first day of its tiers on; without a scope, whatever
        belongs to a line of the journal, however long its tier is gone.
        """
        return [
            ("shipment", "shipment", self._find_shipments, self._take_shipments),
            ("goods return", None, self._find_goods_returns, self._take_goods_returns),
            ("unnamed return", None, self._find_unnamed_returns, self._take_unnamed_returns),
            ("commission", "commission", self._find_commissions, self._take_commissions),
            ("credit note", None, self._find_credit_notes, self._take_credit_notes),
        ]

    @api.model
    def _pull(self, company, since=None, limit=None, after_batch=None):
        """Fetch every source that the journal does not have yet.

        :param since: look only at what happened from this moment on; None looks at everything
        :param limit: stop after so many sources
        :param after_batch: called with the number of sources of each batch; a false result stops
        :return: (number of sources taken, whether some are left)
        """
        self = self.sudo().with_company(company)  # the journal is written by the system alone
        self.env["scrm.settlement.exception"]._retry(company)
        taken = 0
        self._hold_twins(company)
        for name, scope, find, take in self._get_pulls():
            window = self._get_pull_window(company, scope) if scope else None
            if scope and not window:
                continue
            ids = find(company, window, since)
            for first in range(0, len(ids), BATCH):
                batch = ids[first : first + BATCH]
                if limit is not None:
                    batch = batch[: limit - taken]
                    if not batch:
                        return taken, True
                take(company, batch)
                taken += len(batch)
                self._hold_twins(company)
                self.env.invalidate_all()  # a run of a million holds one batch in memory
                _logger.info("scrm.settlement: %s of %s %ss", first + len(batch), len(ids), name)
                if after_batch and not after_batch(len(batch)):
                    return taken, True
            if len(ids) > MANY:
                # PostgreSQL plans the next searches for what it knew before these lines
                self.env.cr.execute("ANALYZE (SKIP_LOCKED) scrm_settlement_line")
        return taken, False

    @api.model
    def _get_pull_window(self, company, scope):
        """Return the first and last day whose sources a scope's tiers price, None if none do.

        The first day of a rule; a rule that names none does not reach back before it was made,
        so that switching a tier on never pays the past by accident.
        """
        [(start, end)] = self.env.execute_query(
            SQL(
                """
                SELECT MIN(COALESCE(GREATEST(rule.date_from, tier.date_from),
                           (rule.create_date AT TIME ZONE 'UTC' AT TIME ZONE %s)::date)),
                       MAX(COALESCE(LEAST(rule.date_to, tier.date_to), %s))
                  FROM scrm_settlement_rule rule
                  JOIN scrm_settlement_tier tier ON tier.id = rule.tier_id
                 WHERE tier.company_id = %s AND tier.scope = %s AND tier.active AND rule.active
                   AND tier.state IN %s
                """,
                company._scrm_get_zone(),
                NO_END,
                company.id,
                scope,
                PRICING_STATES,
            )
        )
        return start and (start, end)

    def _get_absent(self, source_type, model_name, source, company):
        """Return SQL that is true of a source that is neither journalled nor an exception."""
        key = self._prepare_source_key(source_type, model_name)
        return SQL(
            """
            NOT EXISTS (
                SELECT FROM scrm_settlement_line known
                 WHERE known.company_id = %(company)s
                   AND known.source_model_number = %(model)s
                   AND known.source_id = %(source)s
                   AND known.component = %(component)s)
            AND NOT EXISTS (SELECT FROM %(listed)s %(source)s)
            """,
            company=company.id,
            model=key["source_model_number"],
            component=key["component"],
            source=source,
            listed=self.env["scrm.settlement.exception"]._get_listed(company, model_name),
        )

    @api.model
    def _prepare_exception(self, company, reason, model_name, vals):
        """Return a row for the list of exceptions; vals are those of the source."""
        return {
            "name": vals["name"],
            "company_id": company.id,
            "partner_id": vals["partner_id"],
            "reason": reason,
            "source_model": model_name,
            "source_model_number": self.env["ir.model"]._get_id(model_name) or 0,
            "source_id": vals["source_id"],
            "origin_line_id": vals.get("origin_id"),
            "product_id": vals.get("product_id"),
            "quantity": vals["quantity"],
            "before_quantity": None,
            "seq": 0,
            "occurred_at": vals["occurred_at"],
            "date": vals["date"],
        }

    # === STARTED BY CLOCK AND PEOPLE === #

    @api.model
    def _cron_pull(self):
        """Fetch what happened since the last run."""
        lastcall = self.env.context.get("lastcall")
        self._pull_companies(lastcall and lastcall - OVERLAP)

    @api.model
    def _cron_pull_all(self):
        """Compare every source with the journal, whatever the frequent runs have missed."""
        self._pull_companies(None)

    @api.model
    def _pull_companies(self, since):
        commit = self.env["ir.cron"]._commit_progress
        tiers = self.env["scrm.settlement.tier"].with_context(active_test=False)
        for (company,) in tiers._read_group([], ["company_id"]):
            self._pull(company, since, after_batch=commit)
            if not commit():
                break

    @api.model
    def action_pull(self):
        """Fetch now what the next run would fetch; a large backlog goes on in a job."""
        if not self.env.user.has_groups(
            "scrm_settlement.group_scrm_settlement_preparer,"
            "scrm_settlement.group_scrm_settlement_reviewer"
        ):
            raise AccessError(
                self.env._("Sources are fetched by those who prepare or review settlements.")
            )
        company = self.env.company
        taken, more = self._pull(company, limit=AT_ONCE)
        if more:
            # sudo: the job belongs to the system, which fetches for everybody
            self.sudo().with_delay(
                identity_key=f"scrm.settlement.pull:{company.id}",
                description=self.env._("Fetch what is to settle in %s", company.name),
            )._pull_rest(company)
        message = self.env._("%s sources fetched.", taken)
        if more:
            message = self.env._("%s sources fetched; a job fetches the rest.", taken)
        elif not any(
            self.sudo()._get_pull_window(company, scope) for scope in ("shipment", "commission")
        ):
            message = self.env._(
                "No active tier prices shipments or commissions, so there is nothing to fetch."
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if taken else "info",
                "message": message,
                # Not a reload: the address of the menu has no screen of its own to load again.
                "next": self.env["ir.actions.act_window"]._for_xml_id(
                    "scrm_settlement.scrm_settlement_line_action"
                ),
            },
        }

    @api.model
    def _pull_rest(self, company):
        """Fetch one batch and plan the next; the body of the job."""
        _taken, more = self._pull(company, limit=BATCH)
        if more:
            self.with_delay(
                identity_key=f"scrm.settlement.pull:{company.id}:{fields.Datetime.now()}",
                description=self.env._("Fetch what is to settle in %s", company.name),
            )._pull_rest(company)
