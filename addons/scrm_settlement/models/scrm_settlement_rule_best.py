"""Which rule is best, and its price, for all requests at once: part of the set-based twin."""

from odoo import models
from odoo.tools import SQL

from ..tools.pricing import decimal_of
from ..tools.resolution import NO_PARTNER, NO_REGION

# What one bit of each rank counts for, from the left; see `_find_best`.
RANK_BITS = {"partner": 8, "scenario": 1, "region": 4, "grade": 1, "item": 2, "depth": 8}
# Bits of the best key, from the right; a rule's precedence is below all of them.
PRECEDENCE_BITS = 32

# What a rule of base kind `kind` starts from, for the request `q`.
_BASE = """
CASE %(kind)s WHEN 'library' THEN %(library)s WHEN 'list_price' THEN q.list_price
     WHEN 'cost' THEN q.cost WHEN 'source' THEN q.source_price WHEN 'share' THEN q.share END
"""

_PRICES = """
CREATE TEMPORARY TABLE scrm_tmp_price ON COMMIT DROP AS
SELECT q.id, r.id AS rule_id, s.bracket_id, r.method = 'pricelist' AS by_pricelist,
       CASE WHEN r.method <> 'fixed' THEN b.base END AS base_price,
       CASE WHEN r.accumulation = 'period' THEN 0::numeric
            WHEN s.bracket_id IS NULL THEN %(plain)s ELSE round(s.price, 6) END AS price_unit,
       s.price AS price_exact,
       CASE WHEN r.method = 'fixed' THEN r.currency_id ELSE b.currency_id END AS currency_id,
       CASE WHEN r.method <> 'fixed' THEN b.library_id END AS library_id
  FROM scrm_tmp_best w
  JOIN scrm_tmp_query q ON q.id = w.id
  JOIN (SELECT DISTINCT precedence, rule_id, base_kind, measure FROM scrm_tmp_key) k
    ON k.precedence = w.best & %(mask)s
  JOIN scrm_settlement_rule r ON r.id = k.rule_id
  LEFT JOIN scrm_tmp_library_day d ON d.product_id = q.product_id AND d.day = q.day
  LEFT JOIN scrm_tmp_library l
    ON r.target = 'library' AND l.library_id = r.library_id AND l.product_id = q.product_id
       AND l.valid_from <= q.day AND (l.valid_to IS NULL OR q.day <= l.valid_to)
 CROSS JOIN LATERAL (
       SELECT CASE WHEN r.method <> 'pricelist' THEN %(base)s END AS base,
              CASE k.base_kind
                   WHEN 'library' THEN COALESCE(l.currency_id, d.currency_id)
                   WHEN 'list_price' THEN q.list_currency_id WHEN 'cost' THEN q.cost_currency_id
                   ELSE COALESCE(q.currency_id, %(currency)s) END AS currency_id,
              CASE WHEN k.base_kind = 'library' THEN COALESCE(l.library_id, d.library_id) END
                  AS library_id) b
 CROSS JOIN LATERAL (
       SELECT CASE WHEN k.measure = 'amount' THEN %(amount)s ELSE q.quantity END AS measure) m
  LEFT JOIN LATERAL (
       SELECT max(c.id) FILTER (WHERE c.min_value <= m.measure
                                  AND (c.max_value = 0 OR m.measure < c.max_value)) AS bracket_id,
              CASE WHEN r.bracket_mode = 'whole' OR m.measure = 0
                   THEN max(%(scaled)s) FILTER (WHERE c.min_value <= m.measure
                                        AND (c.max_value = 0 OR m.measure < c.max_value))
                   ELSE COALESCE(sum(%(scaled)s * (LEAST(NULLIF(c.max_value, 0), m.measure)
                                                   - c.min_value))
                                 FILTER (WHERE c.min_value < m.measure), 0)::numeric(38, 20)
                        / NULLIF(m.measure, 0) END AS price
         FROM scrm_settlement_bracket c
        WHERE c.rule_id = r.id AND k.measure <> 'none') s ON TRUE
"""


