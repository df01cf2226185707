"""The customers of past business, made known set-based."""

import logging

from odoo import api, models
from odoo.tools import SQL, split_every

from ..tools.handles import Handle
from .res_partner import ADDRESS_TYPES

_logger = logging.getLogger(__name__)

BACKFILL_BATCH = 5000


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _scrm_backfill_customers(self):
        """Make the customers of past leads, orders and invoices, in batches per company."""
        for company in self.env["res.company"].sudo().search([("scrm_pool_id", "!=", False)]):
            todo = self._scrm_get_backfill_ids(company)
            for first in range(0, len(todo), BACKFILL_BATCH):
                ids = todo[first : first + BACKFILL_BATCH]
                self.with_company(company).browse(ids)._scrm_make_known()
                # a cache of all past customers would not fit the memory
                self.env.flush_all()
                self.env.invalidate_all()
                _logger.info(
                    "res.partner: %s of %s contacts with past business are known in company %s",
                    first + len(ids),
                    len(todo),
                    company.id,
                )

    @api.model
    def _cron_scrm_backfill_customers(self):
        """Make known, nightly, whoever did business in a way that records no interaction.

        Each batch is committed: broken off, the next run goes on with whom nobody knows yet.
        """
        Cron = self.env["ir.cron"]
        with_pool = [("scrm_pool_id", "!=", False)]
        todo = [
            (company, ids)
            for company in self.env["res.company"].search(with_pool)
            for ids in split_every(BACKFILL_BATCH, self._scrm_get_backfill_ids(company))
        ]
        Cron._commit_progress(remaining=len(todo))
        for company, ids in todo:
            self.with_company(company).browse(ids)._scrm_make_known()
            if not Cron._commit_progress(1):
                break
            self.env.invalidate_all()

    def _scrm_make_known(self):
        """Make the customers of contacts that did business and that nobody knows, set-based.

        What comes of it is what :meth:`_scrm_get_identity_map` would have made. That is asked
        only for contacts whose handles somebody else has too, or that a rule leaves to a person.
        """
        # sudo: business made customers of them, whoever installs the addon or runs the job.
        contacts = self.sudo()._scrm_filter_customers(in_business=True)
        pool = self.env.company.sudo().scrm_pool_id
        clusters = contacts._scrm_get_plain_clusters(pool)
        if clusters and self.env["scrm.identity"].sudo()._insert_clusters(clusters.values(), pool):
            contacts -= contacts.browse(clusters)
        if contacts:
            contacts._scrm_get_identity_map(in_business=True)

    def _scrm_get_plain_clusters(self, pool):
        """Return {contact id: its handles, its own first} of those whose handles nobody else has.

        A handle on two of these contacts is the elder's, which is seen one by one: both are left
        out, and with them whoever shares another handle with either.
        """
        Identity, Rule = self.env["scrm.identity"], self.env["scrm.resolution.rule"]
        cards = self._scrm_get_own_cards(pool)
        clusters = {c.id: [c._scrm_get_handle(pool)] for c in self.sorted("id")}
        known = Identity._find_handles(
            {key for _contact, key, _raw in cards} | {own.key for (own,) in clusters.values()}
        )
        tied = Rule._get_tied_types("contact_card", pool)
        strange = {id_ for id_, (own,) in clusters.items() if own.key in known}
        owner_of = {}
        for contact, key, raw in cards:
            clusters[contact.id].append(Handle(*key, value_raw=raw))
            if (
                key in known
                or owner_of.setdefault(key, contact.id) != contact.id
                or key[0] not in tied
            ):
                strange.add(contact.id)
        limit = Rule._get_cluster_limit()
        return {
            id_: handles
            for id_, handles in clusters.items()
            if id_ not in strange and len(handles) <= limit
        }

    @api.model
    def _scrm_get_backfill_ids(self, company):
        """Return the ids of a company's business partners that nobody knows yet.

        Not of colleagues, the companies themselves, or vendors that were only written to.
        """
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL work_mem = '256MB'")
        Interaction = self.env["scrm.interaction"]
        rows = self.env.execute_query(
            SQL(
                """
                WITH business AS (
                    SELECT partner_id FROM sale_order
                     WHERE state IN ('sale', 'sent', 'cancel') AND company_id = %(company)s
                    UNION
                    SELECT partner_id FROM account_move
                     WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund')
                       AND company_id = %(company)s
                    UNION
                    SELECT partner_id FROM crm_lead
                     WHERE COALESCE(company_id, %(company)s) = %(company)s
                    UNION
                    SELECT k.partner_id
                      FROM stock_picking k
                      JOIN stock_location l ON l.usage = 'customer'
                       AND l.id IN (k.location_id, k.location_dest_id)
                     WHERE k.state = 'done' AND k.company_id = %(company)s
                    UNION
                    SELECT v.partner_id
                      FROM (%(messages)s) v
                      JOIN res_partner p ON p.id = v.partner_id
                      JOIN res_partner e ON e.id = p.commercial_partner_id
                     WHERE v.company_id = %(company)s
                       AND NOT (e.supplier_rank > 0 AND e.customer_rank = 0)
                ), holder AS (
                    SELECT DISTINCT CASE WHEN p.type IN %(addresses)s AND p.parent_id IS NOT NULL
                                         THEN p.commercial_partner_id ELSE p.id END AS id
                      FROM business b JOIN res_partner p ON p.id = b.partner_id
                )
                SELECT h.id FROM holder h
                 WHERE NOT EXISTS (SELECT FROM scrm_identity i
                                    WHERE i.partner_id = h.id AND i.pool_id = %(pool)s)
                   AND NOT EXISTS (SELECT FROM res_users u
                                    WHERE u.partner_id = h.id AND NOT u.share)
                   AND NOT EXISTS (SELECT FROM res_company c WHERE c.partner_id = h.id)
                 ORDER BY h.id
                """,
                company=company.id,
                pool=company.scrm_pool_id.id,
                addresses=ADDRESS_TYPES,
                messages=Interaction._get_message_partners(SQL("TRUE")),
            )
        )
        return [row[0] for row in rows]
