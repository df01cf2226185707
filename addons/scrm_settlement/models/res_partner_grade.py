from odoo import api, fields, models
from odoo.exceptions import AccessError

from .scrm_settlement_tier import CHANNEL_MANAGERS

CREDIT = {"scrm_credit_limited", "scrm_credit_limit"}


class ResPartnerGrade(models.Model):
    _name = "res.partner.grade"
    _inherit = ["res.partner.grade", "mail.thread"]

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
        string="Limited Credit",
        tracking=True,
        help="Off: this level sets no limit. On with 0: no credit. An administrator of settlement "
        "sets it.",
    )
    scrm_credit_limit = fields.Monetary(
        string="Default Credit Limit", currency_field="scrm_currency_id", tracking=True
    )

    def _compute_scrm_currency_id(self):
        for grade in self:
            grade.scrm_currency_id = (grade.company_id or self.env.company).currency_id

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get(name) for vals in vals_list for name in CREDIT):
            self._check_may_set_credit()
        return super().create(vals_list)

    def write(self, vals):
        if CREDIT & vals.keys():
            self._check_may_set_credit()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_limited(self):
        if any(self.mapped("scrm_credit_limited")):  # its dealers would have another limit
            self._check_may_set_credit()

    def _check_may_set_credit(self):
        """Keep one person from raising the limits of all dealers of a level."""
        self.env["scrm.credit.policy"]._check_may_loosen(
            self.env._(
                "Only an administrator of settlement sets or takes away the credit limit of a "
                "level: it counts for every dealer who has no limit of its own."
            )
        )

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
