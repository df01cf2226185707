from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, float_round, format_amount, format_date
from odoo.tools.misc import formatLang

from .scrm_settlement_line_journal import COLUMNS, KEY

# What a return brings itself; the rest is its origin's.
_OWN_COLUMNS = (
    "name",
    "source_type",
    "source_model",
    "source_model_number",
    "source_id",
    "component",
    "origin_line_id",
    "occurred_at",
    "date",
    "quantity",
    "explanation",
)

# What the dealer bore of a line by adjustments of its own source, or of one that it was paid in the
# stead of, or what a second dispute made of its corrected price; and how much came back before.
_BORNE = SQL("""
        SELECT SUM(adjusted.amount) AS amount, (
               SELECT -SUM(back.quantity) FROM scrm_settlement_line back
                WHERE back.origin_line_id = line.id AND back.source_type = 'return'
                  AND back.id < MIN(adjusted.id)) AS since
          FROM scrm_settlement_line adjusted
          JOIN scrm_settlement_line own ON own.id = adjusted.origin_line_id
         WHERE adjusted.origin_line_id IN (
                   SELECT line.id
                    UNION ALL
                   SELECT covered.id FROM scrm_settlement_line covered
                    WHERE covered.twin_line_id = line.id AND covered.state = 'covered'
                    UNION ALL
                   SELECT dispute.adjustment_line_id FROM scrm_settlement_dispute dispute
                    WHERE dispute.line_id = line.id AND dispute.state = 'accepted'
                      AND dispute.kind = 'price')
           AND adjusted.source_type = 'adjustment'
           AND (adjusted.origin_line_id <> line.id
                AND adjusted.source_model = 'scrm.settlement.dispute'
                OR adjusted.source_model_number = own.source_model_number
                AND adjusted.source_id = own.source_id AND adjusted.amount < 0)
           AND adjusted.partner_id = line.partner_id
           AND adjusted.currency_id = line.currency_id
""")

