from odoo import api, models
from odoo.tools import SQL, format_amount, format_date
from odoo.tools.misc import formatLang

# A volume belongs to the period of what was sold: a return in January to last year's, that of an
# adjustment to the period of what was adjusted. Where no month, quarter or year is asked for it is
# the contract's: the rule's own dates. A rule without both begins anew each year: on the day it
# began, or with the calendar. The end of a tier takes no part, because closing it sets one.
_PERIOD = SQL(
    """
    CASE WHEN rule.period <> 'contract'
         THEN date_trunc(rule.period, COALESCE(first.date, origin.date, line.date))::date
         WHEN rule.date_from IS NOT NULL AND rule.date_to IS NOT NULL THEN rule.date_from
         WHEN GREATEST(rule.date_from, tier.date_from) IS NULL
         THEN date_trunc('year', COALESCE(first.date, origin.date, line.date))::date
         ELSE (GREATEST(rule.date_from, tier.date_from) + make_interval(years => extract(
               year FROM age(COALESCE(first.date, origin.date, line.date),
                             GREATEST(rule.date_from, tier.date_from)))::int))::date
     END
    """
)

# A later true-up has paid earlier volume with its own, so what is due is measured as far as the
# latest one, whatever the order in which periods are generated. What was paid for volume that is
# counted no longer, as a claim settles it, is compared as well.
_VOLUMES = """
WITH paid AS (
    SELECT line.rule_id, line.partner_id, %(period)s AS period, SUM(line.amount) AS amount,
           GREATEST(MAX(line.date), %(last)s) AS until
      FROM scrm_settlement_line line
      JOIN scrm_settlement_rule rule ON rule.id = line.rule_id
      JOIN scrm_settlement_tier tier ON tier.id = rule.tier_id
      JOIN scrm_settlement_line origin ON origin.id = line.origin_line_id
 LEFT JOIN scrm_settlement_line first ON first.id = origin.origin_line_id
     WHERE line.company_id = %(company)s AND line.source_type = 'trueup' AND %(partners)s
  GROUP BY line.rule_id, line.partner_id, 3
), volume AS (
    SELECT line.rule_id, line.partner_id, %(period)s AS period,
           COALESCE(MAX(paid.until), %(last)s) AS until,
           COALESCE(MAX(paid.amount), 0) AS before,
           SUM(line.quantity) FILTER (WHERE line.state = 'counted') AS quantity,
           SUM(line.source_amount) FILTER (WHERE line.state = 'counted') AS amount,
           COALESCE(MAX(line.id) FILTER (WHERE line.state = 'counted'), MAX(line.id)) AS last_id
      FROM scrm_settlement_line line
      JOIN scrm_settlement_rule rule ON rule.id = line.rule_id
      JOIN scrm_settlement_tier tier ON tier.id = rule.tier_id
 LEFT JOIN scrm_settlement_line origin ON origin.id = line.origin_line_id
 LEFT JOIN scrm_settlement_line first ON first.id = origin.origin_line_id
 LEFT JOIN paid ON paid.rule_id = line.rule_id AND paid.partner_id = line.partner_id
       AND paid.period = %(period)s
     WHERE line.company_id = %(company)s
       AND (line.state = 'counted' OR line.source_type = 'trueup')
       AND line.date <= COALESCE(paid.until, %(last)s) AND %(partners)s
  GROUP BY line.rule_id, line.partner_id, 3
)
SELECT volume.*, COALESCE(last.origin_line_id, last.id) AS root_id, last.document_mode,
       last.scenario_id, last.grade_id, last.tier_id,
       (SELECT COUNT(*) FROM scrm_settlement_line known
         WHERE known.source_id = volume.last_id AND known.source_type = 'trueup') AS seq
  FROM volume
  JOIN scrm_settlement_line last ON last.id = volume.last_id
 ORDER BY volume.rule_id, volume.partner_id, volume.period
"""


