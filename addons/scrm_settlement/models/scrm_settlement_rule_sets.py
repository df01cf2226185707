"""The set-based twin of the resolution: the same winners, found by hash joins in PostgreSQL."""

import json

from odoo import api, models
from odoo.tools import SQL

from ..tools.pricing import decimal_of
from ..tools.resolution import NO_PARTNER
from .res_partner_hierarchy import ADDRESS, REGION_CLOSENESS
from .scrm_settlement_rule_pricing import _known
from .scrm_settlement_tier import PULLED_SCOPES

# The columns of `scrm_tmp_request`, which is what a caller of `_resolve_set` fills.
REQUEST_COLUMNS = (
    "id bigint PRIMARY KEY, partner_id int, product_id int, day date, scenario_id int,"
    " scope varchar, quantity numeric, amount numeric, source_price numeric, currency_id int"
)
# Bits of what a request has, and of what a rule needs, to be priced.
NEEDS = {"library": 1, "list_price": 2, "cost": 4, "source": 8, "share": 16}
# Products whose cost and price are read through the ORM at once.
PRODUCT_BATCH = 2000

_QUERY = """
CREATE TEMPORARY TABLE scrm_tmp_query ON COMMIT DROP AS
SELECT *, (library_price IS NOT NULL)::int + 2 * (list_price IS NOT NULL)::int
          + 4 * (cost IS NOT NULL)::int + 8 * (source_price IS NOT NULL)::int
          + 16 * (share IS NOT NULL)::int AS have
  FROM (
SELECT r.id, r.partner_id, r.product_id, r.day, r.scope,
       COALESCE(r.scenario_id, p.scrm_scenario_id) AS scenario_id, p.grade_id,
       m.quantity, NULLIF(abs(r.amount), 0) AS amount, r.currency_id,
       b.list_price, b.list_currency_id, b.cost, b.cost_currency_id, l.price AS library_price,
       s.source_price, COALESCE(round(abs(r.amount::numeric(38, 20) / NULLIF(r.quantity, 0)), 6),
                                s.source_price) AS share
  FROM (SELECT id, partner_id, product_id, day, scope, scenario_id, currency_id, quantity,
               NULLIF(amount, 0) AS amount, source_price
          FROM scrm_tmp_request) r
  JOIN res_partner p ON p.id = r.partner_id
  JOIN scrm_tmp_product b ON b.product_id = r.product_id
  LEFT JOIN scrm_tmp_library_day l ON l.product_id = r.product_id AND l.day = r.day
 CROSS JOIN LATERAL (
       SELECT round(abs(COALESCE(r.quantity, 1)) / b.rounding) * b.rounding AS quantity) m
 CROSS JOIN LATERAL (
       SELECT NULLIF(round(abs(r.source_price), 6), 0) AS source_price) s) q
"""

_LIBRARY_DAY = """
CREATE TEMPORARY TABLE scrm_tmp_library_day ON COMMIT DROP AS
SELECT DISTINCT ON (d.product_id, d.day) d.product_id, d.day, l.library_id, l.price, l.currency_id
  FROM (SELECT DISTINCT product_id, day FROM scrm_tmp_request) d
  JOIN scrm_tmp_library l ON l.product_id = d.product_id AND l.valid_from <= d.day
       AND (l.valid_to IS NULL OR d.day <= l.valid_to)
 ORDER BY d.product_id, d.day, l.position
"""