# Commissions come back by the value of what was sold, everything else by quantity; that of a
# discount is negative and counted as positive, its sign kept apart. A part of a
# line is worth the difference of two rounded totals, so that the parts add up to the line.
_RECORD_RETURNS = """
WITH asked AS (
    SELECT asked.*, row_number() OVER () AS number
      FROM unnest(%(arrays)s) asked (%(own)s)
), fresh AS (
    SELECT asked.* FROM asked
     JOIN scrm_settlement_line origin ON origin.id = asked.origin_line_id
     WHERE NOT EXISTS (
        SELECT FROM scrm_settlement_line line
         WHERE line.company_id = origin.company_id
           AND line.source_model_number = asked.source_model_number
           AND line.source_id = asked.source_id
           AND line.component = asked.component)
), terms AS (
    -- What a dispute agreed on counts as if the line had been settled so
    SELECT line.id, measure.by_value, measure.whole, measure.sign,
           CASE dispute.kind WHEN 'not_ours' THEN 0
               WHEN 'quantity' THEN measure.whole * dispute.agreed_value / NULLIF(line.quantity, 0)
               ELSE measure.whole END AS total,
           CASE dispute.kind WHEN 'price' THEN dispute.agreed_value ELSE line.price_unit END
               AS agreed_price,
           CASE dispute.kind WHEN 'price' THEN %(agreed)s
               WHEN 'quantity' THEN line.amount + dispute.amount_agreed
               ELSE line.amount END AS agreed_amount,
           CASE dispute.kind WHEN 'price' THEN %(agreed)s ELSE line.amount END
               / NULLIF(measure.whole, 0) AS value_rate,
           COALESCE(borne.amount, 0) AS borne, COALESCE(borne.since, 0) AS borne_since
      FROM (SELECT DISTINCT origin_line_id FROM fresh) asked
      JOIN scrm_settlement_line line ON line.id = asked.origin_line_id
      LEFT JOIN scrm_settlement_dispute dispute
           ON dispute.line_id = line.id AND dispute.state = 'accepted'
      LEFT JOIN res_currency currency ON currency.id = line.currency_id
     CROSS JOIN LATERAL (
        SELECT line.source_type = 'commission' AS by_value,
               CASE line.source_type WHEN 'commission' THEN ABS(line.source_amount)
                    ELSE line.quantity END AS whole,
               CASE line.source_type WHEN 'commission' THEN sign(line.source_amount)
                    ELSE 1 END AS sign
     ) measure
      LEFT JOIN LATERAL (%(borne)s) borne ON NOT measure.by_value
), origin AS (
    -- Written, so that a return at the same time fails and is tried again on what this one leaves
    UPDATE scrm_settlement_line line SET write_date = now() AT TIME ZONE 'UTC'
      FROM terms
     WHERE line.id = terms.id
 RETURNING line.*, terms.by_value, terms.whole, terms.sign, terms.total, terms.agreed_price,
           terms.agreed_amount, terms.value_rate, terms.borne, terms.borne_since
), returned AS (
    SELECT line.origin_line_id,
           -SUM(CASE WHEN origin.by_value THEN line.source_amount * origin.sign
                     ELSE line.quantity END) AS before
      FROM scrm_settlement_line line
      JOIN origin ON origin.id = line.origin_line_id
     WHERE line.source_type = 'return'
  GROUP BY line.origin_line_id
), part AS (
    SELECT fresh.*, origin.total, origin.whole, origin.by_value,
           COALESCE(returned.before, 0) + SUM(fresh.quantity) OVER earlier - fresh.quantity
               AS lower,
           COALESCE(returned.before, 0) + SUM(fresh.quantity) OVER earlier AS upper
      FROM fresh
      JOIN origin ON origin.id = fresh.origin_line_id
 LEFT JOIN returned ON returned.origin_line_id = fresh.origin_line_id
    WINDOW earlier AS (PARTITION BY fresh.origin_line_id ORDER BY fresh.number)
), worth AS (
    SELECT part.*,
           %(amount_upper)s - %(amount_lower)s AS amount,
           %(plain)s AS plain,
           %(value_upper)s - %(value_lower)s AS value
      FROM part
      JOIN origin ON origin.id = part.origin_line_id
      JOIN res_company company ON company.id = origin.company_id
      JOIN res_currency home ON home.id = company.currency_id
 LEFT JOIN res_currency currency ON currency.id = origin.currency_id
     WHERE part.quantity > 0 AND part.upper <= part.total
       AND origin.state NOT IN ('no_price', 'held', 'covered')
       AND origin.source_type NOT IN ('return', 'trueup')
       AND NOT (origin.source_model = 'scrm.settlement.dispute'
                AND origin.origin_line_id IS NOT NULL)
)
INSERT INTO scrm_settlement_line (%(columns)s, create_uid, write_uid, create_date, write_date)
SELECT %(values)s, %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
  FROM worth JOIN origin ON origin.id = worth.origin_line_id
 ORDER BY worth.number
ON CONFLICT (%(key)s) DO NOTHING
RETURNING id, source_id, component
"""

_VALUES = {
    # A volume counts a commission as the part of a piece that its value is.
    "quantity": SQL(
        "CASE WHEN NOT worth.by_value THEN -worth.quantity"
        " WHEN origin.state = 'counted' THEN -origin.quantity * worth.quantity / worth.whole"
        " ELSE -origin.sign END"
    ),
    "source_amount": SQL(
        "CASE WHEN worth.by_value THEN -worth.quantity * origin.sign ELSE -worth.value END"
    ),
    "amount": SQL("-worth.amount"),
    # The bill multiplies again: it must come to the same amount.
    "price_unit": SQL(
        "CASE WHEN worth.by_value THEN worth.amount * origin.sign"
        " WHEN worth.plain = worth.amount THEN origin.agreed_price"
        " ELSE round(worth.amount / worth.quantity, 6) END"
    ),
    "state": SQL("CASE origin.state WHEN 'counted' THEN 'counted' ELSE 'pending' END"),
}


def _rounded(expression, currency):
    return SQL("round(%s / %s.rounding) * %s.rounding", expression, currency, currency)


def _amount_until(measure):
    """Return as SQL what the first `measure` of a line is worth."""
    rate = SQL("CASE WHEN part.by_value THEN origin.value_rate ELSE origin.agreed_price END")
    borne = SQL(
        "origin.borne * GREATEST(%s - origin.borne_since, 0)"
        " / NULLIF(part.whole - origin.borne_since, 0)",
        SQL("LEAST(%s, part.whole)", measure),
    )
    return SQL(
        "CASE WHEN %s = part.total THEN origin.agreed_amount + origin.borne"
        " ELSE %s + COALESCE(%s, 0) END",
        measure,
        _rounded(SQL("%s * (%s)", measure, rate), SQL("currency")),
        _rounded(borne, SQL("currency")),
    )