class ScrmSettlementRule(models.Model):
    _inherit = "scrm.settlement.rule"

    def _find_best(self, company):
        """Fill `scrm_tmp_best`: per request the least key, which names the winner's precedence.

        Ranks stand side by side in the bits of one number, each in as many as its largest value
        needs, so that comparing numbers is comparing dimension by dimension.
        """
        shapes = self.env.execute_query(
            SQL(
                "SELECT DISTINCT partner_id IS NOT NULL, scenario_id IS NOT NULL,"
                " region_id IS NOT NULL, grade_id IS NOT NULL, target, measure FROM scrm_tmp_key"
            )
        )
        [(downline,)] = self.env.execute_query(
            SQL("SELECT EXISTS (SELECT FROM scrm_tmp_key WHERE include_downline)")
        )
        queries = [SQL("SELECT 0::bigint AS id, 0::bigint AS best WHERE FALSE")]
        for partner, *shape in shapes:
            for way in ("named", "upline") if partner and downline else ("named",):
                queries.append(self._get_shape_query(company, way if partner else None, *shape))
        self.env.cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE scrm_tmp_best ON COMMIT DROP AS"
                " SELECT id, min(best) AS best FROM (%s) found GROUP BY id",
                SQL(" UNION ALL ").join(queries),
            )
        )
        self.env.cr.execute("ANALYZE scrm_tmp_best")

    def _get_shape_query(self, company, partner, scenario, region, grade, target, measure):
        """Return the candidates of the rules that name just these dimensions."""
        joins, where = [], [SQL("k.scope = q.scope AND q.day BETWEEN k.date_from AND k.date_to")]
        ranks = {"partner": SQL("%s", NO_PARTNER), "region": SQL("%s", NO_REGION)}
        where.append(SQL("k.measure = %s AND k.target = %s", measure, target))
        where.append(SQL("q.have & k.need = k.need"))
        if partner == "named":
            where.append(SQL("k.partner_id = q.partner_id"))
            ranks["partner"] = SQL("0")
        elif partner == "upline":
            joins.append(SQL("JOIN scrm_tmp_upline u ON u.partner_id = q.partner_id"))
            where.append(SQL("k.include_downline AND k.partner_id = u.upline_id"))
            ranks["partner"] = SQL("u.distance")
        else:
            where.append(SQL("k.partner_id IS NULL"))
        if region:
            joins.append(SQL("JOIN scrm_tmp_region g ON g.partner_id = q.partner_id"))
            where.append(SQL("k.region_id = g.region_id"))
            ranks["region"] = SQL("g.closeness")
        else:
            where.append(SQL("k.region_id IS NULL"))
        for name, given in (("scenario", scenario), ("grade", grade)):
            column = SQL.identifier(f"{name}_id")
            where.append(SQL("k.%s = q.%s" if given else "k.%s IS NULL", *[column] * (1 + given)))
            ranks[name] = SQL("0" if given else "1")
        item, depth, library = 3, SQL("0"), SQL("q.library_price")
        if target == "product":
            where.append(SQL("k.target_id = q.product_id"))
            item = 0
        elif target == "category":
            joins.append(SQL("JOIN scrm_tmp_category c ON c.product_id = q.product_id"))
            where.append(SQL("k.target_id = c.category_id"))
            item, depth = 1, SQL("LEAST(c.depth, 255)")
        elif target == "library":
            joins.append(
                SQL(
                    "JOIN scrm_tmp_library l ON l.product_id = q.product_id"
                    " AND l.valid_from <= q.day AND (l.valid_to IS NULL OR q.day <= l.valid_to)"
                )
            )
            where.append(SQL("k.target_id = l.library_id"))
            item, library = 2, SQL("l.price")
        if measure != "none":
            value = SQL("q.quantity")
            if measure == "amount":
                value = self._get_amount_sql(company, self._get_base_sql(library))
            joins.append(SQL("CROSS JOIN LATERAL (SELECT %s AS measure) m", value))
            joins.append(
                SQL(
                    "JOIN scrm_settlement_bracket b ON b.rule_id = k.rule_id"
                    " AND b.min_value <= m.measure"
                    " AND (b.max_value = 0 OR m.measure < b.max_value)"
                )
            )
        ranks.update(item=SQL("%s", item), depth=depth)
        return SQL(
            "SELECT q.id, %s AS best FROM scrm_tmp_query q CROSS JOIN scrm_tmp_key k %s WHERE %s",
            self._get_key_sql(company, ranks),
            SQL(" ").join(joins),
            SQL(" AND ").join(where),
        )

    def _get_key_sql(self, company, ranks):
        """Return the bits of the ranks in the company's order, the precedence below them."""
        order = [name for name in self._get_order(company) if name in RANK_BITS]
        order.insert(order.index("item") + 1, "depth")
        key = SQL("0::bigint")
        for name in order:
            key = SQL("(%s << %s | %s::bigint)", key, RANK_BITS[name], ranks[name])
        return SQL("(%s << %s | k.precedence)", key, PRECEDENCE_BITS)

    def _get_base_sql(self, library):
        return SQL(_BASE, kind=SQL("k.base_kind"), library=library)

    def _get_amount_sql(self, company, base):
        """Return the amount that brackets are looked up with, rounded to the company's money."""
        return SQL(
            "round(COALESCE(q.amount, q.quantity * %(base)s)::numeric(38, 20) / %(step)s)"
            " * %(step)s",
            base=base,
            step=decimal_of(company.currency_id.rounding),
        )

    def _get_price_query(self, company):
        """Return the statement that prices the winners, as `tools.pricing.unit_price` would."""
        base = self._get_base_sql(SQL("COALESCE(l.price, d.price)"))
        return SQL(  # pylint: disable=sql-injection
            _PRICES,
            plain=self._get_unit_price_sql(SQL("COALESCE(r.value, 0)")),
            scaled=self._get_unit_price_sql(SQL("c.value")),
            base=base,
            amount=self._get_amount_sql(company, SQL("b.base")),
            currency=company.currency_id.id,
            mask=(1 << PRECEDENCE_BITS) - 1,
        )

    def _get_unit_price_sql(self, value):
        """Return the price of one unit; × 0.01 is exact where / 100 is not in numeric."""

        def step(price):
            return SQL(
                "CASE WHEN COALESCE(r.price_round, 0) = 0 THEN %(price)s"
                " ELSE round((%(price)s)::numeric(38, 20) / r.price_round) * r.price_round END",
                price=price,
            )

        lowered = step(SQL("b.base * (100 - %s) * 0.01", value))
        return SQL(
            "round(CASE r.method WHEN 'fixed' THEN %(fixed)s"
            " WHEN 'percent' THEN b.base * %(value)s * 0.01 WHEN 'margin' THEN %(raised)s"
            " WHEN 'discount' THEN %(lowered)s"
            " WHEN 'formula' THEN LEAST("
            "GREATEST(%(lowered)s + COALESCE(r.surcharge, 0), r.price_min, 0),"
            " NULLIF(r.price_max, 0)) END, 6)",
            fixed=step(value),
            value=value,
            raised=step(SQL("b.base * (100 + %s) * 0.01", value)),
            lowered=lowered,
        )
