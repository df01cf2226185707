from odoo import models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def action_scrm_open_customer(self):
        """Open the page of the lead's customer."""
        self.ensure_one()
        return self.partner_id.action_scrm_open_customer()
