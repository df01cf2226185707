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
    scrm_stale_months = fields.Integer(
        string="Customers Are Stale After",
        default=12,
        required=True,
        help="Months without a sign of a customer, after which Data Quality counts them as stale.",
    )

    _scrm_stale_months_positive = models.Constraint(
        "CHECK (scrm_stale_months > 0)",
        "Customers become stale after at least one month. Enter a whole number of months.",
    )

    scrm_quiet_from = fields.Float(
        "Quiet Hours From",
        digits=(4, 2),
        help="Notices that a rule sends at night wait until the morning, in the reader's time "
        "zone. The same time twice: no quiet hours.",
    )
    scrm_quiet_to = fields.Float("Quiet Hours To", digits=(4, 2))
    scrm_notice_keep_days = fields.Integer(
        "Days That Texts Are Kept",
        help="After so many days the text of a notice that was sent is blanked; that it was sent "
        "stays. Zero: kept for ever.",
    )

    _scrm_quiet_hours = models.Constraint(
        "CHECK (COALESCE(scrm_quiet_from, 0) >= 0 AND COALESCE(scrm_quiet_from, 0) < 24"
        " AND COALESCE(scrm_quiet_to, 0) >= 0 AND COALESCE(scrm_quiet_to, 0) < 24)",
        "Quiet hours are times of the day, from 00:00 to 23:59.",
    )
    _scrm_notice_keep_days = models.Constraint(
        "CHECK (COALESCE(scrm_notice_keep_days, 0) >= 0)",
        "Texts cannot be kept for less than a day.",
    )

    scrm_erasure_four_eyes = fields.Boolean(
        string="Four Eyes for Erasures",
        help="One privacy officer approves the erasure of a person, another one does it.",
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

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        self.env["scrm.lifecycle.rule"]._create_defaults(companies)
        return companies

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
