from odoo import api, models
from odoo.tools import SQL

# What was settled of a delivery is kept whatever becomes of it; what became of it is told. In as
# many decimals as were kept then: that others are kept now is no correction.
_SOURCES = """
  FROM scrm_settlement_line line
  %(moved)s
  JOIN uom_uom unit ON unit.id = move.product_uom
  JOIN uom_uom own ON own.id = line.uom_id
  LEFT JOIN (%(told)s) told ON told.source_id = line.source_id
 CROSS JOIN LATERAL (
       SELECT CASE WHEN told.source_id IS NULL THEN LEAST(%(digits)s, scale(line.quantity))
                   ELSE %(digits)s END AS digits) kept
 CROSS JOIN LATERAL (SELECT move.quantity * unit.factor / own.factor AS quantity) now
 CROSS JOIN LATERAL (
       SELECT round(now.quantity, %(digits)s) AS quantity,
              COALESCE(told.quantity, ABS(line.quantity)) AS before) says
 WHERE line.company_id = %(company)s
   AND line.source_model_number = %(model)s
   AND line.source_type IN %(kinds)s
"""

_FIND = """
SELECT line.id %(sources)s
   AND round(now.quantity, kept.digits) <> round(says.before, kept.digits)
   AND told.is_open IS NOT TRUE
   AND %(recent)s
 ORDER BY line.id
"""

# A correction is written on the detailed operations; the move's quantity follows. What was
# corrected while a question was open is asked once that is decided. Beginning with what was
# written, an hour's changes cost nothing for years of lines.
_RECENT = """
line.source_id = ANY (ARRAY (
    SELECT %(record)s FROM (
        SELECT id FROM stock_move WHERE write_date >= %(since)s
         UNION ALL
        SELECT move_id FROM stock_move_line WHERE write_date >= %(since)s) written (move_id)
      %(through)s
     UNION ALL
    SELECT source_id FROM (%(told)s) answer WHERE write_date >= %(since)s))
"""

_READ = """
SELECT line.id AS origin_id, line.name, line.partner_id, line.product_id, line.source_id,
       says.quantity, says.before,
       (SELECT COUNT(*) FROM %(listed)s line.source_id) AS seq
  %(sources)s AND line.id = ANY(%(ids)s)
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
    def _get_moved(self, model_name):
        """Return of lines from a model's records how SQL finds their moves.

        :return: parts of queries: `moved` joins `move` to `line`, `kinds` are the lines' kinds,
            `record` is the id of what a `written` move belongs to, found `through` joins
        """
        return {
            "moved": SQL("JOIN stock_move move ON move.id = line.source_id"),
            "kinds": ("shipment", "return"),
            "record": SQL("written.move_id"),
            "through": SQL(""),
        }

    @api.model
    def _find_corrected_moves(self, company, window, since, model_name="stock.move"):
        parts = self._prepare_corrected_parts(company, model_name)
        return self._find_to_ask(_FIND, _RECENT, parts, since)

    def _prepare_corrected_parts(self, company, model_name):
        parts = self._prepare_asked_parts(company, model_name) | self._get_moved(model_name)
        digits = self._fields["quantity"].get_digits(self.env)[1]
        return {**parts, "sources": SQL(_SOURCES, digits=digits, **parts)}

    @api.model
    def _take_corrected_moves(self, company, ids, model_name="stock.move"):
        """Put them on the list of exceptions, with today's quantity: a person adjusts."""
        parts = self._prepare_corrected_parts(company, model_name)
        rows = self.env.execute_query_dict(SQL(_READ, ids=ids, **parts))
        return self._ask_about_sources(company, model_name, [("changed", row) for row in rows])