class ScrmSettlementLine(models.Model):
    """Rules that measure a period: their lines are counted, and one true-up pays the difference."""

    _inherit = "scrm.settlement.line"

    @api.model
    def _prepare_period(self, company, date_from, date_to, partners=None):
        """Complete the journal before statements of a period claim its lines."""
        self._hold_twins(company)
        self._record_trueups(company, date_from, date_to, partners)

    @api.model
    def _record_trueups(self, company, date_from, date_to, partners=None):
        """Write, for each dealer and contract, what is still missing to what the volume earns.

        What a contract's whole volume up to the last day, or to the latest true-up's, earns, less
        what true-ups gave: it may be negative. Running it again adds nothing.

        :param date_from: first day of the statements; volume before it counts as well
        :param partners: dealers; None or empty means all
        :return: the new lines, dated on the last day
        """
        rows = self.sudo()._prepare_trueup_rows(company, date_to, partners)
        return self.sudo()._insert_rows(rows)  # sudo: the journal is written by the system alone

    @api.model
    def _prepare_trueup_rows(self, company, date_to, partners=None):
        """Return the rows that lead to what the volumes up to a day earn."""
        self = self.sudo().with_company(company)  # sudo: as in _record_trueups
        self.env.flush_all()
        chosen = SQL("TRUE")
        if partners:
            chosen = SQL("line.partner_id IN %s", tuple(partners.ids))
        volumes = self.env.execute_query_dict(
            SQL(_VOLUMES, company=company.id, last=date_to, partners=chosen, period=_PERIOD)
        )
        rows = [self._prepare_trueup_row(company, date_to, volume) for volume in volumes]
        return [row for row in rows if row]

    def _prepare_trueup_row(self, company, day, volume):
        """Return the row that leads from earlier true-ups to the target; None if they are equal."""
        rule = self.env["scrm.settlement.rule"].browse(volume["rule_id"])
        # What is paid a unit is the rule's money, shares are of the company's.
        currency = rule.currency_id if rule.method == "fixed" else company.currency_id
        amount = rule._get_period_amount(volume["quantity"] or 0, volume["amount"] or 0)
        earned = currency.round(float(amount))
        difference = currency.round(earned - float(volume["before"]))
        if currency.is_zero(difference):
            return None
        product = rule.product_id or self.env.ref("scrm_settlement.product_settlement")
        measure = volume["amount"] if rule.basis == "amount" else volume["quantity"]
        return {
            "name": self._get_trueup_name(rule, volume),
            "company_id": company.id,
            "partner_id": volume["partner_id"],
            **self._prepare_source_key("trueup", self._name, volume["seq"]),
            "source_id": volume["last_id"],
            "origin_line_id": volume["root_id"],
            "occurred_at": company._scrm_local_noon(day),
            "date": day,
            "product_id": product.id,
            "uom_id": product.uom_id.id,
            "rule_id": rule.id,
            **{
                name: volume[name]
                for name in ("tier_id", "document_mode", "scenario_id", "grade_id")
            },
            **self._prepare_amount_row(1.0, difference, currency),
            "explanation": {
                "trueup": {
                    "rule": rule.name,
                    "basis": rule.basis,
                    "from": volume["period"].isoformat(),
                    "to": volume["until"].isoformat(),
                    "measure": float(measure or 0),
                    "target": earned,
                    "before": float(volume["before"]),
                }
            },
        }

    # === WORDS === #

    def _get_trueup_name(self, rule, volume):
        """Return what the dealer reads: what it is and of which period, never our rule."""
        period = {
            "first": format_date(self.env, volume["period"]),
            "last": format_date(self.env, volume["until"]),
        }
        if rule.tier_id.scope == "service" or volume["document_mode"] == "customer_invoice":
            return self.env._("Volume of the period %(first)s – %(last)s", **period)
        return self.env._("Rebate for the period %(first)s – %(last)s", **period)

    def _get_correction_reason(self):
        """Return why the line corrects what was settled, as the dealer reads it."""
        self.ensure_one()
        explanation = self.explanation or {}
        if explanation.get("trueup"):
            return self._describe_trueup(explanation["trueup"])
        return explanation.get("note") or ""

    def _compute_price_reason(self):
        result = super()._compute_price_reason()
        for line in self:
            if line.explanation and line.explanation.get("trueup"):
                said = line.explanation["trueup"]
                line.price_reason = f"{said['rule']}: {line._describe_trueup(said)}"
            elif line.state == "counted":
                line.price_reason = self.env._(
                    "Counted for the period by “%s”: its true-up is what is paid.",
                    line.rule_id.display_name,
                )
        return result

    def _describe_trueup(self, said):
        def money(amount):
            return format_amount(self.env, amount, self.currency_id)

        measure = (
            format_amount(self.env, said["measure"], self.company_currency_id)
            if said["basis"] == "amount"
            else formatLang(self.env, said["measure"], dp="Product Unit")
        )
        return self.env._(
            "%(measure)s from %(first)s to %(last)s earn %(target)s; %(before)s were given "
            "before, %(rest)s remain.",
            measure=measure,
            first=format_date(self.env, said["from"]),
            last=format_date(self.env, said["to"]),
            target=money(said["target"]),
            before=money(said["before"]),
            rest=money(said["target"] - said["before"]),
        )

    def action_open_counted(self):
        """Open the lines that a true-up counts."""
        self.ensure_one()
        said = (self.explanation or {}).get("trueup", {})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Counted for the period"),
            "res_model": self._name,
            "views": [(False, "list"), (False, "form")],
            "domain": [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("rule_id", "=", self.rule_id.id),
                ("state", "=", "counted"),
                ("date", "<=", said.get("to")),
                "|",
                ("date", ">=", said.get("from")),
                ("origin_line_id.date", ">=", said.get("from")),
            ],
        }
