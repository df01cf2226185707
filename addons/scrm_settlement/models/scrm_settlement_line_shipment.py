from odoo import api, models
from odoo.tools import SQL

# A done move that left for a dealer, as core counts deliveries; of an order, or made by hand.
_FIND_SHIPMENTS = """
SELECT move.id
  FROM stock_move move
  JOIN stock_location source ON source.id = move.location_id AND source.usage <> 'customer'
  JOIN stock_location target ON target.id = move.location_dest_id AND target.usage = 'customer'
  LEFT JOIN sale_order_line line ON line.id = move.sale_line_id
  LEFT JOIN sale_order sale ON sale.id = line.order_id
  LEFT JOIN stock_picking picking ON picking.id = move.picking_id
  LEFT JOIN stock_picking_type type ON type.id = picking.picking_type_id
  JOIN res_partner buyer ON buyer.id = COALESCE(sale.partner_id, picking.partner_id)
  JOIN res_partner dealer ON dealer.id = buyer.commercial_partner_id AND dealer.grade_id IS NOT NULL
 WHERE move.company_id = %(company)s AND move.state = 'done' AND move.quantity > 0
   AND CASE WHEN line.id IS NULL THEN type.code = 'outgoing' AND %(by_hand)s
            ELSE sale.company_id = move.company_id END
   AND (move.origin_returned_move_id IS NULL OR move.to_refund)
   AND move.date >= %(first)s AND move.date < %(until)s
   AND %(absent)s
 ORDER BY move.id
"""

# What the order asked for, without taxes, for as much of it as the move brought.
_READ_SHIPMENTS = """
SELECT move.id AS source_id, move.date AS occurred_at, COALESCE(move.reference, '') AS reference,
       (move.date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS date,
       buyer.commercial_partner_id AS partner_id, move.product_id, template.uom_id,
       round(move.quantity * unit.factor / own.factor, %(digits)s) AS quantity,
       line.id IS NOT NULL AS has_order,
       line.product_id = move.product_id AND line.product_uom_qty <> 0 AS ordered,
       line.price_subtotal * (move.quantity * unit.factor / sold.factor)
           / NULLIF(line.product_uom_qty, 0) AS amount,
       sale.currency_id
  FROM stock_move move
  LEFT JOIN sale_order_line line ON line.id = move.sale_line_id
  LEFT JOIN sale_order sale ON sale.id = line.order_id
  LEFT JOIN stock_picking picking ON picking.id = move.picking_id
  JOIN res_partner buyer ON buyer.id = COALESCE(sale.partner_id, picking.partner_id)
  JOIN product_product product ON product.id = move.product_id
  JOIN product_template template ON template.id = product.product_tmpl_id
  JOIN uom_uom own ON own.id = template.uom_id
  JOIN uom_uom unit ON unit.id = move.product_uom
  LEFT JOIN uom_uom sold ON sold.id = line.product_uom_id
 WHERE move.id = ANY(%(ids)s) AND move.company_id = %(company)s
 ORDER BY move.id
"""

_FIND_GOODS_RETURNS = """
SELECT move.id
  FROM stock_move move
  JOIN stock_location source ON source.id = move.location_id AND source.usage = 'customer'
  JOIN stock_location target ON target.id = move.location_dest_id AND target.usage <> 'customer'
 WHERE move.company_id = %(company)s AND move.state = 'done' AND move.quantity > 0
   AND %(recent)s
   AND %(absent)s
   AND EXISTS (
       SELECT FROM scrm_settlement_line origin
        WHERE origin.company_id = move.company_id
          AND origin.source_model_number = %(model)s
          AND origin.component = %(component)s
          AND origin.source_id = move.origin_returned_move_id
       UNION ALL
       SELECT FROM stock_move sent
         JOIN scrm_settlement_line origin
              ON origin.company_id = sent.company_id
             AND origin.source_model_number = %(model)s
             AND origin.component = %(component)s
             AND origin.source_id = sent.id
        WHERE move.origin_returned_move_id IS NULL AND sent.sale_line_id = move.sale_line_id)
 ORDER BY move.id
"""

