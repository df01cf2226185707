from odoo import api, fields, models

from odoo.addons.scrm_base.tools.append_only import protect


class ScrmServiceNodeLog(models.Model):
    """When a ticket entered which node, by whom and why: written once, never changed.

    Only arrivals are written. A row's end is the next row's beginning, so it is computed.
    """

    _name = "scrm.service.node.log"
    _description = "Service Node Log"
    _order = "ticket_id, id"
    _rec_name = "node_id"
    _allow_sudo_commands = False

    ticket_id = fields.Many2one(
        comodel_name="scrm.service.ticket", required=True, index=True, ondelete="restrict"
    )
    node_id = fields.Many2one(
        comodel_name="scrm.service.node", required=True, index=True, ondelete="restrict"
    )
    transition_id = fields.Many2one(
        comodel_name="scrm.service.transition", string="Step", ondelete="restrict", index=True
    )
    transition_name = fields.Char(string="Step Taken")
    entered_at = fields.Datetime(required=True, default=lambda self: fields.Datetime.now())
    left_at = fields.Datetime(compute="_compute_left_at")
    dwell_hours = fields.Float(
        string="Hours Here", digits=(16, 2), compute="_compute_left_at", aggregator=None
    )
    user_id = fields.Many2one(comodel_name="res.users", string="By", required=True)
    note = fields.Text()

    def init(self):
        protect(self.env.cr, self._table)

    @api.depends("ticket_id.node_log_ids", "entered_at")
    def _compute_left_at(self):
        rows = self.search([("ticket_id", "in", self.ticket_id.ids)], order="ticket_id, id")
        following = {
            row.id: later
            for row, later in zip(rows, rows[1:], strict=False)
            if row.ticket_id == later.ticket_id
        }
        for row in self:
            later = following.get(row.id)
            row.left_at = later.entered_at if later else False
            # where the ticket stands now, the time still runs; at an end it does not
            until = row.left_at or (not row.node_id.fold and fields.Datetime.now())
            row.dwell_hours = (until - row.entered_at).total_seconds() / 3600 if until else 0.0
