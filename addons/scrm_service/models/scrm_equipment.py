from odoo import api, fields, models
from odoo.fields import Domain


class ScrmEquipment(models.Model):
    """A device at a customer's place, by serial number.

    Not the lot itself: lots exist before the sale, and devices of other makers have none.
    """

    _name = "scrm.equipment"
    _description = "Installed Equipment"
    _inherit = ["mail.thread", "scrm.service.customer.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "serial"]
    _check_company_auto = True

    name = fields.Char(
        compute="_compute_name", store=True, readonly=False, precompute=True, required=True
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )
    lot_id = fields.Many2one(
        comodel_name="stock.lot",
        string="Serial in Stock",
        check_company=True,
        domain="[('product_id', '=', product_id)]",
        copy=False,
        tracking=True,
    )
    serial = fields.Char(
        string="Serial Number",
        compute="_compute_serial",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        index="trigram",
        help="Taken from the serial in stock; typed in for devices that we did not deliver.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer Contact",
        check_company=True,
        index="btree_not_null",
        tracking=True,
    )
    install_address_id = fields.Many2one(
        comodel_name="res.partner",
        string="Installed At",
        check_company=True,
    )
    install_date = fields.Date(string="Installed On", tracking=True)
    warranty_until = fields.Date(tracking=True)
    under_warranty = fields.Boolean(compute="_compute_under_warranty")
    picking_id = fields.Many2one(
        comodel_name="stock.picking",
        string="Delivered By",
        readonly=True,
        copy=False,
        groups="stock.group_stock_user",
    )
    ticket_ids = fields.One2many("scrm.service.ticket", "equipment_id", string="Tickets")
    ticket_count = fields.Integer(compute="_compute_ticket_count")

    _lot_uniq = models.UniqueIndex(
        "(lot_id) WHERE active AND lot_id IS NOT NULL",
        "This serial already has its equipment.",
    )

    @api.depends("product_id", "serial")
    def _compute_name(self):
        for equipment in self:
            parts = [equipment.product_id.name, equipment.serial]
            equipment.name = " ".join(filter(None, parts)) or equipment.name

    @api.depends("lot_id")
    def _compute_serial(self):
        for equipment in self:
            equipment.serial = equipment.lot_id.name or equipment.serial

    @api.depends("warranty_until")
    @api.depends_context("tz")
    def _compute_under_warranty(self):
        today = fields.Date.context_today(self)
        for equipment in self:
            equipment.under_warranty = bool(
                equipment.warranty_until and equipment.warranty_until >= today
            )

    def _compute_ticket_count(self):
        counts = dict(
            self.env["scrm.service.ticket"]._read_group(
                [("equipment_id", "in", self.ids)], ["equipment_id"], ["__count"]
            )
        )
        for equipment in self:
            equipment.ticket_count = counts.get(equipment, 0)

    @api.model_create_multi
    def create(self, vals_list):
        equipment = super().create(vals_list)
        equipment._ensure_identity()
        return equipment

    def write(self, vals):
        result = super().write(vals)
        if "partner_id" in vals and "identity_id" not in vals:
            self._ensure_identity()
        return result

    @api.model
    def _find_by_serial(self, serial, partner=None, company=None):
        """Return the one device with this serial number (of this partner's family), or nothing."""
        serial = (serial or "").strip()
        if not serial:
            return self.browse()
        domain = Domain("serial", "=ilike", serial.replace("%", r"\%").replace("_", r"\_"))
        domain &= Domain("company_id", "=", (company or self.env.company).id)
        if partner:
            domain &= Domain("partner_id", "child_of", partner.commercial_partner_id.id)
        found = self.search(domain, limit=2)
        return found if len(found) == 1 else self.browse()

    def action_open_tickets(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_service.scrm_service_ticket_action"
        )
        action["domain"] = [("equipment_id", "=", self.id)]
        action["context"] = {
            "default_equipment_id": self.id,
            "default_partner_id": self.partner_id.id,
        }
        return action

    @api.model
    def _register_deliveries(self, move_lines):
        """Make the equipment of serials that reached a customer; safe to repeat.

        A serial that comes back to another customer keeps its device and changes hands.

        :param move_lines: done ``stock.move.line`` with a lot, in sudo
        """
        known = self.search([("lot_id", "in", move_lines.lot_id.ids)])
        by_lot = {equipment.lot_id: equipment for equipment in known}
        vals_list = []
        for line in move_lines:
            vals = line._scrm_prepare_equipment_vals()
            equipment = by_lot.get(line.lot_id)
            if equipment and equipment.picking_id != line.picking_id:
                equipment.write(vals)
            elif not equipment:
                vals_list.append(vals)
        self.create(vals_list)