# What names no delivery, of goods that this dealer was settled for before: an order of returns, or
# a receipt made by hand.
_FIND_UNNAMED_RETURNS = """
SELECT move.id
  FROM stock_move move
  JOIN stock_location source ON source.id = move.location_id AND source.usage = 'customer'
  JOIN stock_location target ON target.id = move.location_dest_id AND target.usage <> 'customer'
  LEFT JOIN sale_order_line line ON line.id = move.sale_line_id
  LEFT JOIN sale_order sale ON sale.id = line.order_id
  LEFT JOIN stock_picking picking ON picking.id = move.picking_id
  JOIN res_partner buyer ON buyer.id = COALESCE(sale.partner_id, picking.partner_id)
 WHERE move.company_id = %(company)s AND move.state = 'done' AND move.quantity > 0
   AND move.origin_returned_move_id IS NULL
   AND %(recent)s
   AND %(absent)s
   AND EXISTS (
       SELECT FROM scrm_settlement_line settled
        WHERE settled.company_id = move.company_id
          AND settled.source_model_number = %(model)s
          AND settled.component = %(component)s
          AND settled.partner_id = buyer.commercial_partner_id
          AND settled.product_id = move.product_id
          AND settled.occurred_at <= move.date)
 ORDER BY move.id
"""

# The delivery that a return names; if it names none, the last one of the same line of the order.
_READ_GOODS_RETURNS = """
SELECT move.id AS source_id, move.date AS occurred_at, move.to_refund,
       COALESCE(move.reference, '') AS reference,
       (move.date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS date,
       origin.id AS origin_id, origin.state AS origin_state, origin.name AS origin_name,
       origin.partner_id, move.product_id,
       round(move.quantity * unit.factor / own.factor, %(digits)s) AS quantity
  FROM stock_move move
  JOIN uom_uom unit ON unit.id = move.product_uom
  JOIN LATERAL (
       SELECT origin.* FROM scrm_settlement_line origin
         JOIN stock_move sent ON sent.id = origin.source_id
        WHERE origin.company_id = move.company_id
          AND origin.source_model_number = %(model)s
          AND origin.component = %(component)s
          AND CASE WHEN move.origin_returned_move_id IS NULL
              THEN sent.sale_line_id = move.sale_line_id
              ELSE sent.id = move.origin_returned_move_id END
     ORDER BY origin.id DESC LIMIT 1) origin ON TRUE
  JOIN uom_uom own ON own.id = origin.uom_id
 WHERE move.id = ANY(%(ids)s) AND move.company_id = %(company)s
 ORDER BY move.id
"""


