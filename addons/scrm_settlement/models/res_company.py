from odoo import fields, models

from ..tools.pricing import local_day


class ResCompany(models.Model):
    _inherit = "res.company"

    scrm_region_before_scenario = fields.Boolean(
        string="Regions before Scenarios",
        help="A settlement rule for a closer region goes before one for the scenario.",
    )

    def _scrm_local_day(self, moment):
        """Return the calendar day of a UTC moment where the company lives.

        Periods and prices are the company's, whoever looks at them and wherever they are.
        """
        self.ensure_one()
        company_sudo = self.sudo()  # a technician may not read the company's contact
        zone = company_sudo.partner_id.tz or company_sudo.resource_calendar_id.tz or "UTC"
        return local_day(moment, zone)