def _value_until(measure):
    """Return as SQL what the first `measure` of a line was sold for."""
    return SQL(
        "CASE WHEN %s = part.whole THEN origin.source_amount ELSE %s END",
        measure,
        _rounded(SQL("origin.source_amount * %s / NULLIF(part.whole, 0)", measure), SQL("home")),
    )


class ScrmSettlementLine(models.Model):
    _inherit = "scrm.settlement.line"

    def _record_return(self, quantity, *, source_model, source_id, occurred_at=None, seq=0):
        """Take back part of a line at the price it was settled at, whatever the price is today.

        :param quantity: what came back, positive: the line's quantity, or of a commission the
            value of what was sold
        :raises UserError: more would be returned than was settled
        :return: the new line; none if this source was returned already
        """
        self.ensure_one()
        asked = {
            "origin_id": self.id,
            "quantity": quantity,
            "source_model": source_model,
            "source_id": source_id,
            "seq": seq,
            "occurred_at": occurred_at or fields.Datetime.now(),
        }
        lines, refused = self._record_returns([asked])
        if refused:
            raise UserError(self._explain_refused_return(quantity))
        return lines

    @api.model
    def _record_returns(self, asked):
        """Take back parts of lines, in one SQL statement that never returns more than was settled.

        :param asked: list of dicts with `origin_id`, `quantity` (positive; of a commission the
            value), `source_model`, `source_id`, `occurred_at` and optionally `seq` and `name`
        :return: (new lines, list of those that would return more than is left or what has no
            price yet)
        """
        self = self.sudo()  # same reason as in _record_sources
        if not asked:
            return self.browse(), []
        self.env.flush_all()
        rows = [self._prepare_return_row(vals) for vals in asked]
        inserted = self.env.execute_query(self._get_returns_query(rows))
        recorded = {(source_id, component) for _id, source_id, component in inserted}
        known = self._find_recorded_returns(rows)
        refused = [
            vals
            for vals, row in zip(asked, rows, strict=True)
            if (row["source_id"], row["component"]) not in recorded
            and (row["source_model"], row["source_id"], row["component"]) not in known
        ]
        self.browse({row["origin_line_id"] for row in rows}).invalidate_recordset(["write_date"])
        return self.browse(line_id for line_id, *_key in inserted), refused

    def _get_returns_query(self, rows):
        own = SQL(", ").join(SQL.identifier(name) for name in _OWN_COLUMNS)
        # Of a commission the quantity is money, which may have more decimals than pieces have.
        columns = {"quantity": "source_amount"}
        arrays = (
            self._adapt_column(columns.get(name, name), [row[name] for row in rows])
            for name in _OWN_COLUMNS
        )
        values = SQL(", ").join(
            _VALUES.get(name)
            or SQL(
                "%s.%s", SQL("worth" if name in _OWN_COLUMNS else "origin"), SQL.identifier(name)
            )
            for name in COLUMNS
        )
        lower, upper = SQL("part.lower"), SQL("part.upper")
        return SQL(
            _RECORD_RETURNS,
            arrays=SQL(", ").join(arrays),
            own=own,
            borne=_BORNE,
            agreed=_rounded(SQL("line.quantity * dispute.agreed_value"), SQL("currency")),
            plain=_rounded(SQL("part.quantity * origin.agreed_price"), SQL("currency")),
            amount_upper=_amount_until(upper),
            amount_lower=_amount_until(lower),
            value_upper=_value_until(upper),
            value_lower=_value_until(lower),
            columns=SQL(", ").join(SQL.identifier(name) for name in COLUMNS),
            values=values,
            uid=self.env.uid,
            key=KEY,
        )

    def _prepare_return_row(self, vals):
        origin = self.browse(vals["origin_id"])
        moment = fields.Datetime.to_datetime(vals["occurred_at"])
        quantity = vals["quantity"]
        if origin.source_type != "commission":
            digits = self._fields["quantity"].get_digits(self.env)[1]
            quantity = float_round(quantity, precision_digits=digits)
        note = self.env._(
            "Returned at the price of %(date)s: %(price)s",
            date=format_date(self.env, origin.date),
            price=format_amount(self.env, origin.price_unit, origin.currency_id)
            if origin.currency_id
            else "",
        )
        return {
            "name": vals.get("name") or self.env._("Return of %s", origin.name),
            **self._prepare_source_key("return", vals["source_model"], vals.get("seq", 0)),
            "source_id": vals["source_id"],
            "origin_line_id": origin.id,
            "occurred_at": moment,
            "date": origin.company_id._scrm_local_day(moment),
            "quantity": quantity,
            "explanation": {"note": note},
        }

    def _find_recorded_returns(self, rows):
        """Return the keys of those rows whose source is in the journal."""
        found = self.search_fetch(
            [
                ("source_type", "=", "return"),
                ("source_id", "in", [row["source_id"] for row in rows]),
                ("origin_line_id", "in", [row["origin_line_id"] for row in rows]),
            ],
            ["source_model", "source_id", "component"],
        )
        return {(line.source_model, line.source_id, line.component) for line in found}

    def _get_returned_measure(self):
        """Return how much of the line came back, in what its returns are measured in."""
        self.ensure_one()
        by_value = self.source_type == "commission"
        measure = "source_amount" if by_value else "quantity"
        [(returned,)] = self.sudo()._read_group(  # sudo: a reader may ask what is left
            [("origin_line_id", "=", self.id), ("source_type", "=", "return")],
            [],
            [f"{measure}:sum"],
        )
        return abs(returned or 0.0) if by_value else -(returned or 0.0)

    def _get_borne(self):
        """Return (money that the dealer bore of the line, how much had come back before that)."""
        self.ensure_one()
        self.env["scrm.settlement.line"].flush_model()
        [(borne, since)] = self.env.execute_query(
            SQL(
                "SELECT COALESCE(borne.amount, 0), COALESCE(borne.since, 0)"
                "  FROM scrm_settlement_line line"
                "  LEFT JOIN LATERAL (%s) borne ON line.source_type <> 'commission'"
                " WHERE line.id = %s",
                _BORNE,
                self.id,
            )
        )
        return borne, since

    def _get_settled_measure(self):
        """Return what was settled of the line, disputes included, as its returns measure it."""
        self.ensure_one()
        whole = abs(self.source_amount) if self.source_type == "commission" else self.quantity
        # sudo: as in _get_returned_measure
        agreed = self.sudo().dispute_ids.filtered(lambda dispute: dispute.state == "accepted")
        if agreed.kind == "not_ours":
            return self._get_returned_measure()
        if agreed.kind == "quantity":
            return whole * agreed.agreed_value / self.quantity
        return whole

    def _is_agreed_correction(self):
        """Tell whether a dispute made it: what comes back of the disputed line has its terms."""
        self.ensure_one()
        return self.source_model == "scrm.settlement.dispute" and bool(self.origin_line_id)

    def _explain_refused_return(self, quantity):
        line = self.sudo()
        if line.state == "no_price":
            return self.env._(
                "“%s” has no price yet, so nothing of it can be returned. Find its price first.",
                line.name,
            )
        if line.state == "held":
            return self.env._(
                "“%s” may be settled already. Decide so in the list of exceptions first.", line.name
            )
        if line.state == "covered":
            return self.env._(
                "“%(line)s” was never paid: “%(twin)s” is. Take that back, or add an adjustment.",
                line=line.name,
                twin=line.twin_line_id.name,
            )
        if line.source_type in ("return", "trueup") or line._is_agreed_correction():
            return self.env._(
                "“%s” follows from other lines. Take those back, or add an adjustment.", line.name
            )
        total = line._get_settled_measure()
        return self.env._(
            "%(asked)s of “%(line)s” cannot be returned: %(remaining)s of %(quantity)s are left.",
            asked=formatLang(self.env, quantity, dp="Product Unit"),
            line=line.name,
            remaining=formatLang(self.env, total - line._get_returned_measure(), dp="Product Unit"),
            quantity=formatLang(self.env, total, dp="Product Unit"),
        )
