from odoo import fields, models

from ..tools.pricing import local_day, local_noon


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
        return local_day(moment, self._scrm_get_zone())

    def _scrm_local_noon(self, day):
        """Return noon of a day where the company lives, as a naive UTC moment.

        For what happens on a day and at no hour of it: an invoice, an adjustment.
        """
        return local_noon(day, self._scrm_get_zone())

    def _scrm_get_zone(self):
        """Return the name of the time zone the company lives in."""
        self.ensure_one()
        company_sudo = self.sudo()  # a technician may not read the company's contact
        return company_sudo.partner_id.tz or company_sudo.resource_calendar_id.tz or "UTC"
