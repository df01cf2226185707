from odoo import api, fields, models
from odoo.tools import SQL

# A commission or its return is kept whatever becomes of the invoice; what became of it is told.
_FIND = """
SELECT line.id
  FROM scrm_settlement_line line
  LEFT JOIN account_move_line sold ON sold.id = line.source_id
  LEFT JOIN account_move move ON move.id = sold.move_id
 WHERE line.company_id = %(company)s
   AND line.source_model_number = %(model)s
   AND line.source_type IN ('commission', 'return')
   AND (move.id IS NULL OR move.state <> 'posted'
        OR line.source_type = 'commission' AND -sold.balance <> line.source_amount)
   AND %(recent)s
   AND NOT EXISTS (
       SELECT FROM scrm_settlement_exception known
        WHERE known.company_id = line.company_id
          AND known.source_model_number = line.source_model_number
          AND known.source_id = line.source_id)
 ORDER BY line.id
"""

_READ = """
SELECT line.id AS origin_id, line.name, line.partner_id, line.product_id, line.source_id,
       ABS(line.source_amount + COALESCE((
           SELECT SUM(returned.source_amount) FROM scrm_settlement_line returned
            WHERE returned.origin_line_id = line.id AND returned.source_type = 'return'), 0))
           AS quantity,
       line.source_type = 'commission' AND sold.parent_state IS DISTINCT FROM 'posted' AS is_undone
  FROM scrm_settlement_line line
  LEFT JOIN account_move_line sold ON sold.id = line.source_id
 WHERE line.id = ANY(%(ids)s) AND line.company_id = %(company)s
 ORDER BY line.id
"""


class ScrmSettlementLine(models.Model):
    """Invoices that were reset, deleted or changed after they had earned a commission."""

    _inherit = "scrm.settlement.line"

    @api.model
    def _get_pulls(self):
        return [
            *super()._get_pulls(),
            ("undone invoice", None, self._find_undone_invoices, self._take_undone_invoices),
        ]

    @api.model
    def _find_undone_invoices(self, company, window, since):
        """Find lines whose invoice no longer says so; a deleted one is seen without `since`."""
        rows = self.env.execute_query(
            SQL(
                _FIND,
                company=company.id,
                model=self._prepare_source_key("commission", "account.move.line")[
                    "source_model_number"
                ],
                recent=SQL("move.write_date >= %s", since) if since else SQL("TRUE"),
            )
        )
        return [row_id for (row_id,) in rows]

    @api.model
    def _take_undone_invoices(self, company, ids):
        """Put them on the list of exceptions: a person takes back, adjusts or lets it be."""
        rows = self.env.execute_query_dict(SQL(_READ, ids=ids, company=company.id))
        return self._ask_about_sources(
            company,
            "account.move.line",
            [
                ("undone" if row["is_undone"] and (row["quantity"] or 0) > 0 else "changed", row)
                for row in rows
            ],
        )

    @api.model
    def _ask_about_sources(self, company, model_name, found):
        """Put settled lines whose sources say something else on the list of exceptions.

        :param found: list of (reason, values of the exception with the source's own quantity)
        :return: no lines, as what takes sources does
        """
        moment = fields.Datetime.now()
        today = {"occurred_at": moment, "date": company._scrm_local_day(moment)}
        self.env["scrm.settlement.exception"]._record(
            [
                self._prepare_exception(
                    company,
                    reason,
                    model_name,
                    {**row, **today, "quantity": float(row["quantity"] or 0)},
                )
                for reason, row in found
            ]
        )
        return self.browse()
