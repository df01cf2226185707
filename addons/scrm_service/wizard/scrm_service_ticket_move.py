from odoo import fields, models


class ScrmServiceTicketMove(models.TransientModel):
    """Ask why, for the steps that need a note."""

    _name = "scrm.service.ticket.move"
    _description = "Move a Ticket with a Note"

    ticket_id = fields.Many2one(comodel_name="scrm.service.ticket", required=True, readonly=True)
    transition_id = fields.Many2one(
        comodel_name="scrm.service.transition", required=True, readonly=True
    )
    note = fields.Text(string="Why", required=True)

    def action_move(self):
        self.ensure_one()
        self.ticket_id._move_along(self.transition_id.code, note=self.note)
        return {"type": "ir.actions.act_window_close"}
