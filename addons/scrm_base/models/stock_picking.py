from odoo import api, models
from odoo.tools import SQL


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _action_done(self):
        res = super()._action_done()
        self._scrm_record_done()
        return res

    def _scrm_record_done(self):
        """Put what was delivered to customers, and what they sent back, on the timelines."""
        done = self.filtered(lambda picking: picking.state == "done" and picking.partner_id)
        delivered = done.filtered(
            lambda picking: (
                picking.picking_type_code == "outgoing"
                and picking.location_dest_id.usage == "customer"
            )
        )
        returned = done.filtered(
            lambda picking: (
                picking.picking_type_code == "incoming" and picking.location_id.usage == "customer"
            )
        )
        for pickings, event, sentence in (
            (delivered, "done", self.env._("Delivery {name} done")),
            (returned, "returned", self.env._("Return {name} received")),
        ):
            self.env["scrm.interaction"]._record_documents(
                pickings,
                "delivery",
                event,
                lambda picking, s=sentence: s.replace("{name}", picking.name),
                occurred_at=lambda picking: picking.date_done,
            )

    @api.model
    def _scrm_get_past(self, in_range):
        """Return SQL of past deliveries and returns, see ``scrm.interaction._insert_past``."""
        get_sentence = self.env["scrm.interaction"]._get_sentence
        events = (
            ("done", "outgoing", "location_dest_id", self.env._("Delivery {name} done")),
            ("returned", "incoming", "location_id", self.env._("Return {name} received")),
        )
        return SQL(" UNION ALL ").join(
            SQL(
                """
                SELECT d.id AS res_id, d.partner_id, d.company_id, 'delivery' AS kind,
                       %s AS event, %s AS summary,
                       -- Done move by move it has no day of its own.
                       COALESCE(d.date_done, (
                           SELECT max(m.date) FROM stock_move m
                            WHERE m.picking_id = d.id AND m.state = 'done'
                       ), d.write_date) AS occurred_at,
                       d.create_uid AS user_id
                  FROM stock_picking d
                  JOIN stock_picking_type t ON t.id = d.picking_type_id AND t.code = %s
                  JOIN stock_location l ON l.id = %s AND l.usage = 'customer'
                 WHERE d.state = 'done' AND d.partner_id IS NOT NULL AND %s
                """,
                event,
                get_sentence(sentence, name=SQL("d.name")),
                code,
                SQL.identifier("d", location),
                in_range,
            )
            for event, code, location, sentence in events
        )
