from odoo import api, models
from odoo.tools import SQL

# Whoever brought the order; nobody named, the dealer above the buyer.
_BENEFICIARY = """
    COALESCE(
        (SELECT dealer.commercial_partner_id
           FROM sale_order_line_invoice_rel link
           JOIN sale_order_line sold ON sold.id = link.order_line_id
           JOIN sale_order sale ON sale.id = sold.order_id
           JOIN res_partner dealer ON dealer.id = sale.scrm_dealer_id
          WHERE link.invoice_line_id = line.id
       ORDER BY sold.id LIMIT 1),
        (SELECT upline.commercial_partner_id
           FROM res_partner buyer
           JOIN res_partner firm ON firm.id = buyer.commercial_partner_id
           JOIN res_partner upline ON upline.id = firm.scrm_upline_id
          WHERE buyer.id = move.partner_id))
"""

# A settlement's document, and what reverses it, sells nothing.
_FIND = """
SELECT line.id
  FROM account_move move
  JOIN account_move_line line ON line.move_id = move.id
  LEFT JOIN account_move reversed ON reversed.id = move.reversed_entry_id
 WHERE COALESCE(reversed.scrm_is_settlement, move.scrm_is_settlement) IS NOT TRUE
   AND move.company_id = %(company)s AND move.state = 'posted' AND move.move_type = %(move_type)s
   AND line.display_type = 'product' AND line.balance <> 0
   AND %(recent)s
   AND %(beneficiary)s IS NOT NULL
   AND %(settled)s
   AND %(absent)s
 ORDER BY line.id
"""

# A credit note of an invoice that earned nobody anything takes nothing back. One that names no
# invoice might: since commissions are paid, a person looks at it.
_SETTLED = """
(move.reversed_entry_id IS NULL AND %(begun)s OR EXISTS (
    SELECT FROM account_move_line sold
      JOIN scrm_settlement_line origin
           ON origin.company_id = move.company_id
          AND origin.source_model_number = %(model)s
          AND origin.component = %(component)s
          AND origin.source_id = sold.id
     WHERE sold.move_id = move.reversed_entry_id))
"""

_READ = """
SELECT line.id AS source_id, move.name AS reference, move.invoice_date AS date,
       move.reversed_entry_id, line.product_id, line.name AS label,
       %(beneficiary)s AS partner_id, -line.balance AS amount
  FROM account_move_line line
  JOIN account_move move ON move.id = line.move_id
 WHERE line.id = ANY(%(ids)s) AND move.company_id = %(company)s
 ORDER BY line.id
"""

# What is left of the commissions of an invoice: of the same product, oldest first. Discounts earn
# negative ones, which the credit of a discount takes back.
_READ_ORIGINS = """
SELECT sold.move_id, sold.product_id, origin.source_amount < 0, origin.id, origin.state,
       ABS(origin.source_amount + COALESCE((
           SELECT SUM(returned.source_amount) FROM scrm_settlement_line returned
            WHERE returned.origin_line_id = origin.id AND returned.source_type = 'return'), 0))
  FROM scrm_settlement_line origin
  JOIN account_move_line sold ON sold.id = origin.source_id
 WHERE sold.move_id = ANY(%(moves)s)
   AND origin.company_id = %(company)s
   AND origin.source_model_number = %(model)s
   AND origin.component = %(component)s
   AND origin.source_amount <> 0
 ORDER BY origin.id
"""


