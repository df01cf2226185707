from collections import defaultdict
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytz

from odoo import fields, models
from odoo.tools import SQL

from ..tools.credit import COMPONENTS, ZERO, Exposure
from ..tools.prepared import fetch_prepared

# The fields that the query reads; what is pending on them is written before it runs.
READ_FIELDS = {
    "account.move": ("state", "move_type", "partner_id", "currency_id", "amount_total"),
    "account.move.line": (
        "account_id",
        "amount_residual_currency",
        "balance",
        "company_id",
        "currency_id",
        "date_maturity",
        "display_type",
        "parent_state",
        "partner_id",
        "price_total",
        "reconciled",
    ),
    "sale.order": (
        "state",
        "partner_invoice_id",
        "currency_id",
        "commitment_date",
        "date_order",
        "invoice_status",
        "scrm_credit_state",
    ),
    "sale.order.line": (
        "order_id",
        "price_total",
        "price_unit",
        "discount",
        "product_uom_qty",
        "qty_delivered",
        "customer_lead",
        "invoice_lines",
    ),
    "scrm.settlement.statement": ("state", "amount_total", "document_mode", "move_id"),
    "res.currency": ("decimal_places",),
    "res.currency.rate": ("company_id", "currency_id", "name", "rate"),
    "res.partner": ("commercial_partner_id", "parent_id"),
}


