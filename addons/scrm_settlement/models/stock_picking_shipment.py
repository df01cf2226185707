from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

SOURCE_PORTAL = "portal"
# What was due longer ago nobody waits for any more: it was never closed.
FORGOTTEN = timedelta(days=30)


class StockPicking(models.Model):
    """A delivery on its way to a dealer: what was heard of it, and whether it is late."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "scrm.notice.mixin"]

    scrm_event_ids = fields.One2many(
        comodel_name="scrm.shipment.event", inverse_name="picking_id", string="Shipment Events"
    )
    scrm_shipment_status = fields.Selection(
        selection=[
            ("waiting", "Being prepared"),
            ("late", "Late"),
            ("shipped", "Shipped"),
            ("delivered", "Delivered"),
            ("problem", "Problem on the way"),
            ("partly_received", "Received in part"),
            ("received", "Received"),
        ],
        string="Shipment",
        compute="_compute_scrm_shipment",
    )
    scrm_is_late = fields.Boolean(
        string="Late", compute="_compute_scrm_shipment", search="_search_scrm_is_late"
    )
    scrm_is_partial = fields.Boolean(
        string="Part of an Order",
        compute="_compute_scrm_shipment",
        help="Another delivery brings, or brought, the rest.",
    )

    @api.depends("state", "scheduled_date", "date_deadline", "backorder_id", "backorder_ids",
                 "scrm_event_ids.code", "picking_type_code")  # fmt: skip
    def _compute_scrm_shipment(self):
        for picking in self:
            due = picking.date_deadline or picking.scheduled_date
            today = picking._scrm_get_today_start()
            outgoing = picking.picking_type_code == "outgoing" and picking.state != "cancel"
            is_open = outgoing and picking.state not in ("draft", "done")
            picking.scrm_is_late = bool(is_open and due and due < today)
            picking.scrm_is_partial = bool(
                outgoing and (picking.backorder_id or picking.backorder_ids)
            )
            picking.scrm_shipment_status = outgoing and picking._scrm_get_shipment_status()

    def _scrm_get_today_start(self):
        """Return when the company's day began: what is due today is not late."""
        company = self.company_id[:1] or self.env.company
        return company._scrm_get_day_start(company._scrm_get_today())

    def _scrm_get_shipment_status(self):
        """Return how far the delivery has come: what was heard last, of what matters."""
        self.ensure_one()
        if self.state != "done":
            return "late" if self.scrm_is_late else "waiting"
        codes = self.sudo().scrm_event_ids.sorted("id").mapped("code")  # a dealer reads no events
        for status in ("received", "partly_received"):
            if status in codes:
                return status
        for code in reversed(codes):
            if code in ("delivered", "exception"):
                return "delivered" if code == "delivered" else "problem"
        return "shipped"

    def _search_scrm_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: the clock asks for every company; which deliveries are seen is asked elsewhere
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        by_start = companies.grouped(lambda c: c._scrm_get_day_start(c._scrm_get_today()))
        late = Domain(
            [
                ("picking_type_code", "=", "outgoing"),
                ("state", "not in", ("draft", "done", "cancel")),
            ]
        ) & Domain.OR(
            Domain("company_id", "in", alike.ids)
            & (
                Domain("date_deadline", "<", today)
                | Domain("date_deadline", "=", False) & Domain("scheduled_date", "<", today)
            )
            for today, alike in by_start.items()
        )
        return late if True in value else ~late

    # === NOTICES === #

    @api.model
    def _notice_get_events(self):
        return [
            *super()._notice_get_events(),
            ("shipment_shipped", self.env._("Shipped")),
            ("shipment_late", self.env._("Late")),
            ("shipment_problem", self.env._("Problem on the way")),
            ("shipment_received", self.env._("Receipt confirmed")),
            ("shipment_partly_received", self.env._("Received in part")),
        ]

    def _scrm_get_dealer(self):
        """Return whose delivery it is: who ordered it, else who gets it."""
        self.ensure_one()
        return (self.sale_id.partner_id or self.partner_id).commercial_partner_id

    def _notice_get_customer(self):
        return self._scrm_get_dealer().with_company(self.company_id).scrm_customer_id

    def _notice_get_responsible(self):
        return self.sale_id.user_id or super()._notice_get_responsible()

    def _notice_get_key(self, event):
        key = super()._notice_get_key(event)
        if event != "shipment_problem":
            return key
        # A carrier may report another one
        problems = self.sudo().scrm_event_ids.filtered(lambda event: event.code == "exception")
        return f"{key},{max(problems.ids, default=0)}"

    def _scrm_get_dealers_deliveries(self):
        """Return the deliveries among these that go to customers with a level."""
        return self.filtered(
            lambda picking: (
                picking.picking_type_code == "outgoing" and picking._scrm_get_dealer().grade_id
            )
        )

    def _action_done(self):
        res = super()._action_done()
        # sudo: a storekeeper reads no levels; the notice names the delivery alone
        done = self.sudo().filtered(lambda picking: picking.state == "done")
        self.env["scrm.notice.rule"]._raise_event(
            done._scrm_get_dealers_deliveries(), "shipment_shipped"
        )
        return res

    @api.model
    def _cron_scrm_tell_late(self):
        """Tell of each late delivery to a dealer, once."""
        late = self.search([("scrm_is_late", "in", [True])]).filtered(
            lambda picking: (
                (picking.date_deadline or picking.scheduled_date)
                >= picking._scrm_get_today_start() - FORGOTTEN
            )
        )
        self.env["scrm.notice.rule"]._raise_event(
            late._scrm_get_dealers_deliveries(), "shipment_late"
        )

    # === THE DEALER'S RECEIPT === #

    @api.model
    def _scrm_get_portal_domain(self, user=None):
        """Return which deliveries a portal user's company may follow."""
        dealer = (user or self.env.user).partner_id.commercial_partner_id
        return Domain(
            [
                ("picking_type_code", "=", "outgoing"),
                ("state", "not in", ("draft", "cancel")),
                "|",
                ("sale_id.partner_id.commercial_partner_id", "=", dealer.id),
                "&",
                ("sale_id", "=", False),
                ("partner_id.commercial_partner_id", "=", dealer.id),
            ]
        )

    def _scrm_confirm_receipt(self, is_complete, remark=""):
        """Write that the dealer got the delivery, whole or in part; the first word stands.

        :raises UserError: it has not left yet, was confirmed already, or a part has no remark
        """
        self.ensure_one()
        remark = (remark or "").strip()
        if self.state != "done":
            raise UserError(self.env._("%s has not left our warehouse yet.", self.name))
        if not is_complete and not remark:
            raise UserError(self.env._("Say what is missing or damaged."))
        event = self.env["scrm.shipment.event"]._record_events(
            [
                {
                    "picking_id": self.id,
                    "code": "received" if is_complete else "partly_received",
                    "text": remark,
                    "source": SOURCE_PORTAL,
                    "external_id": f"receipt:{self.id}",
                }
            ]
        )
        if not event:
            raise UserError(self.env._("The receipt of %s was confirmed already.", self.name))
        return event
