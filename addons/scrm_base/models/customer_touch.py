"""Which customers something happened to since their derived figures were made."""

import logging

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Touches taken in one transaction; many touches of one customer are one customer.
BATCH = 20000
# One refresh at a time: two would write the same rows. ASCII "SCRM", and 1 for the refresh.
ADVISORY_LOCK = (0x5343524D, 1)


class ScrmCustomerTouch(models.Model):
    """A note that a customer's figures are out of date, written in the business transaction.

    A row of its own for each touch: two transactions that touch one customer never wait for each
    other. Not a time up to which all was seen: a transaction that commits late would be missed.
    """

    _name = "scrm.customer.touch"
    _description = "Customer Whose Figures Are Out of Date"
    _order = "id"
    _rec_name = "customer_id"
    _log_access = False

    customer_id = fields.Many2one(
        comodel_name="scrm.customer", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    touched_at = fields.Datetime(string="When", required=True, readonly=True)

    @api.model
    def _touch(self, who, company=None):
        """Say that something happened to customers, so that their figures are made again.

        In one statement, in the caller's transaction.

        :param who: scrm.customer, scrm.identity (their customers), or ids of customers
        :param company: res.company where it happened; all of the customers' pools by default
        """
        if isinstance(who, models.BaseModel) and who._name == "scrm.identity":
            # sudo: whose handle it is decides whose figures change, whoever does the business.
            who = who.sudo().customer_id
        ids = sorted(set(who.ids if isinstance(who, models.BaseModel) else who))
        if not ids:
            return
        # A customer of a moment ago may still be in the cache only.
        self.env["scrm.customer"].flush_model(["pool_id"])
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO scrm_customer_touch (customer_id, company_id, touched_at)
                SELECT c.id, o.id, %(now)s
                  FROM scrm_customer c
                  JOIN res_company o ON o.scrm_pool_id = c.pool_id
                 WHERE c.id = ANY(%(ids)s) AND (%(company)s IS NULL OR o.id = %(company)s)
                """,
                now=self.env.cr.now(),
                ids=ids,
                company=company.id if company else None,
            )
        )

    @api.model
    def _try_lock(self):
        """Return whether this transaction, and no other, may refresh derived figures now."""
        return self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", *ADVISORY_LOCK)
        )[0][0]

    @api.model
    def _take(self, limit=BATCH):
        """Take touches off the list and return {company id: ids of customers to refresh}.

        A customer that was recognised as another meanwhile stands there with the one in force:
        the first has figures to lose, the second to gain. The rows go with the caller's
        transaction: if it fails they are there again, and what commits meanwhile stays.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH taken AS (
                    DELETE FROM scrm_customer_touch
                     WHERE id IN (SELECT id FROM scrm_customer_touch
                                   ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
                    RETURNING customer_id, company_id
                )
                SELECT t.company_id, t.customer_id FROM taken t
                 UNION
                SELECT t.company_id, c.merged_into_id
                  FROM taken t JOIN scrm_customer c ON c.id = t.customer_id
                 WHERE c.merged_into_id IS NOT NULL
                """,
                limit,
            )
        )
        ids_of = {}
        for company_id, customer_id in rows:
            ids_of.setdefault(company_id, []).append(customer_id)
        return ids_of

    @api.model
    def _refresh(self, limit=BATCH):
        """Refresh the customers of a batch of touches.

        :return: whether there was anything to do
        """
        # sudo: figures are made of all documents, whoever asks for a fresh one.
        self_sudo = self.sudo()
        self_sudo.env.flush_all()
        taken = self_sudo._take(limit)
        for company in self_sudo.env["res.company"].browse(sorted(taken)):
            Customer = self_sudo.env["scrm.customer"].with_company(company)
            Customer._refresh_derived(sorted(taken[company.id]), company)
        return bool(taken)

    @api.model
    def _cron_refresh(self):
        """Refresh whoever was touched, batch by batch."""
        Cron = self.env["ir.cron"]
        Cron._commit_progress(remaining=1 if self.search_count([], limit=1) else 0)
        while self._try_lock() and self._refresh():
            left = self.search_count([], limit=1)
            if not Cron._commit_progress(1, remaining=left) or not left:
                break

    @api.model
    def _cron_refresh_all(self):
        """Make every derived figure again, nightly, company by company."""
        Cron = self.env["ir.cron"]
        companies = self.env["res.company"].search([("scrm_pool_id", "!=", False)])
        Cron._commit_progress(remaining=len(companies))
        for company in companies:
            if not self._try_lock():
                _logger.info("scrm.customer.touch: a refresh is under way, the full one waits")
                return
            self.env["scrm.customer"].with_company(company)._refresh_all(company)
            if not Cron._commit_progress(1):
                break
