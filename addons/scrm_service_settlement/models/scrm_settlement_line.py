from functools import partial

from odoo import api, models
from odoo.tools import SQL

PART = "scrm.service.part"

_FIND = """
SELECT back.id
  FROM scrm_service_part part
  JOIN stock_move back ON back.origin_returned_move_id = part.move_id
  JOIN scrm_settlement_line origin
       ON origin.company_id = back.company_id
      AND origin.source_model_number = %(model)s
      AND origin.component = %(component)s
      AND origin.source_id = part.id
 WHERE back.company_id = %(company)s AND back.state = 'done' AND back.quantity > 0
   AND %(recent)s AND %(absent)s
 ORDER BY back.id
"""

_READ = """
SELECT back.id AS source_id, back.date AS occurred_at, back.reference,
       (back.date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS date,
       origin.id AS origin_id, origin.state AS origin_state, origin.name AS origin_name,
       origin.partner_id, back.product_id, TRUE AS to_refund,
       round(back.quantity * unit.factor / own.factor, %(digits)s) AS quantity
  FROM stock_move back
  JOIN uom_uom unit ON unit.id = back.product_uom
  JOIN scrm_service_part part ON part.move_id = back.origin_returned_move_id
  JOIN scrm_settlement_line origin
       ON origin.company_id = back.company_id
      AND origin.source_model_number = %(model)s
      AND origin.component = %(component)s
      AND origin.source_id = part.id
  JOIN uom_uom own ON own.id = origin.uom_id
 WHERE back.id = ANY(%(ids)s) AND back.company_id = %(company)s
 ORDER BY back.id
"""


class ScrmSettlementLine(models.Model):
    _inherit = "scrm.settlement.line"

    @api.model
    def _get_document_of(self, source):
        """Parts and labour are known by their ticket."""
        if source._name in (PART, "scrm.service.labour"):
            # sudo: which ticket it is; opening it asks for the reader's own rights
            return source.sudo().ticket_id.sudo(False)
        return super()._get_document_of(source)

    @api.model
    def _get_pulls(self):
        return [
            *super()._get_pulls(),
            ("part return", None, self._find_part_returns, self._take_part_returns),
            (
                "corrected part",
                None,
                partial(self._find_corrected_moves, model_name=PART),
                partial(self._take_corrected_moves, model_name=PART),
            ),
        ]

    @api.model
    def _get_moved(self, model_name):
        """What a part used says how much of it was; its line on the ticket does not change."""
        if model_name != PART:
            return super()._get_moved(model_name)
        return {
            "moved": SQL(
                "JOIN scrm_service_part part ON part.id = line.source_id"
                " JOIN stock_move move ON move.id = part.move_id"
            ),
            "kinds": ("part",),
            "record": SQL("part.id"),
            "through": SQL("JOIN scrm_service_part part ON part.move_id = written.move_id"),
        }

    @api.model
    def _get_by_hand(self):
        """What a ticket used is settled by the ticket."""
        return SQL("picking.scrm_ticket_id IS NULL AND %s", super()._get_by_hand())

    @api.model
    def _find_part_returns(self, company, window, since):
        """Find parts of tickets that came back to the outlet: nobody sold them, so each counts."""
        key = self._prepare_source_key("part", PART)
        rows = self.env.execute_query(
            SQL(
                _FIND,
                company=company.id,
                model=key["source_model_number"],
                component=key["component"],
                recent=SQL("back.date >= %s", since) if since else SQL("TRUE"),
                absent=self._get_absent("return", "stock.move", SQL("back.id"), company),
            )
        )
        return [row_id for (row_id,) in rows]

    @api.model
    def _take_part_returns(self, company, ids):
        key = self._prepare_source_key("part", PART)
        return self._take_goods_back(company, self._read_moves(company, ids, _READ, key))
