from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, float_compare, float_round, format_amount, format_date
from odoo.tools.misc import formatLang

COLUMNS = (
    "name",
    "company_id",
    "partner_id",
    "source_type",
    "source_model",
    "source_id",
    "origin_line_id",
    "occurred_at",
    "date",
    "product_id",
    "uom_id",
    "quantity",
    "tier_id",
    "document_mode",
    "rule_id",
    "scenario_id",
    "grade_id",
    "base_price",
    "price_unit",
    "currency_id",
    "amount",
    "explanation",
    "state",
)


class ScrmSettlementLine(models.Model):
    _inherit = "scrm.settlement.line"

    @api.model
    def _record_sources(self, vals_list):
        """Write what dealers earned into the journal; a source that is there already is skipped.

        :param vals_list: list of dicts with `source_type`, `source_model`, `source_id`,
            `partner_id` (any contact of the dealer), `product_id`, `quantity` (signed),
            `occurred_at` (naive UTC) and optionally `uom_id`, `company_id`, `scenario_id`, `name`
        :return: the new lines; a line for which no rule was found is in state `no_price`
        """
        # sudo: whoever closes a ticket has no rights on the journal, and nobody has to write it
        self = self.sudo()
        rows = [self._prepare_row(vals) for vals in vals_list]
        by_company = {}
        for row in rows:
            by_company.setdefault(row["company_id"], []).append(row)
        for company_id, company_rows in by_company.items():
            company = self.env["res.company"].browse(company_id)
            resolved = self.env["scrm.settlement.rule"]._resolve(
                company, [self._prepare_request(row) for row in company_rows]
            )
            for row, resolution in zip(company_rows, resolved, strict=True):
                row.update(self._prepare_price_row(row, resolution))
        return self._insert_rows(rows)

    def _record_return(self, quantity, *, source_model, source_id, occurred_at=None):
        """Take back part of a line at the price it was settled at, whatever the price is today.

        :param quantity: what came back, positive, in the line's unit
        :raises UserError: more would be returned than was settled
        """
        self.ensure_one()
        line = self.sudo()  # same reason as in _record_sources
        # Touching the row makes a concurrent return fail and retry on what this one leaves.
        self.env.cr.execute(
            SQL(
                "UPDATE scrm_settlement_line SET write_date = now() AT TIME ZONE 'UTC' "
                "WHERE id = %s",
                line.id,
            )
        )
        [(returned,)] = self.env.execute_query(
            SQL(
                "SELECT COALESCE(-SUM(quantity), 0)::float8 FROM scrm_settlement_line "
                "WHERE origin_line_id = %s",
                line.id,
            )
        )
        remaining = line.quantity - returned
        if (
            line.state == "no_price"
            or float_compare(quantity, 0, precision_rounding=line.uom_id.rounding) <= 0
            or float_compare(quantity, remaining, precision_rounding=line.uom_id.rounding) > 0
        ):
            raise UserError(
                self.env._(
                    "%(asked)s of “%(line)s” cannot be returned: %(remaining)s of %(quantity)s "
                    "are left.",
                    asked=formatLang(self.env, quantity, dp="Product Unit"),
                    line=line.name,
                    remaining=formatLang(self.env, remaining, dp="Product Unit"),
                    quantity=formatLang(self.env, line.quantity, dp="Product Unit"),
                )
            )
        row = self._prepare_row(
            {
                "source_type": "return",
                "source_model": source_model,
                "source_id": source_id,
                "company_id": line.company_id.id,
                "partner_id": line.partner_id.id,
                "product_id": line.product_id.id,
                "uom_id": line.uom_id.id,
                "quantity": -quantity,
                "occurred_at": occurred_at or fields.Datetime.now(),
                "name": self.env._("Return of %s", line.name),
            }
        )
        row.update(line._prepare_return_price_row(row["quantity"]))
        return self._insert_rows([row])

    def _prepare_row(self, vals):
        """Return the fact columns of one journal row, in the product's own unit."""
        product = self.env["product.product"].browse(vals["product_id"]).sudo()
        company = self.env["res.company"].browse(vals.get("company_id") or self.env.company.id)
        uom = self.env["uom.uom"].browse(vals.get("uom_id") or product.uom_id.id)
        quantity = vals["quantity"]
        if uom != product.uom_id:
            quantity = uom._compute_quantity(quantity, product.uom_id)
        # The bill line has the same digits: rounded here, both are the same quantity.
        digits = self._fields["quantity"].get_digits(self.env)[1]
        quantity = float_round(quantity, precision_digits=digits)
        partner = self.env["res.partner"].browse(vals["partner_id"]).sudo()
        moment = fields.Datetime.to_datetime(vals["occurred_at"])
        return {
            "name": vals.get("name") or product.display_name,
            "company_id": company.id,
            "partner_id": partner.commercial_partner_id.id,
            "source_type": vals["source_type"],
            "source_model": vals["source_model"],
            "source_id": vals["source_id"],
            "occurred_at": moment,
            "date": company._scrm_local_day(moment),
            "product_id": product.id,
            "uom_id": product.uom_id.id,
            "quantity": quantity,
            "scenario_id": vals.get("scenario_id") or None,
        }

    def _prepare_request(self, row):
        return {
            "partner": self.env["res.partner"].browse(row["partner_id"]),
            "product": self.env["product.product"].browse(row["product_id"]),
            "day": row["date"],
            "scenario": self.env["scrm.settlement.scenario"].browse(row["scenario_id"] or []),
        }

    def _prepare_price_row(self, row, resolution):
        """Return the price columns and the state that follow from a resolution."""
        common = {
            "scenario_id": resolution["scenario"].id or None,
            "grade_id": resolution["grade"].id or None,
        }
        rule = resolution["rule"]
        if not rule:
            return {**common, "state": "no_price"}
        currency = resolution["currency"]
        return {
            **common,
            "state": "pending",
            "tier_id": rule.tier_id.id,
            "document_mode": rule.tier_id.document_mode,
            "rule_id": rule.id,
            "base_price": resolution["base_price"],
            "price_unit": resolution["price_unit"],
            "currency_id": currency.id,
            "amount": currency.round(row["quantity"] * resolution["price_unit"]),
            "explanation": resolution["explanation"],
        }

    def _prepare_return_price_row(self, quantity):
        self.ensure_one()
        note = self.env._(
            "Returned at the price of %(date)s: %(price)s",
            date=format_date(self.env, self.date),
            price=format_amount(self.env, self.price_unit, self.currency_id),
        )
        return {
            "state": "pending",
            "origin_line_id": self.id,
            "tier_id": self.tier_id.id or None,
            "document_mode": self.document_mode,
            "rule_id": self.rule_id.id or None,
            "scenario_id": self.scenario_id.id or None,
            "grade_id": self.grade_id.id or None,
            "base_price": self.base_price,
            "price_unit": self.price_unit,
            "currency_id": self.currency_id.id,
            "amount": self.currency_id.round(quantity * self.price_unit),
            "explanation": {"note": note},
        }

    def _find_prices(self):
        """Price lines in state `no_price`; return those that got one."""
        lines = self.sudo()  # the journal is written by the system alone
        priced = self.browse()
        for company, company_lines in lines.grouped("company_id").items():
            requests = [
                {
                    "partner": line.partner_id,
                    "product": line.product_id,
                    "day": line.date,
                    "scenario": line.scenario_id,
                }
                for line in company_lines
            ]
            resolved = self.env["scrm.settlement.rule"]._resolve(company, requests)
            for line, resolution in zip(company_lines, resolved, strict=True):
                if resolution["rule"]:
                    line.write(line._prepare_price_row({"quantity": line.quantity}, resolution))
                    priced += line
        return priced.sudo(False)

    def _insert_rows(self, rows):
        """Insert journal rows in one statement and return the new lines.

        `ON CONFLICT DO NOTHING` makes a source settle exactly once without a search before it;
        two transactions that record the same source at once end in a serialisation error, which
        the request layer and the job queue retry.
        """
        if not rows:
            return self.browse()
        self.env.flush_all()  # the rows may point at records that are not in the database yet
        uid = self.env.uid
        values = SQL(", ").join(
            SQL(
                "(%s, %s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')",
                SQL(", ").join(self._adapt(name, row.get(name)) for name in COLUMNS),
                uid,
                uid,
            )
            for row in rows
        )
        inserted = self.env.execute_query(
            SQL(
                "INSERT INTO scrm_settlement_line "
                "(%s, create_uid, write_uid, create_date, write_date) VALUES %s "
                "ON CONFLICT (company_id, source_type, source_id) DO NOTHING RETURNING id",
                SQL(", ").join(SQL.identifier(name) for name in COLUMNS),
                values,
            )
        )
        lines = self.browse(row_id for (row_id,) in inserted)
        lines._check_company()
        return lines

    def _adapt(self, name, value):
        """Return one value as SQL of the column's own type, NULL included."""
        field = self._fields[name]
        if value is not None:
            value = field.convert_to_column_insert(value, self)
        return SQL("%s::%s", value, SQL(field.column_type[1]))

    @api.model
    def _prepare_period(self, company, date_from, date_to, partners):
        """Complete the journal before a period's lines are claimed; empty hook.

        What a period as a whole earns (a true-up over its volume) is recorded here.

        :param date_from: first local day
        :param date_to: last local day, included
        :param partners: dealers; an empty recordset means all
        """
