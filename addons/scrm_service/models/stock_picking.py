from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    scrm_ticket_id = fields.Many2one(
        comodel_name="scrm.service.ticket",
        string="Service Ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )

    def _send_confirmation_email(self):
        """Send no "your order is on its way" for parts: the ticket's notices tell the customer."""
        shipped = self.filtered(lambda picking: not picking.scrm_ticket_id)
        return super(StockPicking, shipped)._send_confirmation_email()
