"""How the members of segments are found: one query each, written as a difference of sets."""

import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.segments import order_by_dependency
from .segment import DEFINITION_ERRORS

_logger = logging.getLogger(__name__)


class ScrmSegment(models.Model):
    _inherit = "scrm.segment"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _refresh_company(self, company, customer_ids=None):
        """Find the members of a company's segments again, each after those that it reads.

        :param company: res.company
        :param customer_ids: whom to look at, the others stay as they are; everybody by default.
            A segment that was defined anew, and what reads it, looks at everybody.
        """
        # sudo: segments are kept for everybody, whoever's business it was; each definition is
        # asked with the rights of its author.
        segments = self.sudo().search([("company_id", "=", company.id)])
        if customer_ids is not None:
            whole = segments.filtered("is_stale")._with_readers()
            segments._refresh_members(customer_ids, whole=whole)
        else:
            segments._refresh_members()

    @api.model
    def _refresh_stale(self):
        """Find the members of the segments that were defined anew, and of what reads them."""
        # sudo: see _refresh_company
        self.sudo().search([("is_stale", "=", True)])._with_readers()._refresh_members()

    def _refresh_redefined(self):
        """Find the members at once, or soon if a refresh is under way."""
        archived = self.filtered(lambda segment: not segment.active)
        archived._let_everybody_leave()
        if not self.env["scrm.customer.touch"]._try_lock():
            # sudo: whoever defines segments need not be able to configure the scheduler.
            self.env.ref("scrm_base.ir_cron_refresh_customers").sudo()._trigger()
            return
        # sudo: see _refresh_company
        (self - archived).sudo()._with_readers()._refresh_members()

    def _with_readers(self):
        """Return the segments and those in force that read them, directly or not."""
        found, fresh = self, self
        while fresh:
            fresh = (
                self.search(
                    ["|", ("include_ids", "in", fresh.ids), ("exclude_ids", "in", fresh.ids)]
                )
                - found
            )
            found |= fresh
        return found

    def _refresh_members(self, customer_ids=None, whole=None):
        """Find the members of these segments again, each after those that it reads.

        :param customer_ids: whom to look at; everybody by default
        :param whole: segments that look at everybody all the same
        """
        for id_ in order_by_dependency(self._get_reads()):
            segment = self.browse(id_)
            is_whole = customer_ids is None or (whole and segment in whole)
            segment._refresh_one(None if is_whole else customer_ids)

    def _refresh_one(self, customer_ids):
        """Let whoever the definition does not find leave, and whom it finds enter."""
        extra = Domain.TRUE
        if customer_ids is not None:
            # A set, not a list: the planner may start from it.
            extra = Domain("id", "in", SQL("(SELECT unnest(%s::int[]))", list(customer_ids)))
        # A savepoint that flushes would run what waits for the commit, such as Odoo's tracking.
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                query = self._search_customers(self._get_env_of(self.user_id.id), extra)
                entered, left = self._write_members(query.select(), customer_ids)
        except DEFINITION_ERRORS as error:
            _logger.info("scrm.segment: %s could not be refreshed: %s", self.id, error)
            self._write_refreshed({"refresh_error": str(error).strip(), "is_stale": False})
            return
        size = self.member_count + entered - left
        if customer_ids is None:
            size = self.env["scrm.segment.member"].search_count(
                [("segment_id", "=", self.id), ("left_at", "=", False)]
            )
        vals = {"member_count": size, "refresh_error": False, "refreshed_at": self.env.cr.now()}
        if customer_ids is None:
            vals["is_stale"] = False
        self._write_refreshed(vals)
        if entered or left or customer_ids is None:
            self._write_snapshot(entered, left)

    def _write_members(self, select, customer_ids=None):
        """Write the difference between who is in and who was found, in one statement.

        :param SQL select: ids of the customers found
        :param customer_ids: whom it looked at; everybody by default
        :return: how many entered and how many left
        """
        self.env["scrm.segment.member"].flush_model()
        (counts,) = self.env.execute_query(
            SQL(
                """
                WITH found AS MATERIALIZED (%(select)s), leaving AS (
                    UPDATE scrm_segment_member m SET left_at = %(now)s
                     WHERE m.segment_id = %(segment)s AND m.left_at IS NULL
                       AND (%(ids)s::int[] IS NULL OR m.customer_id = ANY(%(ids)s::int[]))
                       AND NOT EXISTS (SELECT FROM found f WHERE f.id = m.customer_id)
                    RETURNING 1
                ), entering AS (
                    INSERT INTO scrm_segment_member
                           (segment_id, company_id, customer_id, entered_at)
                    SELECT %(segment)s, %(company)s, f.id, %(now)s FROM found f
                     WHERE NOT EXISTS (
                           SELECT FROM scrm_segment_member m
                            WHERE m.segment_id = %(segment)s AND m.left_at IS NULL
                              AND m.customer_id = f.id)
                    ON CONFLICT DO NOTHING
                    RETURNING 1
                )
                SELECT (SELECT count(*) FROM entering), (SELECT count(*) FROM leaving)
                """,
                select=select,
                now=self.env.cr.now(),
                segment=self.id,
                company=self.company_id.id,
                ids=customer_ids,
            )
        )
        if any(counts):
            self.env["scrm.segment.member"].invalidate_model(flush=False)
            self.invalidate_recordset(["member_ids"], flush=False)
            self.env["scrm.customer"].invalidate_model(
                ["segment_ids", "segment_member_ids"], flush=False
            )
        return counts

    def _write_snapshot(self, entered, left):
        """Note the size of the day, and who came and went on it."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO scrm_segment_snapshot
                       (segment_id, company_id, taken_on, size, entered_count, left_count)
                VALUES (%s, %s, %s, %s, %s, %s)
                ON CONFLICT (segment_id, taken_on) DO UPDATE
                   SET size = EXCLUDED.size,
                       entered_count = scrm_segment_snapshot.entered_count + EXCLUDED.entered_count,
                       left_count = scrm_segment_snapshot.left_count + EXCLUDED.left_count
                """,
                self.id,
                self.company_id.id,
                self.company_id._scrm_get_today(),
                self.member_count,
                entered,
                left,
            )
        )
        self.env["scrm.segment.snapshot"].invalidate_model(flush=False)
        self.invalidate_recordset(["snapshot_ids"], flush=False)

    def _let_everybody_leave(self):
        """Empty archived segments, which nobody refreshes."""
        for segment in self.sudo():  # sudo: members are written by the refresh alone
            segment._write_members(SQL("SELECT id FROM scrm_customer WHERE FALSE"))
            segment._write_refreshed({"member_count": 0, "is_stale": False})
            segment._write_snapshot(0, 0)

    # === ACTIONS === #

    def action_refresh(self):
        """Find the members of these segments now."""
        self.check_access("write")
        if not self.env["scrm.customer.touch"]._try_lock():
            raise UserError(
                self.env._("A refresh of all customers is under way. Try again in a minute.")
            )
        self.sudo()._with_readers()._refresh_members()  # sudo: see _refresh_company
        return True


class ScrmCustomerTouch(models.Model):
    _inherit = "scrm.customer.touch"

    @api.model
    def _cron_refresh(self):
        """After the customers that were touched, the segments that were defined anew."""
        res = super()._cron_refresh()
        if self._try_lock():
            self.env["scrm.segment"]._refresh_stale()
        return res