_KEYS = """
CREATE TEMPORARY TABLE scrm_tmp_key ON COMMIT DROP AS
SELECT k.rule_id, k.scope, k.partner_id, k.include_downline, k.scenario_id, k.region_id,
       k.grade_id, k.target, k.target_id,
       COALESCE(k.date_from, CASE WHEN k.scope = ANY(%(pulled)s) THEN
           (r.create_date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date END, '-infinity')
           AS date_from,
       COALESCE(k.date_to, 'infinity') AS date_to,
       dense_rank() OVER (ORDER BY k.date_from DESC NULLS LAST, k.sequence, k.rule_id)
           AS precedence,
       CASE WHEN r.method IN ('fixed', 'pricelist') THEN 0
            WHEN k.target = 'library' AND base.kind = 'library' THEN 0
            ELSE (%(needs)s::jsonb ->> base.kind)::int END AS need,
       base.kind AS base_kind,
       CASE WHEN r.accumulation = 'period'
                 OR NOT EXISTS (SELECT FROM scrm_settlement_bracket b WHERE b.rule_id = r.id)
            THEN 'none' ELSE r.basis END AS measure
  FROM scrm_settlement_key k
  JOIN scrm_settlement_rule r ON r.id = k.rule_id
 CROSS JOIN LATERAL (
       SELECT CASE r.method WHEN 'margin' THEN 'cost' WHEN 'percent' THEN 'share'
              ELSE r.base END AS kind) base
 WHERE k.company_id = %(company)s
"""


