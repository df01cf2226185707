from odoo import fields, models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _scrm_is_equipment_delivery(self):
        """Whether the line put a device into a customer's hands; parts used in service did not."""
        self.ensure_one()
        return bool(
            self.state == "done"
            and self.lot_id
            and self.product_id.tracking == "serial"
            and self.location_dest_id.usage == "customer"
            and self.location_id.usage != "customer"
            and not self.picking_id.scrm_ticket_id
            and (self.picking_id.partner_id or self.move_id.partner_id)
        )

    def _scrm_prepare_equipment_vals(self):
        self.ensure_one()
        address = self.picking_id.partner_id or self.move_id.partner_id
        partner = self.picking_id.sale_id.partner_id or address
        company = self.company_id
        today = fields.Datetime.context_timestamp(
            self.with_context(tz=company.partner_id.tz or self.env.user.tz), self.date
        )
        return {
            "product_id": self.product_id.id,
            "lot_id": self.lot_id.id,
            "company_id": company.id,
            "partner_id": partner.id,
            "install_address_id": address.id,
            "install_date": today.date(),
            "picking_id": self.picking_id.id,
        }
