from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.scrm_base.tools.append_only import protect

# What a customer's timeline tells; the stations on the way are on the delivery.
TOLD = ("delivered", "exception", "received", "partly_received")
# {event of the delivery's notices: what raises it}
NOTICES = {
    "shipment_problem": ("exception",),
    "shipment_received": ("received", "partly_received"),
    "shipment_partly_received": ("partly_received",),
}


class ScrmShipmentEvent(models.Model):
    """One thing that happened to a delivery on its way, written once, whoever said so.

    A model of its own, because a delivery in Odoo is done when it leaves the warehouse.
    """

    _name = "scrm.shipment.event"
    _description = "Shipment Event"
    _order = "occurred_at desc, id desc"
    _rec_name = "text"

    picking_id = fields.Many2one(
        comodel_name="stock.picking",
        string="Delivery",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    # Of the delivery, for whoever follows the dealers and has no right in the warehouse.
    picking_name = fields.Char(related="picking_id.name", string="Delivery Number")
    partner_id = fields.Many2one(related="picking_id.partner_id", string="Delivered To")
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    code = fields.Selection(
        selection=[
            ("accepted", "Accepted by the carrier"),
            ("transit", "On the way"),
            ("out", "Out for delivery"),
            ("delivered", "Delivered"),
            ("exception", "Problem on the way"),
            ("received", "Receipt confirmed"),
            ("partly_received", "Received in part"),
            ("other", "Other"),
        ],
        string="What",
        required=True,
        readonly=True,
    )
    occurred_at = fields.Datetime(string="When", required=True, readonly=True)
    text = fields.Char(string="Details", readonly=True)
    source = fields.Char(required=True, readonly=True, help="The carrier, or “portal”, or “staff”.")
    external_id = fields.Char(required=True, readonly=True)

    _external_uniq = models.Constraint(
        "UNIQUE (source, external_id)", "This event was recorded already."
    )

    def init(self):
        protect(self.env.cr, self._table)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("Shipment events are recorded by carriers and dealers."))

    @api.model
    def _record_events(self, vals_list):
        """Write what carriers and dealers report; what is known already does nothing.

        :param vals_list: list of dicts with `picking_id`, `code`, `source`, `external_id` and
            optionally `occurred_at` (naive UTC, now by default) and `text`
        :return: the events that are new
        """
        if not vals_list:
            return self.browse()
        # sudo: events come from carriers and dealers, who have no rights on deliveries
        self_sudo = self.sudo()
        pickings = self_sudo.env["stock.picking"].browse([v["picking_id"] for v in vals_list])
        codes = set(self._fields["code"].get_values(self.env))
        self.env.flush_all()
        now = self.env.cr.now()
        inserted = self.env.execute_query(
            SQL(
                """
                INSERT INTO scrm_shipment_event (picking_id, company_id, code, occurred_at, text,
                       source, external_id, create_uid, write_uid, create_date, write_date)
                VALUES %s
                ON CONFLICT (source, external_id) DO NOTHING RETURNING id
                """,
                SQL(", ").join(
                    SQL(
                        "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                        picking.id,
                        picking.company_id.id,
                        vals["code"] if vals["code"] in codes else "other",
                        vals.get("occurred_at") or now,
                        vals.get("text") or None,
                        vals["source"],
                        vals["external_id"],
                        self.env.uid,
                        self.env.uid,
                        now,
                        now,
                    )
                    for vals, picking in zip(vals_list, pickings, strict=True)
                ),
            )
        )
        events = self_sudo.browse(row_id for (row_id,) in inserted).sorted("id")
        events.picking_id.invalidate_recordset(["scrm_event_ids"])
        events.modified(list(self._fields), create=True)
        events._tell()
        return events.sudo(False)

    def _tell(self):
        """Put what matters on the customers' timelines and tell who follows the delivery."""
        told = self.filtered(lambda event: event.code in TOLD)
        for event in told:
            picking = event.picking_id
            label = dict(self._fields["code"]._description_selection(self.env))[event.code]
            self.env["scrm.interaction"]._record_documents(
                picking,
                "delivery",
                f"event:{event.id}",
                lambda picking, label=label: f"{picking.name}: {label}",
                occurred_at=lambda _picking, event=event: event.occurred_at,
            )
        Rule = self.env["scrm.notice.rule"]
        for event, codes in NOTICES.items():
            pickings = told.filtered(lambda event, codes=codes: event.code in codes).picking_id
            if pickings:
                Rule._raise_event(pickings, event)
