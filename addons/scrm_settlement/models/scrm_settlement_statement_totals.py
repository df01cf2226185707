from collections import defaultdict, namedtuple
from decimal import Decimal
from functools import lru_cache

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import content

# `count`: as many equal lines, of which `id` is the first and `amount` the sum.
Row = namedtuple("Row", "id product_id uom_id quantity price_unit amount count", defaults=[1])

#: Some megabytes: as many lines with their taxes are remembered for the next dealer.
KEPT_LINES = 2000


class ScrmSettlementStatement(models.Model):
    # One concern a file.
    _inherit = "scrm.settlement.statement"  # pylint: disable=consider-merging-classes-inherited

    # === ROWS === #

    def _fetch_rows(self):
        """Return what the database holds of the lines: {statement id: [Row]}, by day."""
        return self._select_rows(
            SQL("id, product_id, uom_id, quantity, price_unit, amount"),
            SQL("ORDER BY statement_id, date, id"),
        )

    def _fetch_counted_rows(self):
        """Return the same with equal lines counted: their taxes are computed once."""
        return self._select_rows(
            SQL("min(id), product_id, uom_id, quantity, price_unit, amount, count(*)"),
            SQL(
                "GROUP BY statement_id, product_id, uom_id, quantity, price_unit, amount"
                " ORDER BY statement_id, min(date), min(id)"
            ),
        )

    def _fetch_product_rows(self):
        """Return one row for each product, unit and price; its `id` is the first line's."""
        return self._select_rows(
            SQL("min(id), product_id, uom_id, sum(quantity), price_unit, sum(amount)"),
            SQL(
                "GROUP BY statement_id, product_id, uom_id, price_unit"
                " HAVING sum(quantity) <> 0 OR sum(amount) <> 0"
                " ORDER BY statement_id, min(date), min(id)"
            ),
        )

    def _fetch_billed_rows(self, exactly=True):
        """Return the rows as their documents say them: each line, or one for product and price.

        :param exactly: see `_update_totals`
        """
        added_up = self.filtered("company_id.scrm_settlement_by_product")
        lined = self - added_up
        rows = lined._fetch_rows() if exactly else lined._fetch_counted_rows()
        rows.update(added_up._fetch_product_rows())
        return rows

    def _select_rows(self, columns, tail):
        """Return {statement id: [Row]} of the columns, grouped and ordered by the tail."""
        self.flush_recordset()
        self.env["scrm.settlement.line"].flush_model()
        rows = defaultdict(list)
        for statement_id, *row in self.env.execute_query(
            SQL(
                "SELECT statement_id, %s FROM scrm_settlement_line WHERE statement_id IN %s %s",
                columns,
                tuple(self.ids) or (0,),
                tail,
            )
        ):
            rows[statement_id].append(Row(*row))
        return rows

    # === TAXES === #

    def _is_sale(self):
        """Tell whether the document is a customer's: it decides taxes and accounts."""
        return self.document_mode != "vendor_bill"

    def _get_fiscal_position(self):
        self.ensure_one()
        return (
            self.env["account.fiscal.position"]
            .with_company(self.company_id)
            ._get_fiscal_position(self.partner_id)
        )

    def _get_fiscal_positions(self):
        """Return {statement: fiscal position}; dealers who look alike to core are asked once."""
        known, positions = {}, {}
        for statement in self:
            partner = statement.partner_id.with_company(statement.company_id)
            key = (
                statement.company_id,
                partner.property_account_position_id,
                partner.country_id,
                partner.state_id,
                partner.zip,
                partner.vat,
            )
            if key not in known:
                known[key] = statement._get_fiscal_position()
            positions[statement] = known[key]
        return positions

    def _map_taxes(self, products, fiscal_position):
        """Return {product: taxes} as the statement's document would choose them."""
        self.ensure_one()
        field = "taxes_id" if self._is_sale() else "supplier_taxes_id"
        return {
            product: fiscal_position.map_tax(
                product[field]._filter_taxes_by_company(self.company_id)
            )
            for product in products
        }

    # === TOTALS === #

    def _get_billed(self, quantity, price, amount):
        """Return the quantity and unit price that a document line says for a line.

        The document multiplies again: an amount that six decimals do not make is one piece.
        """
        if self.currency_id.compare_amounts(quantity * price, amount):
            return (-1.0 if amount < 0 else 1.0), abs(amount)
        return quantity, price

    def _get_billed_of(self, row):
        return self._get_billed(float(row.quantity), float(row.price_unit), float(row.amount))

    def _update_totals(self, exactly=True):
        """Recompute the amounts from the lines.

        :param exactly: line by line, as the document will be; else equal lines are taken
            together, which tells apart what a sum of floats may
        """
        rows = self._fetch_billed_rows(exactly)
        for statement, (untaxed, tax, total) in self._get_tax_totals(rows).items():
            statement._write_derived(
                {"amount_untaxed": untaxed, "amount_tax": tax, "amount_total": total}
            )

    def _get_tax_totals(self, rows):
        """Return {statement: (untaxed, tax, total)} as core computes them for the same lines.

        Rounding globally or per line is the company's choice: sums of our own rounded amounts
        would differ from the document.
        """
        positions = self._get_fiscal_positions()
        products = self.env["product.product"].browse(
            {row.product_id: None for of_one in rows.values() for row in of_one}
        )
        products.sudo().fetch(["taxes_id", "supplier_taxes_id"])  # sudo: as in _compute_tax_totals
        # Dealers of one tier buy the same at the same price: the taxes of it are computed once.
        get_line = lru_cache(KEPT_LINES)(self.sudo()._prepare_base_line)
        return {
            statement: statement._compute_tax_totals(
                rows[statement.id], positions[statement], get_line
            )
            for statement in self
        }

    def _compute_tax_totals(self, rows, fiscal_position, get_line):
        # sudo: who prepares settlements need not read taxes
        statement = self.sudo()
        is_refund = content.document_type(statement.document_mode, False).endswith("refund")
        totals = statement._sum_with_taxes(rows, fiscal_position, is_refund, get_line)
        if statement.currency_id.compare_amounts(totals[2], 0) < 0:
            # The opposite document; a tax may be posted otherwise there.
            totals = statement._sum_with_taxes(rows, fiscal_position, not is_refund, get_line)
        return totals

    @api.model
    def _prepare_base_line(self, company, currency, taxes, is_refund, *of_row):
        """Return a line with its taxes as core computes them, not rounded yet."""
        product_id, uom_id, quantity, price_unit = of_row
        AccountTax = self.env["account.tax"]
        base_line = AccountTax._prepare_base_line_for_taxes_computation(
            None,
            product_id=self.env["product.product"].browse(product_id),
            product_uom_id=self.env["uom.uom"].browse(uom_id),
            tax_ids=taxes,
            price_unit=float(price_unit),
            quantity=float(quantity),
            currency_id=currency,
            is_refund=is_refund,
        )
        AccountTax._add_tax_details_in_base_line(base_line, company)
        return base_line

    def _sum_with_taxes(self, rows, fiscal_position, is_refund, get_line):
        self.ensure_one()
        AccountTax = self.env["account.tax"]
        Product = self.env["product.product"]
        products = Product.browse({row.product_id: None for row in rows})
        taxes = {
            product.id: mapped
            for product, mapped in self._map_taxes(products, fiscal_position).items()
        }
        same = (self.company_id, self.currency_id)
        base_lines = []
        for row in rows:
            quantity, price = self._get_billed_of(row)
            of_row = (row.product_id, row.uom_id, quantity, price)
            kept = get_line(*same, taxes[row.product_id], is_refund, *of_row)
            details = _multiply(kept["tax_details"], row.count)
            base_lines.append({**kept, "partner_id": self.partner_id, "tax_details": details})
        AccountTax._round_base_lines_tax_details(base_lines, self.company_id)
        # What `_get_tax_totals_summary` says, without its tax groups.
        details = [line["tax_details"] for line in base_lines]
        untaxed = sum(
            part["total_excluded_currency"] + part["delta_total_excluded_currency"]
            for part in details
        )
        tax = sum(data["tax_amount_currency"] for part in details for data in part["taxes_data"])
        return untaxed, tax, untaxed + tax

    # === CONTENT === #

    def _get_content_hashes(self):
        """Return {statement: hash} of what the database holds: lines, taxes and amounts."""
        rows = self._fetch_rows()
        positions = self._get_fiscal_positions()
        return {
            statement: statement._hash_content(rows[statement.id], positions[statement])
            for statement in self
        }

    def _hash_content(self, rows, fiscal_position):
        statement = self.sudo()  # who prepares settlements need not read taxes
        taxes = statement._map_taxes(
            self.env["product.product"].sudo().browse({row.product_id: None for row in rows}),
            fiscal_position.sudo(),
        )
        tax_ids = {product.id: sorted(mapped.ids) for product, mapped in taxes.items()}
        currency = statement.currency_id
        return content.digest(
            {
                "company": statement.company_id.id,
                "partner": statement.partner_id.id,
                "mode": statement.document_mode,
                "currency": currency.id,
                "period": [str(statement.date_from), str(statement.date_to)],
                "amounts": [
                    Decimal(repr(currency.round(amount)))
                    for amount in (
                        statement.amount_untaxed,
                        statement.amount_tax,
                        statement.amount_total,
                    )
                ],
            },
            (
                {
                    "id": row.id,
                    "product": row.product_id,
                    "uom": row.uom_id,
                    "quantity": row.quantity,
                    "price": row.price_unit,
                    "amount": row.amount,
                    "taxes": tax_ids[row.product_id],
                }
                for row in rows
            ),
        )

    def _check_content(self):
        """Refuse to go on with lines that are not those that were submitted."""
        for statement, digest in self._get_content_hashes().items():
            if digest != statement.content_hash:
                raise UserError(
                    self.env._(
                        "The lines, taxes or amounts of %(statement)s are no longer those that "
                        "were submitted. Return the settlement to %(preparer)s, who submits it "
                        "again.",
                        statement=statement.name,
                        preparer=statement.submitter_id.name,
                    )
                )


def _multiply(tax_details, count):
    """Return the details of one line as those of so many equal ones.

    What is not rounded line by line is rounded after this; what is, is rounded already.
    """

    def multiply(part):
        return {
            name: value * count if name.startswith("raw_") else value
            for name, value in part.items()
        }

    return {
        **multiply(tax_details),
        "taxes_data": [multiply(data) for data in tax_details["taxes_data"]],
    }
