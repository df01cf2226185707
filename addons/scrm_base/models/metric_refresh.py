"""How metrics are made: one aggregate a source, joined and compared, all in the database."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.metric_scope import (
    OWNER_TABLE,
    QUARTER_DAYS,
    SCOPE_TABLE,
    YEAR_DAYS,
    MetricScope,
)

# Hashes of a million groups stay in memory; for a batch less does.
WORK_MEM_ALL = "256MB"
WORK_MEM_SOME = "64MB"

SCORES = ("recency_score", "frequency_score", "monetary_score")
KEYS = ("customer_id", "company_id")


class ScrmMetric(models.Model):
    _inherit = "scrm.metric"  # pylint: disable=consider-merging-classes-inherited

    # === REFRESHING === #

    @api.model
    def _refresh(self, company, customer_ids=None):
        """Make the metrics of a company's customers again, writing only what differs.

        What ages by itself (the windows of 365 and 90 days, the days since an order) ages when it
        is made again: nightly for everybody. In between only whoever was touched is made again.

        :param company: res.company
        :param list customer_ids: ids of scrm.customer, everybody by default; customers that were
            recognised as others lose their row
        """
        self.env.flush_all()
        scope = self._open_scope(company, customer_ids)
        names = self._write_changed(scope)
        self._drop_gone(company, customer_ids)
        self.invalidate_model([*names, "rfm_cell", "refreshed_at", *KEYS], flush=False)

    @api.model
    def _open_scope(self, company, customer_ids):
        """Prepare this transaction for a refresh and return its scope."""
        partial = customer_ids is not None
        today = company._scrm_get_today()
        scope = MetricScope(
            company_id=company.id,
            today=today,
            year_start=company._scrm_get_day_start(today - timedelta(days=YEAR_DAYS - 1)),
            quarter_start=company._scrm_get_day_start(today - timedelta(days=QUARTER_DAYS - 1)),
            zone=company._scrm_get_zone(),
            partial=partial,
        )
        work_mem = WORK_MEM_SOME if partial else WORK_MEM_ALL
        cr = self.env.cr
        cr.execute(SQL("SET LOCAL work_mem = %s", work_mem))
        if partial:
            # Few customers are looked up by index; the stock setting, made for spinning disks,
            # would read whole tables for them.
            cr.execute("SET LOCAL random_page_cost = 1.1")
        cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(SCOPE_TABLE)))
        cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE %(table)s ON COMMIT DROP AS
                SELECT c.id AS customer_id FROM scrm_customer c
                 WHERE c.merged_into_id IS NULL AND c.pool_id = %(pool)s AND %(chosen)s
                """,
                table=SQL.identifier(SCOPE_TABLE),
                pool=company.scrm_pool_id.id,
                chosen=SQL("c.id = ANY(%s)", list(customer_ids)) if partial else SQL("TRUE"),
            )
        )
        cr.execute(SQL("ANALYZE %s", SQL.identifier(SCOPE_TABLE)))
        self._list_owners()
        return scope

    @api.model
    def _list_owners(self):
        """List, for each contact, the customers that its documents count for.

        Those of the contact itself and of everybody above it, so that an organisation has the
        documents of its whole commercial entity and a person those of the person's addresses: as
        ``scrm.customer._get_document_domain()`` says. Each pair once, whoever was merged.
        """
        cr = self.env.cr
        cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(OWNER_TABLE)))
        cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE %(table)s ON COMMIT DROP AS
                WITH RECURSIVE owner AS (
                    SELECT i.partner_id, i.customer_id
                      FROM scrm_identity i JOIN %(scope)s s ON s.customer_id = i.customer_id
                     WHERE i.partner_id IS NOT NULL
                     UNION
                    SELECT p.id, o.customer_id
                      FROM owner o JOIN res_partner p ON p.parent_id = o.partner_id
                )
                SELECT partner_id, customer_id FROM owner
                """,
                table=SQL.identifier(OWNER_TABLE),
                scope=SQL.identifier(SCOPE_TABLE),
            )
        )
        cr.execute(SQL("ANALYZE %s", SQL.identifier(OWNER_TABLE)))

    @api.model
    def _write_changed(self, scope):
        """Insert and update the rows that differ from what the sources say now.

        OFFSET 0 keeps the planner from writing each expression out wherever it is used.

        :return: the names of the columns
        """
        sources = self._get_sources(scope)
        figures = self._get_figures(sources)
        names = [name for name, _value in figures]
        scores = self._get_scores(scope)
        columns = [*names, *(name for name, _value in scores), "rfm_cell"]
        self.env.cr.execute(
            SQL(
                """
                WITH figure AS (
                    SELECT s.customer_id, %(figures)s FROM %(scope)s s %(joins)s
                    OFFSET 0
                ), score AS (
                    SELECT figure.*, %(scores)s FROM figure LEFT JOIN %(cuts)s cut ON TRUE
                ), fresh AS (
                    SELECT score.*, %(cell)s AS rfm_cell FROM score OFFSET 0
                )
                INSERT INTO scrm_metric (customer_id, company_id, refreshed_at, %(columns)s)
                SELECT fresh.customer_id, %(company)s, %(now)s, %(values)s
                  FROM fresh
                  LEFT JOIN (SELECT * FROM scrm_metric
                              WHERE company_id = %(company)s AND %(within)s) m
                         ON m.customer_id = fresh.customer_id
                 WHERE m.id IS NULL OR (%(olds)s) IS DISTINCT FROM (%(values)s)
                ON CONFLICT (customer_id, company_id) DO UPDATE
                   SET refreshed_at = EXCLUDED.refreshed_at, %(updates)s
                """,
                figures=_list(SQL("%s AS %s", value, _id(name)) for name, value in figures),
                scope=SQL.identifier(SCOPE_TABLE),
                joins=self._join_sources(sources),
                scores=_list(SQL("%s AS %s", value, _id(name)) for name, value in scores),
                cuts=self.env["scrm.rfm.cut"]._get_in_force_sql(scope.company_id),
                cell=self._get_cell_sql(),
                columns=_list(map(_id, columns)),
                company=scope.company_id,
                within=scope.within(SQL("customer_id")),
                now=self.env.cr.now(),
                values=_list(_id("fresh", name) for name in columns),
                olds=_list(_id("m", name) for name in columns),
                updates=_list(SQL("%s = EXCLUDED.%s", _id(n), _id(n)) for n in columns),
            )
        )
        return columns

    @api.model
    def _join_sources(self, sources):
        """Return the joins of the sources, each under an alias of its own."""
        return SQL(" ").join(
            SQL(
                "LEFT JOIN (%s) %s ON %s = s.customer_id",
                query,
                _id(alias),
                _id(alias, "customer_id"),
            )
            for alias, (_names, query) in sources.items()
        )

    @api.model
    def _get_figures(self, sources):
        """Return [(column, its value)]: what the sources say, nothing where they say nothing."""
        figures = []
        for alias, (names, _query) in sources.items():
            for name in names:
                value = _id(alias, name)
                if self._fields[name].type in ("integer", "float", "monetary"):
                    value = SQL("COALESCE(%s, 0)", value)
                figures.append((name, value))
        return figures

    @api.model
    def _drop_gone(self, company, customer_ids):
        """Delete the rows of customers that were recognised as others, or left the pool."""
        chosen = SQL("TRUE")
        if customer_ids is not None:
            chosen = SQL("c.id = ANY(%s)", list(customer_ids))
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM scrm_metric m USING scrm_customer c
                 WHERE c.id = m.customer_id AND m.company_id = %s AND %s
                   AND (c.merged_into_id IS NOT NULL OR c.pool_id != %s)
                """,
                company.id,
                chosen,
                company.scrm_pool_id.id,
            )
        )

    # === SOURCES === #

    @api.model
    def _get_sources(self, scope):
        """Return what metrics are made of: {alias: ([columns], query)}; a hook.

        An addon adds its columns to ``scrm.metric`` by ``_inherit`` and a source here. A query
        returns ``customer_id`` and the columns by their names, at most one row a customer, of the
        company of the scope alone; ``scope.within()`` keeps it to the customers asked for. The
        documents of a contact find their customers in the temporary table OWNER_TABLE.

        :param scope: a MetricScope
        """
        return {
            "orders": (
                [
                    "order_count",
                    "amount_ordered",
                    "amount_average",
                    "first_ordered_on",
                    "last_ordered_on",
                    "order_count_year",
                    "amount_year",
                ],
                self._get_order_query(scope),
            ),
            "categories": (["category_count"], self._get_category_query(scope)),
            "interactions": (
                [
                    "interaction_count",
                    "interaction_count_quarter",
                    "message_count_quarter",
                    "last_interaction_at",
                ],
                self._get_interaction_query(scope),
            ),
        }

    @api.model
    def _get_order_query(self, scope):
        """Return the query of confirmed orders, in the company's currency at each order's rate."""
        rounding = self.env["res.company"].browse(scope.company_id).currency_id.rounding
        in_currency = SQL(
            """o.amount_total / CASE WHEN COALESCE(o.currency_rate, 0) = 0 THEN 1
                                     ELSE o.currency_rate END"""
        )

        def rounded(amount):
            return SQL("ROUND((%s) / %s::numeric) * %s::numeric", amount, rounding, rounding)

        return SQL(
            """
            SELECT customer_id, order_count, %(total)s AS amount_ordered,
                   %(average)s AS amount_average, %(first)s AS first_ordered_on,
                   %(last)s AS last_ordered_on, order_count_year, %(year)s AS amount_year
              FROM (SELECT w.customer_id, COUNT(*) AS order_count, SUM(%(amount)s) AS total,
                           MIN(o.date_order) AS first_at, MAX(o.date_order) AS last_at,
                           COUNT(*) FILTER (WHERE o.date_order >= %(start)s) AS order_count_year,
                           SUM(%(amount)s) FILTER (WHERE o.date_order >= %(start)s) AS year
                      FROM sale_order o JOIN %(owner)s w ON w.partner_id = o.partner_id
                     WHERE o.state = 'sale' AND o.company_id = %(company)s
                     GROUP BY w.customer_id) bought
            """,
            total=rounded(SQL("total")),
            average=rounded(SQL("total / order_count")),
            year=rounded(SQL("year")),
            first=scope.local_day(SQL("first_at")),
            last=scope.local_day(SQL("last_at")),
            amount=in_currency,
            start=scope.year_start,
            owner=SQL.identifier(OWNER_TABLE),
            company=scope.company_id,
        )

    @api.model
    def _get_category_query(self, scope):
        """Return the query of the product categories on confirmed orders.

        What was paid for counts: no notes, down payments, gifts or discounts.
        """
        return SQL(
            """
            SELECT customer_id, COUNT(*) AS category_count
              FROM (SELECT DISTINCT w.customer_id, t.categ_id
                      FROM sale_order_line l
                      JOIN sale_order o ON o.id = l.order_id
                      JOIN %(owner)s w ON w.partner_id = o.partner_id
                      JOIN product_product p ON p.id = l.product_id
                      JOIN product_template t ON t.id = p.product_tmpl_id
                     WHERE o.state = 'sale' AND o.company_id = %(company)s
                       AND t.categ_id IS NOT NULL AND l.price_total > 0
                       AND l.is_downpayment IS NOT TRUE) bought
             GROUP BY customer_id
            """,
            owner=SQL.identifier(OWNER_TABLE),
            company=scope.company_id,
        )

    @api.model
    def _get_interaction_query(self, scope):
        """Return the query of what is on the timelines."""
        return SQL(
            """
            SELECT customer_id, COUNT(*) AS interaction_count,
                   COUNT(*) FILTER (WHERE occurred_at >= %(start)s) AS interaction_count_quarter,
                   COUNT(*) FILTER (WHERE occurred_at >= %(start)s AND kind = 'message_in')
                       AS message_count_quarter,
                   MAX(occurred_at) AS last_interaction_at
              FROM scrm_interaction
             WHERE company_id = %(company)s AND %(within)s
             GROUP BY customer_id
            """,
            start=scope.quarter_start,
            company=scope.company_id,
            within=scope.within(SQL("customer_id")),
        )


def _id(*names):
    return SQL.identifier(*names)


def _list(parts):
    return SQL(", ").join(parts)
