from odoo import fields, models
from odoo.exceptions import AccessError

from .scrm_settlement_tier import CHANNEL_MANAGERS


class ResPartnerGrade(models.Model):
    _inherit = "res.partner.grade"

    scrm_role = fields.Selection(
        selection=[
            ("general_agent", "General agent"),
            ("distributor", "Distributor"),
            ("store", "Store"),
            ("other", "Other"),
        ],
        string="Role in the Channel",
        default="other",
        help="What a partner of this level is in the distribution channel.",
    )
    scrm_rank = fields.Integer(
        string="Rank",
        default=100,
        help="0 is the best. Settlement itself goes by its rules; the rank orders lists.",
    )
    scrm_settlement_cycle = fields.Selection(
        selection=[
            ("week", "Weekly"),
            ("half_month", "Twice a month"),
            ("month", "Monthly"),
            ("quarter", "Quarterly"),
        ],
        string="Settlement Cycle",
        default="month",
        help="How often dealers of this level are settled, when nothing else is agreed.",
    )
    scrm_currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_scrm_currency_id"
    )
    scrm_credit_limited = fields.Boolean(
        string="Limited Credit", help="Off: this level sets no limit. On with 0: no credit."
    )
    scrm_credit_limit = fields.Monetary(
        string="Default Credit Limit", currency_field="scrm_currency_id"
    )

    def _compute_scrm_currency_id(self):
        for grade in self:
            grade.scrm_currency_id = (grade.company_id or self.env.company).currency_id

    def _check_access(self, operation):
        """Leave levels to channel managers: they decide on prices, credit and who gets goods.

        Core's rights let salesmen create and edit them.
        """
        result = super()._check_access(operation)
        if result or operation == "read" or self.env.user.has_groups(",".join(CHANNEL_MANAGERS)):
            return result
        return self, self._make_level_error

    def _make_level_error(self):
        return AccessError(
            self.env._(
                "Levels decide on prices and credit; they are kept by channel managers of "
                "Settlement. Ask one of them."
            )
        )
