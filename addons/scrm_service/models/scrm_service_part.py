from odoo import Command, api, fields, models
from odoo.exceptions import UserError

# Whoever holds this very object may tie a part to its stock move; nothing sent over RPC can be it.
_USE_PERMIT = object()
_PERMIT_KEY = "_scrm_service_use_permit"
FACTS = {"ticket_id", "product_id", "quantity", "lot_id", "move_id"}


class ScrmServicePart(models.Model):
    """A part planned for, or used on, a ticket: what was used has left the outlet's stock."""

    _name = "scrm.service.part"
    _description = "Service Part"
    _inherit = ["scrm.system.mixin"]
    _order = "ticket_id, sequence, id"
    _rec_name = "product_id"
    _check_company_auto = True

    ticket_id = fields.Many2one(
        comodel_name="scrm.service.ticket",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, precompute=True)
    site_id = fields.Many2one(
        related="ticket_id.site_id", string="Outlet", store=True, precompute=True
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain=[("is_storable", "=", True)],
    )
    tracking = fields.Selection(related="product_id.tracking")
    quantity = fields.Float(digits="Product Unit", default=1.0, required=True)
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    lot_id = fields.Many2one(
        comodel_name="stock.lot",
        string="Lot or Serial",
        check_company=True,
        ondelete="restrict",
        domain="[('product_id', '=', product_id)]",
    )
    available_quantity = fields.Float(
        string="At the Outlet",
        digits="Product Unit",
        compute="_compute_available_quantity",
        compute_sudo=True,
        help="What the ticket's outlet has and nobody has reserved.",
    )
    state = fields.Selection(
        selection=[("planned", "Planned"), ("used", "Used")],
        compute="_compute_state",
        store=True,
        precompute=True,
    )
    move_id = fields.Many2one(
        comodel_name="stock.move",
        string="Stock Move",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    used_at = fields.Datetime(related="move_id.date", string="Used On", compute_sudo=True)

    _move_uniq = models.UniqueIndex("(move_id)", "A stock move is the use of one part only.")
    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "The quantity of a part must be more than zero."
    )

    @api.depends("move_id")
    def _compute_state(self):
        for part in self:
            part.state = "used" if part.move_id else "planned"

    @api.depends("product_id", "lot_id", "ticket_id.site_id")
    def _compute_available_quantity(self):
        locations = self.ticket_id.site_id.location_id
        rows = self.env["stock.quant"]._read_group(
            [
                ("location_id", "child_of", locations.ids),
                ("product_id", "in", self.product_id.ids),
            ],
            ["product_id", "location_id", "lot_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        )
        for part in self:
            root = part.ticket_id.site_id.location_id
            part.available_quantity = sum(
                quantity - reserved
                for product, location, lot, quantity, reserved in rows
                if root
                and product == part.product_id
                and location.parent_path.startswith(root.parent_path)
                and (not part.lot_id or lot == part.lot_id)
            )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("move_id") for vals in vals_list):
            raise UserError(self.env._("A part is tied to its stock move by using it."))
        parts = super().create(vals_list)
        parts.ticket_id._check_work_open()
        return parts

    def write(self, vals):
        changed = FACTS & vals.keys()
        if changed and self.env.context.get(_PERMIT_KEY) is not _USE_PERMIT:
            if "move_id" in changed:
                raise UserError(self.env._("A part is tied to its stock move by using it."))
            self._check_planned()
            self.ticket_id._check_work_open()
        result = super().write(vals)
        if "ticket_id" in changed:
            self.ticket_id._check_work_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_planned()
        self.ticket_id._check_work_open()

    def _check_planned(self):
        used = self.filtered(lambda part: part.state == "used")
        if used:
            raise UserError(
                self.env._(
                    "%(parts)s left the stock already, so its line cannot be changed.",
                    parts=", ".join(used.product_id.mapped("display_name")),
                )
            )

    def action_use(self):
        """Take the parts out of their outlet's stock. A part that was used already is left alone,
        so a second click does nothing.
        """
        self.check_access("write")
        for ticket, parts in self.grouped("ticket_id").items():
            ticket._flow_lock()
            parts.invalidate_recordset(["move_id", "state"])
            planned = parts.filtered(lambda part: not part.move_id)
            if planned:
                ticket._check_work_open()
                planned._check_can_use()
                planned._use()
        return True

    def _check_can_use(self):
        """Raise a UserError that names everything that keeps the parts from leaving the stock."""
        site = self.ticket_id.site_id
        if not site:
            raise UserError(
                self.env._(
                    "Choose the outlet of ticket %(number)s first: the parts come from its stock.",
                    number=self.ticket_id.number,
                )
            )
        problems = []
        for part in self:
            if part.tracking != "none" and not part.lot_id:
                problems.append(
                    self.env._("%(part)s: enter its lot or serial number.", part=part._get_label())
                )
            elif part.tracking == "serial" and part.uom_id.compare(part.quantity, 1.0) != 0:
                problems.append(
                    self.env._(
                        "%(part)s: a serial number is one piece, not %(quantity)g.",
                        part=part._get_label(),
                        quantity=part.quantity,
                    )
                )
        problems += self._get_shortages(site)
        if problems:
            raise UserError("\n".join(problems))

    def _get_shortages(self, site):
        """Return a sentence for each product (and lot) of which the outlet has too little."""
        # sudo: technicians do not read the quants of a warehouse
        quant_sudo = self.env["stock.quant"].sudo()
        shortages = []
        for (product, lot), parts in self.grouped(lambda p: (p.product_id, p.lot_id)).items():
            needed = sum(parts.mapped("quantity"))
            available = quant_sudo._get_available_quantity(
                product, site.sudo().location_id, lot_id=lot or None, strict=False
            )
            if product.uom_id.compare(needed, available) > 0:
                shortages.append(
                    self.env._(
                        "%(part)s: the outlet %(site)s has %(available)g %(unit)s, needed are "
                        "%(needed)g. Have it restocked, or take less.",
                        part=parts[0]._get_label(),
                        site=site.name,
                        available=available,
                        needed=needed,
                        unit=product.uom_id.name,
                    )
                )
        return shortages

    def _get_label(self):
        self.ensure_one()
        # sudo: technicians do not read lots of every warehouse
        lot = self.lot_id.sudo().name
        name = self.product_id.display_name
        return f"{name} ({lot})" if lot else name

    def _use(self):
        """Move the parts from the outlet to the customer in one transfer, and validate it."""
        # sudo: a technician has no rights on the warehouse; what may leave was checked above
        parts_sudo = self.sudo()
        picking = parts_sudo.env["stock.picking"].create(parts_sudo._prepare_picking_vals())
        # not merged: each part has its own move
        picking.move_ids._action_confirm(merge=False)
        for part_sudo, move in zip(parts_sudo, picking.move_ids.sorted("id"), strict=True):
            move._scrm_fill(part_sudo.lot_id)
            part_sudo.with_context(**{_PERMIT_KEY: _USE_PERMIT}).move_id = move
        picking._action_done()
        if any(move.state != "done" for move in picking.move_ids):
            raise UserError(
                self.env._("The transfer %(name)s could not be completed.", name=picking.name)
            )

    def _prepare_picking_vals(self):
        ticket = self.ticket_id
        company = ticket.company_id
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        if not warehouse:
            raise UserError(
                self.env._(
                    "%(company)s has no warehouse, so no parts can leave an outlet. Ask for one.",
                    company=company.name,
                )
            )
        customers = ticket.partner_id.with_company(company).property_stock_customer or self.env.ref(
            "stock.stock_location_customers"
        )
        return {
            "picking_type_id": warehouse.out_type_id.id,
            "location_id": ticket.site_id.location_id.id,
            "location_dest_id": customers.id,
            "partner_id": ticket.partner_id.id,
            "origin": ticket.number,
            "company_id": company.id,
            "scrm_ticket_id": ticket.id,
            "move_ids": [
                Command.create(part._prepare_move_vals(ticket.site_id.location_id, customers))
                for part in self
            ],
        }

    def _prepare_move_vals(self, source, target):
        self.ensure_one()
        return {
            "product_id": self.product_id.id,
            "product_uom": self.uom_id.id,
            "product_uom_qty": self.quantity,
            "location_id": source.id,
            "location_dest_id": target.id,
            "company_id": self.company_id.id,
            "origin": self.ticket_id.number,
        }
