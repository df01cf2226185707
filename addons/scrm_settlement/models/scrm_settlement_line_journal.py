import json

from odoo import api, fields, models
from odoo.tools import SQL, float_repr, float_round

from ..tools.pricing import decimal_of, round_step
from .scrm_settlement_line import PARTS_PER_SOURCE, SCOPES, SOURCE_NUMBERS

# What tells one source from another; the database holds it unique.
KEY = SQL("company_id, source_model_number, source_id, component")
PRICE_DIGITS = 6
# No currency has more decimals; amounts are rounded by their currency before.
MONEY_DIGITS = 6
COLUMNS = (
    "name",
    "company_id",
    "partner_id",
    "source_type",
    "source_model",
    "source_model_number",
    "source_id",
    "component",
    "origin_line_id",
    "occurred_at",
    "date",
    "product_id",
    "uom_id",
    "quantity",
    "source_amount",
    "tier_id",
    "document_mode",
    "rule_id",
    "bracket_id",
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
            `occurred_at` (naive UTC) and optionally `uom_id`, `company_id`, `scenario_id`, `name`,
            `source_amount` (signed, in the company's currency), `origin_line_id` and `seq` (for a
            source that is settled in parts)
        :return: the new lines; a line for which no rule was found is in state `no_price`
        """
        # sudo: whoever closes a ticket has no rights on the journal, and nobody has to write it
        self = self.sudo()
        rows = [self._prepare_row(vals) for vals in vals_list]
        self._price_rows(rows)
        lines = self._insert_rows(rows)
        # Not the dealer: who went to another company has earned it, and statements leave him out
        lines._check_company(["product_id"])
        return lines

    @api.model
    def _record_amount(self, vals, amount, *, currency, document_mode, note):
        """Write an amount that people agreed on, instead of a price that a rule gives.

        :param vals: as for :meth:`_record_sources`; the sign of the quantity follows the amount
        :param note: why, for whoever reads the line
        """
        self = self.sudo()  # same reason as in _record_sources
        row = self._prepare_row(vals)
        row.update(self._prepare_amount_row(row["quantity"], amount, currency))
        row.update(document_mode=document_mode, explanation={"note": note})
        lines = self._insert_rows([row])
        lines._check_company()
        return lines

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
            **self._prepare_source_key(
                vals["source_type"], vals["source_model"], vals.get("seq", 0)
            ),
            "source_id": vals["source_id"],
            "origin_line_id": vals.get("origin_line_id") or None,
            "occurred_at": moment,
            "date": company._scrm_local_day(moment),
            "product_id": product.id,
            "uom_id": product.uom_id.id,
            "quantity": quantity,
            "source_amount": vals.get("source_amount"),
            "scenario_id": vals.get("scenario_id") or None,
        }

    @api.model
    def _prepare_source_key(self, source_type, source_model, seq=0):
        """Return the columns that say which source a line settles, but for the source's id."""
        return {
            "source_type": source_type,
            "source_model": source_model,
            "source_model_number": self.env["ir.model"]._get_id(source_model) or 0,
            "component": SOURCE_NUMBERS[source_type] * PARTS_PER_SOURCE + seq,
        }

    # === PRICES === #

    @api.model
    def _price_rows(self, rows):
        """Add to each row the price that the rules give, or the state `no_price`."""
        by_company = {}
        for row in rows:
            by_company.setdefault(row["company_id"], []).append(row)
        for company_id, company_rows in by_company.items():
            resolved = self.env["scrm.settlement.rule"]._resolve(
                self.env["res.company"].browse(company_id),
                [self._prepare_request(row) for row in company_rows],
            )
            for row, resolution in zip(company_rows, resolved, strict=True):
                row.update(self._prepare_price_row(row, resolution))

    def _prepare_request(self, row):
        quantity, amount = row["quantity"], row.get("source_amount") or 0.0
        return {
            "partner": self.env["res.partner"].browse(row["partner_id"]),
            "product": self.env["product.product"].browse(row["product_id"]),
            "day": row["date"],
            "scenario": self.env["scrm.settlement.scenario"].browse(row["scenario_id"] or []),
            "scope": SCOPES.get(row["source_type"], "service"),
            "quantity": quantity,
            "amount": amount,
            "source_price": float_round(amount / quantity, precision_digits=6) if quantity else 0.0,
        }

    def _prepare_price_row(self, row, resolution):
        """Return the price columns and the state that follow from a resolution."""
        common = {
            "scenario_id": resolution["scenario"].id or None,
            "grade_id": resolution["grade"].id or None,
        }
        rule = resolution["rule"]
        if not rule:
            # Not what the goods were sold for: that is no price of ours.
            return {**common, "currency_id": None, "amount": None, "state": "no_price"}
        currency = resolution["currency"]
        common |= {
            "tier_id": rule.tier_id.id,
            "document_mode": rule.tier_id.document_mode,
            "rule_id": rule.id,
            "currency_id": currency.id,
            "explanation": resolution["explanation"],
        }
        bracket = resolution.get("bracket")
        if rule.accumulation == "period":
            return {**common, "state": "counted", "price_unit": 0.0, "amount": 0.0}
        return {
            **common,
            "state": "pending",
            "bracket_id": (bracket and bracket.id) or None,
            "base_price": resolution["base_price"],
            "price_unit": resolution["price_unit"],
            "amount": self._get_row_amount(row, resolution),
        }

    @api.model
    def _get_row_amount(self, row, resolution):
        """Return what a row comes to; the share of an amount is not multiplied by pieces."""
        rule, currency, quantity = resolution["rule"], resolution["currency"], row["quantity"]
        sold = row.get("source_amount")
        if rule.method != "percent" or not sold or not quantity:
            return currency.round(quantity * resolution["price_exact"])
        # sudo: as in _resolve
        product = self.env["product.product"].sudo().browse(row["product_id"])
        share = rule._get_share(product, quantity, sold)
        amount = float(round_step(share, decimal_of(currency.rounding)))
        return amount if quantity > 0 else -amount

    @api.model
    def _prepare_amount_row(self, quantity, amount, currency):
        """Return the price columns that make an amount, exactly, of a quantity on a bill.

        The bill multiplies again, so what no unit price of six decimals makes becomes one piece.
        """
        amount = currency.round(amount)
        pieces = abs(quantity) or 1.0
        price = float_round(abs(amount) / pieces, precision_digits=PRICE_DIGITS)
        if currency.compare_amounts(pieces * price, abs(amount)):
            pieces, price = 1.0, abs(amount)
        return {
            "state": "pending",
            "quantity": -pieces if amount < 0 else pieces,
            "price_unit": price,
            "currency_id": currency.id,
            "amount": amount,
        }

    def _find_prices(self):
        """Price lines in state `no_price`; return those that got one."""
        lines = self.sudo()  # the journal is written by the system alone
        priced = self.browse()
        for company, company_lines in lines.grouped("company_id").items():
            rows = [line._prepare_known_row() for line in company_lines]
            resolved = self.env["scrm.settlement.rule"]._resolve(
                company, [self._prepare_request(row) for row in rows]
            )
            for line, row, resolution in zip(company_lines, rows, resolved, strict=True):
                if resolution["rule"]:
                    line.write(line._prepare_price_row(row, resolution))
                    priced += line
        return priced.sudo(False)

    def _prepare_known_row(self):
        """Return of a line what its price depends on, as of a row that is not written yet."""
        self.ensure_one()
        return {
            "partner_id": self.partner_id.id,
            "product_id": self.product_id.id,
            "source_type": self.source_type,
            "date": self.date,
            "scenario_id": self.scenario_id.id,
            "quantity": self.quantity,
            "source_amount": self.source_amount,
        }

    # === INSERTION === #

    def _insert_rows(self, rows):
        """Insert journal rows in one statement and return the new lines.

        `ON CONFLICT DO NOTHING` makes a source settle exactly once without a search before it;
        two transactions that record the same source at once end in a serialisation error, which
        the request layer and the job queue retry. One array a column: a statement of thousands of
        rows stays as short to make as to run.
        """
        if not rows:
            return self.browse()
        self.env.flush_all()  # the rows may point at records that are not in the database yet
        arrays = SQL(", ").join(
            self._adapt_column(name, [row.get(name) for row in rows]) for name in COLUMNS
        )
        inserted = self.env.execute_query(
            SQL(
                "INSERT INTO scrm_settlement_line "
                "(%s, create_uid, write_uid, create_date, write_date) "
                "SELECT source.*, %s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC' "
                "FROM unnest(%s) source "
                "ON CONFLICT (%s) DO NOTHING RETURNING id",
                SQL(", ").join(SQL.identifier(name) for name in COLUMNS),
                self.env.uid,
                self.env.uid,
                arrays,
                KEY,
            )
        )
        return self.browse(row_id for (row_id,) in inserted)

    def _adapt_column(self, name, values):
        """Return the values of a column as an SQL array of its own type, NULL included.

        Numbers go as text of as many decimals as the field has: as float8 they would not be
        money.
        """
        field = self._fields[name]
        kind = field.column_type[1]
        if kind == "jsonb":
            # Lines that one resolution prices share its explanation.
            known = {id(value): value and json.dumps(value) for value in values}
            values = [known[id(value)] or None for value in values]
        elif kind == "numeric":
            digits = field.get_digits(self.env) if field.type == "float" else None
            decimals = digits[1] if digits else MONEY_DIGITS
            values = [None if value is None else float_repr(value, decimals) for value in values]
        return SQL("%s::%s[]", values, SQL(kind))