class ScrmSettlementRule(models.Model):
    _inherit = "scrm.settlement.rule"

    @api.model
    def _make_request_table(self):
        """Make the empty table that `_resolve_set` reads: `scrm_tmp_request`."""
        cr = self.env.cr
        for name in ("request", "query", "product", "category", "library", "library_day"):
            cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(f"scrm_tmp_{name}")))
        for name in ("region", "upline", "key", "best", "price"):
            cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(f"scrm_tmp_{name}")))
        cr.execute(
            SQL("CREATE TEMPORARY TABLE scrm_tmp_request (%s) ON COMMIT DROP", SQL(REQUEST_COLUMNS))
        )

    @api.model
    def _resolve_set(self, company):
        """Price the rows of `scrm_tmp_request` into `scrm_tmp_price`, all of them in SQL.

        The request's partner is a commercial one. The result has a row for each request that a
        rule covers: `id`, `rule_id`, `bracket_id`, `base_price`, `price_unit`, `price_exact` (of a
        scale), `currency_id`, `library_id` and `by_pricelist` (the price is core's to find, and may
        not exist).
        Joins go by the shapes that the company's rules really have (which dimensions they name),
        each a hash join on plain columns: a join of all rules with all lines would test each pair.
        """
        self = self.sudo().with_company(company).with_context(active_test=False)
        self.env.flush_all()
        cr = self.env.cr
        cr.execute("SET LOCAL work_mem = '256MB'")
        cr.execute("ANALYZE scrm_tmp_request")
        self._make_product_tables(company)
        self._make_partner_tables()
        cr.execute(SQL(_LIBRARY_DAY))
        cr.execute("ANALYZE scrm_tmp_library_day")
        cr.execute(SQL(_QUERY))
        cr.execute("ANALYZE scrm_tmp_query")
        cr.execute(
            SQL(  # pylint: disable=sql-injection
                _KEYS,
                needs=json.dumps(NEEDS),
                company=company.id,
                pulled=list(PULLED_SCOPES),
                zone=company._scrm_get_zone(),
            )
        )
        cr.execute("ANALYZE scrm_tmp_key")
        self._find_best(company)
        cr.execute(self._get_price_query(company))
        cr.execute("RESET work_mem")

    # === WHAT REQUESTS REFER TO === #

    def _make_product_tables(self, company):
        """Read products through the ORM, in batches: cost and price are properties, not columns."""
        cr = self.env.cr
        cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE scrm_tmp_product (product_id int PRIMARY KEY,"
                " list_price numeric, list_currency_id int, cost numeric, cost_currency_id int,"
                " rounding numeric) ON COMMIT DROP;"
                "CREATE TEMPORARY TABLE scrm_tmp_category (product_id int, category_id int,"
                " depth int) ON COMMIT DROP"
            )
        )
        ids = [
            product_id
            for (product_id,) in self.env.execute_query(
                SQL("SELECT DISTINCT product_id FROM scrm_tmp_request ORDER BY 1")
            )
        ]
        for first in range(0, len(ids), PRODUCT_BATCH):
            products = self.env["product.product"].browse(ids[first : first + PRODUCT_BATCH])
            products = products.with_company(company)
            cr.execute_values(
                "INSERT INTO scrm_tmp_product VALUES %s",
                [
                    (
                        product.id,
                        _known(product.list_price),
                        product.currency_id.id,
                        _known(product.standard_price),
                        product.cost_currency_id.id,
                        decimal_of(product.uom_id.rounding),
                    )
                    for product in products
                ],
                page_size=1000,
            )
            products.invalidate_recordset(flush=False)
        cr.execute(
            SQL(
                "INSERT INTO scrm_tmp_category SELECT p.id, c.id::int,"
                " cardinality(a.path) - c.place::int FROM product_product p"
                " JOIN scrm_tmp_product r ON r.product_id = p.id"
                " JOIN product_template t ON t.id = p.product_tmpl_id"
                " JOIN product_category g ON g.id = t.categ_id"
                " CROSS JOIN LATERAL (SELECT string_to_array(rtrim(g.parent_path, '/'), '/')"
                " AS path) a CROSS JOIN LATERAL unnest(a.path) WITH ORDINALITY AS c(id, place)"
            )
        )
        cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE scrm_tmp_library ON COMMIT DROP AS"
                " SELECT l.product_id, l.library_id, l.price, l.valid_from, l.valid_to,"
                " b.currency_id, row_number() OVER (ORDER BY b.sequence, b.id) AS position"
                " FROM scrm_library_line l JOIN scrm_library b ON b.id = l.library_id"
                " JOIN scrm_tmp_product p ON p.product_id = l.product_id"
                " WHERE b.company_id = %s AND b.active",
                company.id,
            )
        )
        cr.execute("ANALYZE scrm_tmp_product, scrm_tmp_category, scrm_tmp_library")

    def _make_partner_tables(self):
        """Find regions once for each address, and uplines by walking up in SQL."""
        cr = self.env.cr
        cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE scrm_tmp_region (partner_id int, region_id int,"
                " closeness int) ON COMMIT DROP"
            )
        )
        columns = SQL(", ").join(SQL.identifier("p", name) for name in ADDRESS)
        addresses = self.env.execute_query(
            SQL(
                "SELECT array_agg(p.id) FROM res_partner p WHERE p.id IN"
                " (SELECT partner_id FROM scrm_tmp_request) GROUP BY %s",
                columns,
            )
        )
        Region = self.env["scrm.region"]
        Partner = self.env["res.partner"]
        for (ids,) in addresses:
            for region in Region._get_regions_of_partner(Partner.browse(ids[0])):
                if region.kind != "accounts":
                    cr.execute(
                        SQL(
                            "INSERT INTO scrm_tmp_region SELECT unnest(%s), %s, %s",
                            ids,
                            region.id,
                            REGION_CLOSENESS[region.kind],
                        )
                    )
        accounts = Region._fields["partner_ids"]
        cr.execute(
            SQL(
                "INSERT INTO scrm_tmp_region SELECT a.%(partner)s, r.id, %(closeness)s"
                " FROM %(relation)s a JOIN scrm_region r ON r.id = a.%(region)s"
                " WHERE r.kind = 'accounts' AND r.active",
                partner=SQL.identifier(accounts.column2),
                region=SQL.identifier(accounts.column1),
                relation=SQL.identifier(accounts.relation),
                closeness=REGION_CLOSENESS["accounts"],
            )
        )
        cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE scrm_tmp_upline ON COMMIT DROP AS"
                " WITH RECURSIVE up AS ("
                " SELECT id AS partner_id, scrm_upline_id AS upline_id, ARRAY[id] AS seen"
                " FROM res_partner WHERE scrm_upline_id IS NOT NULL"
                " AND id IN (SELECT partner_id FROM scrm_tmp_request)"
                " UNION ALL SELECT up.partner_id, p.scrm_upline_id, up.seen || p.id FROM up"
                " JOIN res_partner p ON p.id = up.upline_id"
                " WHERE p.scrm_upline_id IS NOT NULL AND p.scrm_upline_id <> ALL(up.seen))"
                " SELECT partner_id, upline_id, LEAST(cardinality(seen), %s) AS distance FROM up",
                NO_PARTNER - 1,
            )
        )
        cr.execute("ANALYZE scrm_tmp_region, scrm_tmp_upline")
