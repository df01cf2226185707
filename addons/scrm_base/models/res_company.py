from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    scrm_pool_id = fields.Many2one(
        comodel_name="scrm.pool",
        string="Recognition Pool",
        compute="_compute_scrm_pool_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        index=True,
        ondelete="restrict",
        help="Companies of one pool share their customers: a phone number means the same person.",
    )

    @api.depends("parent_id")
    def _compute_scrm_pool_id(self):
        # A branch starts in its mother's pool; whoever changes it afterwards means it.
        for company in self:
            company.scrm_pool_id = (
                company.scrm_pool_id
                or company.parent_id.scrm_pool_id
                or self.env["scrm.pool"]._get_default()
            )

    # === DAYS === #

    def _scrm_get_zone(self):
        """Return the name of the time zone in which the company's days begin and end."""
        self.ensure_one()
        company_sudo = self.sudo()  # whoever asks for a day may not read the company's contact
        return company_sudo.partner_id.tz or company_sudo.resource_calendar_id.tz or "UTC"

    def _scrm_get_today(self):
        """Return the day that it is where the company lives."""
        now = fields.Datetime.now().replace(tzinfo=UTC)
        return now.astimezone(ZoneInfo(self._scrm_get_zone())).date()

    def _scrm_get_day_start(self, day):
        """Return the moment, in UTC, at which a day begins where the company lives."""
        local = datetime.combine(day, time.min, tzinfo=ZoneInfo(self._scrm_get_zone()))
        return local.astimezone(UTC).replace(tzinfo=None)