class ScrmCreditAccount(models.Model):
    _inherit = "scrm.credit.account"

    def _get_exposures(self, without_orders=()):
        """Return ``{account id: Exposure}`` in the company's currency at today's rate.

        One query for all dealers of a company; the drill-down reads the same rows one by one.

        :param without_orders: ids of orders that are left out, because they are being checked
        """
        exposures = {account.id: Exposure() for account in self}
        for company, accounts in self.grouped("company_id").items():
            day = company._scrm_local_day(fields.Datetime.now())
            query = SQL(
                "%s SELECT account_id, component, SUM(amount)::text, MIN(due_on), MIN(dated_on)"
                " FROM item GROUP BY account_id, component",
                accounts._get_items_sql(company, day, without_orders),
            )
            if len(accounts) == 1:
                # So asks every check of an order: the plan would take most of its time.
                rows = fetch_prepared(self.env.cr, query)
            else:
                rows = self.env.execute_query(query)
            parts, dates = defaultdict(dict), {}
            for account_id, component, amount, due_on, dated_on in rows:
                # As text: the driver would make a float of it.
                parts[account_id][component] = Decimal(amount)
                if component == "receivable":
                    dates[account_id] = (due_on or day, dated_on or day)
            for account in accounts:
                due_on, dated_on = dates.get(account.id, (day, day))
                exposures[account.id] = Exposure(
                    parts={name: parts[account.id].get(name, ZERO) for name in COMPONENTS},
                    days_overdue=max(0, (day - due_on).days),
                    days_open=max(0, (day - dated_on).days),
                )
        return exposures

    def _get_items(self):
        """Return the documents behind the exposure: dicts of component, record, amount, dates."""
        rows = []
        for company, accounts in self.grouped("company_id").items():
            day = company._scrm_local_day(fields.Datetime.now())
            rows += self.env.execute_query_dict(
                SQL(
                    "%s SELECT account_id, component, res_model, res_id, due_on, dated_on,"
                    " amount::text FROM item WHERE amount <> 0 ORDER BY dated_on, res_id",
                    accounts._get_items_sql(company, day, ()),
                )
            )
        return [{**row, "amount": Decimal(row["amount"])} for row in rows]

    def _get_items_sql(self, company, day, without_orders):
        """Return the WITH clause whose last part, ``item``, is one row per document."""
        for model_name, names in READ_FIELDS.items():
            self.env[model_name].flush_model(names)
        self.flush_recordset()
        self.env["scrm.credit.policy"].flush_model()
        company_sudo = company.sudo()
        return SQL(
            "WITH %s",
            SQL(", ").join(
                [
                    self._get_dealer_sql(company_sudo, day),
                    self._get_order_sql(company_sudo, day, without_orders),
                    self._get_item_sql(),
                ]
            ),
        )

    def _get_dealer_sql(self, company, day):
        """Return who is asked about, in which companies, and what a unit of each currency is."""
        # Documents in a currency that is archived by now are owed all the same.
        return SQL(
            """
            dealer AS (
                SELECT account.id AS account_id, contact.id AS contact_id, account.partner_id,
                       policy.*
                  FROM scrm_credit_account account
                  JOIN scrm_credit_policy policy ON policy.id = account.policy_id
                  JOIN res_partner contact ON contact.commercial_partner_id = account.partner_id
                 WHERE account.id %(is_asked)s
            ),
            covered AS (
                SELECT id FROM res_company WHERE parent_path LIKE %(path)s
            ),
            -- What `res.currency._get_rates` gives; asking it would be two queries more.
            given AS (
                SELECT currency.id AS currency_id, currency.decimal_places,
                       COALESCE(
                           (SELECT rate FROM res_currency_rate r
                             WHERE r.currency_id = currency.id AND r.name <= %(day)s
                               AND (r.company_id = %(root)s OR r.company_id IS NULL)
                             ORDER BY r.company_id, r.name DESC LIMIT 1),
                           (SELECT rate FROM res_currency_rate r
                             WHERE r.currency_id = currency.id
                               AND (r.company_id = %(root)s OR r.company_id IS NULL)
                             ORDER BY r.company_id, r.name LIMIT 1),
                           1.0) AS rate
                  FROM res_currency currency
            ),
            rate AS MATERIALIZED (
                SELECT given.currency_id, own.decimal_places,
                       COALESCE(own.rate / NULLIF(given.rate, 0), 0) AS factor
                  FROM given, given own
                 WHERE own.currency_id = %(currency)s
            )
            """,
            # A number says more to a plan without values than a list does.
            is_asked=SQL("= %s", self.id) if len(self) == 1 else SQL("= ANY(%s)", self.ids),
            path=f"{company.parent_path}%",
            day=day,
            root=company.root_id.id,
            currency=company.currency_id.id,
        )

    def _get_order_sql(self, company, day, without_orders):
        """Return the open amounts of each order; `tools.credit.get_open_order` says it in Python.

        Orders that are invoiced to the end are passed over, unless an invoice is a draft still:
        what is invoiced is owed once it is posted.
        """
        zone = pytz.timezone(company.partner_id.tz or company.resource_calendar_id.tz or "UTC")
        midnight = zone.localize(datetime.combine(day + timedelta(days=1), time.min))
        return SQL(
            """
            drafted AS (
                -- By the orders: a draft may name somebody else by now
                SELECT DISTINCT line.order_id
                  FROM account_move move
                  JOIN account_move_line entry ON entry.move_id = move.id
                  JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = entry.id
                  JOIN sale_order_line line ON line.id = rel.order_line_id
                 WHERE move.state = 'draft' AND move.move_type IN ('out_invoice', 'out_refund')
            ),
            sold AS (
                SELECT dealer.account_id, dealer.with_delivered, dealer.with_ordered, line.order_id,
                       MIN(orders.date_order)::date AS dated_on,
                       bool_or(orders.scrm_credit_state IN ('held', 'rejected')) AS is_held,
                       SUM(line.qty_delivered * unit.price) AS delivered,
                       COALESCE(SUM(left_over.amount) FILTER (WHERE due.soon), 0) AS soon,
                       COALESCE(SUM(left_over.amount) FILTER (WHERE NOT due.soon), 0) AS later,
                       COALESCE(SUM(invoiced.amount), 0) AS invoiced
                  FROM dealer
                  JOIN sale_order orders ON orders.partner_invoice_id = dealer.contact_id
                   AND orders.state = 'sale'
                   AND orders.company_id IN (SELECT id FROM covered)
                   AND (orders.invoice_status IS DISTINCT FROM 'invoiced'
                        OR orders.id IN (SELECT order_id FROM drafted))
                   AND orders.id <> ALL(%(without)s)
                  JOIN sale_order_line line ON line.order_id = orders.id
                   AND line.display_type IS NULL
                  JOIN rate ON rate.currency_id = orders.currency_id
                 CROSS JOIN LATERAL (
                    -- What a delivery added was not ordered, and has no total
                    SELECT rate.factor * COALESCE(
                        line.price_total / NULLIF(line.product_uom_qty, 0),
                        line.price_unit::numeric * (1 - COALESCE(line.discount, 0) / 100), 0)
                        AS price
                 ) unit
                 CROSS JOIN LATERAL (
                    SELECT unit.price
                        * GREATEST(line.product_uom_qty - COALESCE(line.qty_delivered, 0), 0)
                        AS amount
                 ) left_over
                 CROSS JOIN LATERAL (
                    SELECT dealer.horizon_days = 0 OR COALESCE(
                        orders.commitment_date,
                        orders.date_order + line.customer_lead * interval '1 day'
                    ) < %(midnight)s::timestamp + dealer.horizon_days * interval '1 day' AS soon
                 ) due
                  LEFT JOIN LATERAL (
                    SELECT SUM(entry.price_total * entry_rate.factor
                               * CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END)
                           AS amount
                      FROM sale_order_line_invoice_rel rel
                      JOIN account_move_line entry ON entry.id = rel.invoice_line_id
                       AND entry.parent_state = 'posted'
                      JOIN account_move move ON move.id = entry.move_id
                      JOIN rate entry_rate ON entry_rate.currency_id = entry.currency_id
                     WHERE rel.order_line_id = line.id
                 ) invoiced ON TRUE
                 GROUP BY dealer.account_id, dealer.with_delivered, dealer.with_ordered,
                          line.order_id
            ),
            open_order AS (
                SELECT account_id, order_id, dated_on,
                       CASE WHEN with_delivered THEN GREATEST(delivered - invoiced, 0)
                            ELSE 0 END AS delivered,
                       CASE WHEN with_ordered AND is_held IS NOT TRUE THEN GREATEST(
                           soon - GREATEST(
                               GREATEST(invoiced - delivered, 0) - GREATEST(later, 0), 0), 0)
                            ELSE 0 END AS ordered
                  FROM sold
            )
            """,
            without=list(without_orders),
            midnight=midnight.astimezone(pytz.utc).replace(tzinfo=None),
        )

    def _get_item_sql(self):
        """Return what is owed, document by document, rounded as the company's currency is."""
        return SQL(
            """
            item AS (
                SELECT account_id, component, res_model, res_id, due_on, dated_on,
                       round(amount, (SELECT MIN(decimal_places) FROM rate)) AS amount
                  FROM (%(parts)s) part
            )
            """,
            parts=SQL(" UNION ALL ").join(
                [self._get_invoice_parts_sql(), *self._get_other_parts_sql()]
            ),
        )

    def _get_invoice_parts_sql(self):
        return SQL(
            """
            SELECT dealer.account_id, 'receivable' AS component, 'account.move' AS res_model,
                   entry.move_id AS res_id,
                   MIN(entry.date_maturity) FILTER (WHERE entry.amount_residual_currency > 0)
                       AS due_on,
                   MIN(COALESCE(entry.invoice_date, entry.date))
                       FILTER (WHERE entry.amount_residual_currency > 0) AS dated_on,
                   SUM(entry.amount_residual_currency * rate.factor) AS amount
              FROM dealer
              JOIN account_move_line entry ON entry.partner_id = dealer.contact_id
               AND entry.parent_state = 'posted'
               AND entry.reconciled IS NOT TRUE
               AND entry.company_id IN (SELECT id FROM covered)
              JOIN account_account account ON account.id = entry.account_id
               AND account.account_type = 'asset_receivable'
              JOIN rate ON rate.currency_id = entry.currency_id
             WHERE dealer.with_receivable
             GROUP BY dealer.account_id, entry.move_id
             UNION ALL
            SELECT dealer.account_id, 'draft_invoice', 'account.move', move.id, NULL,
                   COALESCE(move.invoice_date, move.date),
                   rate.factor
                       * CASE WHEN own.is_mixed THEN own.amount ELSE move.amount_total END
              FROM dealer
              JOIN account_move move ON move.partner_id = dealer.contact_id
               AND move.state = 'draft'
               AND move.move_type IN ('out_invoice', 'out_receipt')
               AND move.company_id IN (SELECT id FROM covered)
              JOIN rate ON rate.currency_id = move.currency_id
             CROSS JOIN LATERAL (
                SELECT COALESCE(bool_or(entry.is_sold), FALSE) AS is_mixed,
                       COALESCE(SUM(entry.price_total) FILTER (WHERE NOT entry.is_sold), 0)
                           AS amount
                  FROM (SELECT line.price_total,
                               EXISTS (SELECT FROM sale_order_line_invoice_rel rel
                                        WHERE rel.invoice_line_id = line.id) AS is_sold
                          FROM account_move_line line
                         WHERE line.move_id = move.id AND line.display_type = 'product') entry
             ) own
             WHERE dealer.with_draft_invoice
               AND NOT (dealer.with_statement
                        AND EXISTS (SELECT FROM scrm_settlement_statement statement
                                     WHERE statement.move_id = move.id))
            """
        )

    def _get_other_parts_sql(self):
        yield SQL(
            """
            SELECT account_id, 'delivered', 'sale.order', order_id, NULL::date, dated_on, delivered
              FROM open_order
             UNION ALL
            SELECT account_id, 'ordered', 'sale.order', order_id, NULL::date, dated_on, ordered
              FROM open_order
            """
        )
        # What a statement becomes: an invoice to the dealer is owed to us, all else by us.
        yield SQL(
            """
            SELECT dealer.account_id,
                   CASE WHEN becomes.is_invoice THEN 'statement' ELSE 'payable' END,
                   'scrm.settlement.statement', statement.id, NULL::date, statement.date_to,
                   ABS(statement.amount_total) * rate.factor
                       * CASE WHEN becomes.is_invoice THEN 1 ELSE -1 END
              FROM dealer
              JOIN scrm_settlement_statement statement ON statement.partner_id = dealer.contact_id
               AND statement.company_id IN (SELECT id FROM covered)
              JOIN rate ON rate.currency_id = statement.currency_id
             CROSS JOIN LATERAL (
                SELECT (statement.document_mode = 'customer_invoice'
                            AND statement.amount_total > 0)
                    OR (statement.document_mode = 'customer_credit_note'
                            AND statement.amount_total < 0) AS is_invoice,
                       statement.document_mode <> 'customer_invoice'
                           AND statement.amount_total < 0 AS is_claim
             ) becomes
             WHERE (becomes.is_invoice AND dealer.with_statement
                    AND statement.state IN ('submitted', 'reviewed'))
                OR (NOT becomes.is_invoice AND NOT becomes.is_claim AND dealer.with_payable
                    AND statement.state = 'reviewed')
            """
        )
        yield SQL(
            """
            SELECT dealer.account_id, 'deposit', 'account.move', entry.move_id, NULL::date,
                   MIN(entry.date), SUM(entry.balance)
              FROM dealer
              JOIN scrm_credit_policy_deposit_rel rel ON rel.scrm_credit_policy_id = dealer.id
              JOIN account_move_line entry ON entry.partner_id = dealer.contact_id
               AND entry.account_id = rel.account_account_id
               AND entry.parent_state = 'posted'
               AND entry.company_id IN (SELECT id FROM covered)
             WHERE dealer.with_deposit
             GROUP BY dealer.account_id, entry.move_id
            """
        )