class ScrmSettlementLine(models.Model):
    """What dealers were shipped and what came back, from their transfers.

    Without an order nobody said that the goods were sold: they may be a sample or an exchange, so
    a person decides.
    """

    _inherit = "scrm.settlement.line"

    @api.model
    def _find_shipments(self, company, window, since):
        first, until = self._get_moments(company, window)
        rows = self.env.execute_query(
            SQL(
                _FIND_SHIPMENTS,
                company=company.id,
                first=max(first, since) if since else first,
                until=until,
                by_hand=self._get_by_hand(),
                absent=self._get_absent("shipment", "stock.move", SQL("move.id"), company),
            )
        )
        return [row_id for (row_id,) in rows]

    @api.model
    def _get_by_hand(self):
        """Return SQL that is true of a `picking` that no document of an addon settles."""
        return SQL("TRUE")

    @api.model
    def _find_goods_returns(self, company, window, since):
        return self._find_returned_moves(company, since, _FIND_GOODS_RETURNS)

    @api.model
    def _find_unnamed_returns(self, company, window, since):
        """Find what came back and is nobody's return by itself: a person adjusts."""
        return self._find_returned_moves(company, since, _FIND_UNNAMED_RETURNS)

    @api.model
    def _find_returned_moves(self, company, since, query):
        key = self._prepare_source_key("shipment", "stock.move")
        rows = self.env.execute_query(
            SQL(
                query,
                company=company.id,
                recent=SQL("move.date >= %s", since) if since else SQL("TRUE"),
                model=key["source_model_number"],
                component=key["component"],
                absent=self._get_absent("return", "stock.move", SQL("move.id"), company),
            )
        )
        return [row_id for (row_id,) in rows]

    @api.model
    def _get_moments(self, company, window):
        """Return the UTC moments at which the first day begins and the last day ends."""
        [moments] = self.env.execute_query(
            SQL(
                "SELECT %(first)s::timestamp AT TIME ZONE %(zone)s AT TIME ZONE 'UTC',"
                " (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s AT TIME ZONE 'UTC'",
                first=window[0],
                last=window[1],
                zone=company._scrm_get_zone(),
            )
        )
        return moments

    @api.model
    def _read_moves(self, company, ids, query, key):
        """Return the moves as a query reads them; `key` is that of the lines they belong to."""
        return self.env.execute_query_dict(
            SQL(
                query,
                ids=ids,
                company=company.id,
                zone=company._scrm_get_zone(),
                digits=self._fields["quantity"].get_digits(self.env)[1],
                model=key["source_model_number"],
                component=key["component"],
            )
        )

    @api.model
    def _take_shipments(self, company, ids):
        """Write deliveries into the journal, valued as their orders were."""
        key = self._prepare_source_key("shipment", "stock.move")
        products = self.env["product.product"].with_company(company)
        rows, exceptions = [], []
        for found in self._read_moves(company, ids, _READ_SHIPMENTS, key):
            product = products.browse(found["product_id"])
            found["name"] = f"{found['reference']} {product.display_name}"
            found["quantity"] = float(found["quantity"])
            reason = self._get_delivery_problem(found)
            if reason:
                exceptions.append(self._prepare_exception(company, reason, "stock.move", found))
                continue
            row = {**found, **key, "company_id": company.id, "scenario_id": None}
            row["source_amount"] = self._to_company_currency(
                company, found["amount"], found["currency_id"], found["date"]
            )
            rows.append(row)
        self._price_rows(rows)
        self.env["scrm.settlement.exception"]._record(exceptions)
        return self._insert_rows(rows)

    @api.model
    def _get_delivery_problem(self, found):
        """Return the reason why a person has to look at a delivery, or None."""
        if not found["has_order"]:
            return "no_order"
        if not found["ordered"]:
            return "other_item"
        # A discount that goes along as goods: as many pieces would earn a share of it
        return "negative" if found["amount"] < 0 else None

    @api.model
    def _to_company_currency(self, company, amount, currency_id, day):
        """Return money of an order in the company's currency, at the rate of the day."""
        home = company.currency_id
        if currency_id == home.id:
            return home.round(float(amount))
        currency = self.env["res.currency"].browse(currency_id)
        return currency._convert(float(amount), home, company, day)

    @api.model
    def _take_goods_returns(self, company, ids):
        key = self._prepare_source_key("shipment", "stock.move")
        moves = self._read_moves(company, ids, _READ_GOODS_RETURNS, key)
        return self._take_goods_back(company, moves)

    @api.model
    def _take_unnamed_returns(self, company, ids):
        """Put them on the list of exceptions."""
        key = self._prepare_source_key("shipment", "stock.move")
        products = self.env["product.product"].with_company(company)
        exceptions = []
        for found in self._read_moves(company, ids, _READ_SHIPMENTS, key):
            product = products.browse(found["product_id"])
            found["name"] = f"{found['reference']} {product.display_name}"
            exceptions.append(self._prepare_exception(company, "no_delivery", "stock.move", found))
        self.env["scrm.settlement.exception"]._record(exceptions)
        return self.browse()

    @api.model
    def _take_goods_back(self, company, moves):
        """Take back what came back; what may not be refunded goes to the list of exceptions."""
        asked, exceptions = [], []
        origins = self.browse(found["origin_id"] for found in moves)
        for found, origin in zip(moves, origins, strict=True):
            settled = origin._get_settled_line()
            found.update(origin_id=settled.id, origin_state=settled.state)
            found["quantity"] = float(found["quantity"])
            found["name"] = self.env._(
                "%(reference)s: return of %(line)s",
                reference=found["reference"],
                line=found["origin_name"],
            )
            if not found["to_refund"] or found["origin_state"] == "no_price":
                reason = "unpriced" if found["to_refund"] else "no_refund"
                exceptions.append(self._prepare_exception(company, reason, "stock.move", found))
            else:
                asked.append({**found, "source_model": "stock.move"})
        return self._return_or_except(company, "stock.move", asked, exceptions)

    @api.model
    def _return_or_except(self, company, model_name, asked, exceptions):
        """Record returns; those that ask for more than is left become exceptions."""
        lines, refused = self._record_returns(asked)
        # Within one statement an earlier return of the same line stands in the way of a later one
        # even when it was refused itself, so those are asked again, one by one.
        for vals in refused:
            more, still_refused = self._record_returns([vals])
            lines += more
            exceptions += [
                self._prepare_exception(company, "too_much", model_name, refusal)
                for refusal in still_refused
            ]
        self.env["scrm.settlement.exception"]._record(exceptions)
        return lines
