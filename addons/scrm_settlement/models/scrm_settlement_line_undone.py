from odoo import api, models
from odoo.tools import SQL

# A commission or its return is kept whatever becomes of the invoice; what became of it is told.
# A line that returns what its own invoice had earned is no second question about that invoice.
_SOURCES = """
  FROM scrm_settlement_line line
  LEFT JOIN account_move_line sold ON sold.id = line.source_id
  LEFT JOIN account_move move ON move.id = sold.move_id
  LEFT JOIN (%(told)s) told ON told.source_id = line.source_id
 CROSS JOIN LATERAL (
       SELECT move.state IS DISTINCT FROM 'posted' AS is_undone,
              CASE WHEN line.source_type = 'commission'
                   THEN line.source_amount ELSE ABS(line.source_amount) END AS settled) line_says
 CROSS JOIN LATERAL (
       SELECT CASE WHEN is_undone THEN 0
                   WHEN line.source_type = 'commission' THEN -sold.balance
                   ELSE settled END AS quantity) source_says
 WHERE line.company_id = %(company)s
   AND line.source_model_number = %(model)s
   AND line.source_type IN ('commission', 'return')
   AND NOT EXISTS (
       SELECT FROM scrm_settlement_line origin
        WHERE origin.id = line.origin_line_id AND origin.source_id = line.source_id
          AND origin.source_model_number = line.source_model_number)
"""

_FIND = """
SELECT line.id %(sources)s
   AND CASE WHEN told.source_id IS NULL THEN is_undone OR source_says.quantity <> settled
            ELSE source_says.quantity <> told.quantity END
   AND told.is_open IS NOT TRUE
   AND %(recent)s
 ORDER BY line.id
"""

# Beginning with what was written, so that an hour's changes cost nothing for years of lines.
_RECENT = """
line.source_id = ANY (ARRAY (
    SELECT entry.id FROM account_move_line entry
      JOIN account_move changed ON changed.id = entry.move_id
     WHERE changed.write_date >= %(since)s
     UNION ALL
    SELECT source_id FROM (%(told)s) answer WHERE write_date >= %(since)s))
"""

_READ = """
SELECT line.id AS origin_id, line.name, line.partner_id, line.product_id, line.source_id,
       source_says.quantity, COALESCE(told.quantity, settled) AS before,
       line.source_amount + COALESCE((
           SELECT SUM(returned.source_amount) FROM scrm_settlement_line returned
            WHERE returned.origin_line_id = line.id AND returned.source_type = 'return'), 0)
           AS rest,
       line.source_type = 'commission' AND is_undone AS is_undone,
       (SELECT COUNT(*) FROM %(listed)s line.source_id) AS seq
  %(sources)s AND line.id = ANY(%(ids)s)
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
        parts = self._prepare_undone_parts(company)
        return self._find_to_ask(_FIND, _RECENT, parts, since)

    def _prepare_undone_parts(self, company):
        parts = self._prepare_asked_parts(company, "account.move.line")
        return {**parts, "sources": SQL(_SOURCES, **parts)}

    @api.model
    def _take_undone_invoices(self, company, ids):
        """Put them on the list of exceptions: a person takes back, adjusts or lets it be."""
        rows = self.env.execute_query_dict(
            SQL(_READ, ids=ids, **self._prepare_undone_parts(company))
        )
        return self._ask_about_sources(
            company, "account.move.line", [self._get_question(row) for row in rows]
        )

    @api.model
    def _get_question(self, row):
        """Return why an invoice is asked about; of an undone one the rest is to be taken back."""
        if row["is_undone"] and row["rest"]:
            return "undone", {**row, "quantity": abs(row["rest"])}
        return "changed", row