class ScrmSettlementLine(models.Model):
    """What others earn by an invoice: the dealer who brought it, or the one above the buyer."""

    _inherit = "scrm.settlement.line"

    @api.model
    def _find_commissions(self, company, window, since):
        begun = SQL("move.invoice_date BETWEEN %s AND %s", *window)
        return self._find_invoiced(company, since, "out_invoice", "commission", begun)

    @api.model
    def _find_credit_notes(self, company, window, since):
        key = self._prepare_source_key("commission", "account.move.line")
        paying = self._get_pull_window(company, "commission")
        begun = SQL("move.invoice_date >= %s", paying[0]) if paying else SQL("FALSE")
        settled = SQL(
            _SETTLED,
            model=key["source_model_number"],
            component=key["component"],
            begun=begun,
        )
        return self._find_invoiced(company, since, "out_refund", "return", settled)

    @api.model
    def _find_invoiced(self, company, since, move_type, source_type, settled):
        rows = self.env.execute_query(
            SQL(
                _FIND,
                company=company.id,
                move_type=move_type,
                recent=SQL("move.write_date >= %s", since) if since else SQL("TRUE"),
                beneficiary=SQL(_BENEFICIARY),
                settled=settled,
                absent=self._get_absent(source_type, "account.move.line", SQL("line.id"), company),
            )
        )
        return [row_id for (row_id,) in rows]

    @api.model
    def _read_invoiced(self, company, ids):
        rows = self.env.execute_query_dict(
            SQL(_READ, ids=ids, company=company.id, beneficiary=SQL(_BENEFICIARY))
        )
        for row in rows:
            row["amount"] = float(row["amount"])
            row["occurred_at"] = company._scrm_local_noon(row["date"])
            row["name"] = f"{row['reference']} {row['label'] or ''}".strip()
        return rows

    @api.model
    def _take_commissions(self, company, ids):
        """Write a commission for each invoiced line, as one piece worth what was invoiced."""
        key = self._prepare_source_key("commission", "account.move.line")
        plain = self.env.ref("scrm_settlement.product_settlement")
        rows = []
        for found in self._read_invoiced(company, ids):
            product = self.env["product.product"].browse(found["product_id"] or plain.id)
            rows.append(
                {
                    **found,
                    **key,
                    "company_id": company.id,
                    "product_id": product.id,
                    "uom_id": product.uom_id.id,
                    "scenario_id": None,
                    "quantity": 1.0 if found["amount"] > 0 else -1.0,
                    "source_amount": found["amount"],
                }
            )
        self._price_rows(rows)
        return self._insert_rows(rows)

    @api.model
    def _take_credit_notes(self, company, ids):
        """Take commissions back in proportion to what was credited, at their own rate."""
        found = self._read_invoiced(company, ids)
        left = self._read_commissions_left(
            company, [row["reversed_entry_id"] for row in found if row["reversed_entry_id"]]
        )
        asked, exceptions = [], []
        for row in found:
            credited = -row["amount"]
            origins = left.get((row["reversed_entry_id"], row["product_id"], credited < 0), [])
            row["quantity"] = abs(credited) if origins else credited
            unpriced = [line_id for line_id, _value, state in origins if state == "no_price"]
            if not origins or unpriced:
                reason = "unpriced" if unpriced else "no_origin"
                row["origin_id"] = unpriced[0] if unpriced else None
                exceptions.append(
                    self._prepare_exception(company, reason, "account.move.line", row)
                )
                continue
            asked += self._split_credit(company, row, abs(credited), origins)
        return self._return_or_except(company, "account.move.line", asked, exceptions)

    @api.model
    def _read_commissions_left(self, company, move_ids):
        """Return {(invoice, product, whether of a discount): [[commission, value left, state], …]}.

        The values are positive: of a discount, what is left of it.
        """
        key = self._prepare_source_key("commission", "account.move.line")
        left = {}
        for *sold, line_id, state, value in self.env.execute_query(
            SQL(
                _READ_ORIGINS,
                moves=move_ids,
                company=company.id,
                model=key["source_model_number"],
                component=key["component"],
            )
        ):
            left.setdefault(tuple(sold), []).append([line_id, float(value), state])
        return left

    @api.model
    def _split_credit(self, company, row, credited, origins):
        """Return the parts of commissions that a credited line takes back, the oldest first.

        What exceeds all of them is asked of the last one, which refuses it: an exception.
        """
        currency, parts = company.currency_id, []
        for number, origin in enumerate(origins):
            last = number == len(origins) - 1
            part = currency.round(credited if last else min(credited, origin[1]))
            if currency.compare_amounts(part, 0) <= 0:
                continue
            parts.append(
                {
                    **row,
                    "source_model": "account.move.line",
                    "origin_id": origin[0],
                    "quantity": part,
                    "seq": len(parts),
                }
            )
            origin[1] -= part
            credited = currency.round(credited - part)
        return parts
