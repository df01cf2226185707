from odoo import fields, models
from odoo.exceptions import UserError

SOURCE_STAFF = "staff"
# What carriers say; a receipt is the dealer's own word.
REPORTED = ("accepted", "transit", "out", "delivered", "exception", "other")


class ScrmShipmentReport(models.TransientModel):
    """Write down what a carrier said of a delivery on the phone or on its page."""

    _name = "scrm.shipment.report"
    _description = "Report of a Carrier"

    picking_id = fields.Many2one(
        comodel_name="stock.picking", string="Delivery", required=True, readonly=True
    )
    code = fields.Selection(
        selection=lambda self: [
            (code, label)
            for code, label in self.env["scrm.shipment.event"]
            ._fields["code"]
            ._description_selection(self.env)
            if code in REPORTED
        ],
        string="What",
        required=True,
        default="transit",
    )
    occurred_at = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    text = fields.Char(string="Details")

    def action_report(self):
        """Put it on the delivery, for good."""
        self.ensure_one()
        self.picking_id.check_access("write")
        if self.picking_id.state != "done":
            raise UserError(self.env._("%s has not left our warehouse yet.", self.picking_id.name))
        if self.occurred_at > fields.Datetime.now():
            raise UserError(self.env._("What is reported has happened: the time is in the future."))
        self.env["scrm.shipment.event"]._record_events(
            [
                {
                    "picking_id": self.picking_id.id,
                    "code": self.code,
                    "occurred_at": self.occurred_at,
                    "text": (self.text or "").strip(),
                    "source": SOURCE_STAFF,
                    # Pressed twice it is written once
                    "external_id": f"{self._name},{self.id}",
                }
            ]
        )
        return {"type": "ir.actions.act_window_close"}
