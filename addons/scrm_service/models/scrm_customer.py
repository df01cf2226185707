from odoo import fields, models


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"

    service_ticket_count = fields.Integer(compute="_compute_service_counts")
    equipment_count = fields.Integer(compute="_compute_service_counts")

    def _compute_service_counts(self):
        def count(model_name):
            if not self.env[model_name].has_access("read"):
                return {}
            return dict(
                self.env[model_name]._read_group(
                    [("customer_id", "in", self.ids)], ["customer_id"], ["__count"]
                )
            )

        tickets = count("scrm.service.ticket")
        equipment = count("scrm.equipment")
        for customer in self:
            customer.service_ticket_count = tickets.get(customer, 0)
            customer.equipment_count = equipment.get(customer, 0)

    def action_open_service_tickets(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_service.scrm_service_ticket_action"
        )
        action["domain"] = [("customer_id", "=", self.id)]
        action["context"] = {"default_partner_id": self.main_partner_id.id}
        return action

    def action_open_equipment(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("scrm_service.scrm_equipment_action")
        action["domain"] = [("customer_id", "=", self.id)]
        action["context"] = {"default_partner_id": self.main_partner_id.id}
        return action

    def action_new_service_ticket(self):
        """Open a new ticket of the customer."""
        partner = self._get_partner_to_act_on()
        return self._get_new_action(
            self.env._("New Ticket"), "scrm.service.ticket", default_partner_id=partner.id
        )
