from odoo import api, models
from odoo.tools import SQL

# What was settled of a delivery is kept whatever becomes of it; what became of it is told.
_FIND = """
SELECT line.id
  FROM scrm_settlement_line line
  JOIN stock_move move ON move.id = line.source_id
  JOIN uom_uom unit ON unit.id = move.product_uom
  JOIN uom_uom own ON own.id = line.uom_id
 WHERE line.company_id = %(company)s
   AND line.source_model_number = %(model)s
   AND line.source_type IN ('shipment', 'return')
   AND round(move.quantity * unit.factor / own.factor, %(digits)s) <> ABS(line.quantity)
   AND %(recent)s
   AND NOT EXISTS (
       SELECT FROM scrm_settlement_exception known
        WHERE known.company_id = line.company_id
          AND known.source_model_number = line.source_model_number
          AND known.source_id = line.source_id)
 ORDER BY line.id
"""

# A correction is written on the detailed operations; the move's quantity follows.
_RECENT = """
(move.write_date >= %(since)s OR move.id IN (
    SELECT move_id FROM stock_move_line WHERE write_date >= %(since)s))
"""

_READ = """
SELECT line.id AS origin_id, line.name, line.partner_id, line.product_id, line.source_id,
       round(move.quantity * unit.factor / own.factor, %(digits)s) AS quantity
  FROM scrm_settlement_line line
  JOIN stock_move move ON move.id = line.source_id
  JOIN uom_uom unit ON unit.id = move.product_uom
  JOIN uom_uom own ON own.id = line.uom_id
 WHERE line.id = ANY(%(ids)s) AND line.company_id = %(company)s
 ORDER BY line.id
"""


class ScrmSettlementLine(models.Model):
    """Deliveries and returns whose quantity was corrected after they were settled."""

    _inherit = "scrm.settlement.line"

    @api.model
    def _get_pulls(self):
        return [
            *super()._get_pulls(),
            ("corrected move", None, self._find_corrected_moves, self._take_corrected_moves),
        ]

    @api.model
    def _find_corrected_moves(self, company, window, since):
        rows = self.env.execute_query(
            SQL(
                _FIND,
                company=company.id,
                model=self._prepare_source_key("shipment", "stock.move")["source_model_number"],
                digits=self._fields["quantity"].get_digits(self.env)[1],
                recent=SQL(_RECENT, since=since) if since else SQL("TRUE"),
            )
        )
        return [row_id for (row_id,) in rows]

    @api.model
    def _take_corrected_moves(self, company, ids):
        """Put them on the list of exceptions, with today's quantity: a person adjusts."""
        digits = self._fields["quantity"].get_digits(self.env)[1]
        rows = self.env.execute_query_dict(SQL(_READ, ids=ids, company=company.id, digits=digits))
        return self._ask_about_sources(company, "stock.move", [("changed", row) for row in rows])
