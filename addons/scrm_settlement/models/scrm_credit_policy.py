from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools.credit import COMPONENTS

# What gives credit without touching anybody's limit.
TERMS = {
    *("has_default_limit", "default_limit", "horizon_days", "deposit_account_ids"),
    *("on_confirm", "on_portal", "on_reserve", "on_issue"),
    *("check_overdue", "max_days_overdue", "check_open", "max_days_open"),
    *(f"with_{component}" for component in COMPONENTS),
}
COMPONENT_HELP = "Counts towards what the dealer owes."


class ScrmCreditPolicy(models.Model):
    """What counts as owed and what happens at each checkpoint, for many dealers at once.

    A model, because the same terms are agreed with whole groups of dealers and change together.
    """

    _name = "scrm.credit.policy"
    _inherit = ["mail.thread"]
    _description = "Credit Policy"
    _order = "is_default DESC, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    is_default = fields.Boolean(
        string="Default", help="New credit accounts of the company get this policy."
    )
    has_default_limit = fields.Boolean(
        string="Limit for Everybody",
        help="Dealers who have no limit of their own, nor one of their level, get this one. "
        "Without it they have no limit.",
        tracking=True,
    )
    default_limit = fields.Monetary(string="Company Limit", tracking=True)
    review_threshold = fields.Monetary(
        string="Second Person above",
        help="Raising a limit by more than this needs another credit manager, in one step or in "
        "several. An administrator of settlement sets it.",
        tracking=True,
    )
    manager_id = fields.Many2one(
        comodel_name="res.users",
        string="Credit Manager",
        domain="[('share', '=', False)]",
        help="Gets the activity when something is put on hold.",
    )

    with_receivable = fields.Boolean(
        string="Open Invoices",
        default=True,
        help="Posted receivables, less payments and credits that are not reconciled yet.",
        tracking=True,
    )
    with_delivered = fields.Boolean(
        string="Delivered, not Invoiced",
        default=True,
        help=COMPONENT_HELP,
        tracking=True,
    )
    with_ordered = fields.Boolean(
        string="Ordered, not Delivered",
        default=True,
        help=COMPONENT_HELP,
        tracking=True,
    )
    horizon_days = fields.Integer(
        string="Horizon",
        default=30,
        help="Orders due later than in so many days do not count yet. 0: all count.",
        tracking=True,
    )
    with_draft_invoice = fields.Boolean(
        string="Draft Invoices",
        default=True,
        help="Those that belong to no order.",
        tracking=True,
    )
    with_statement = fields.Boolean(
        string="Settlements to Receive",
        default=True,
        help="Submitted and not invoiced yet.",
        tracking=True,
    )
    with_payable = fields.Boolean(
        string="Settlements to Pay",
        help="Reviewed and not billed yet: they reduce what the dealer owes.",
        tracking=True,
    )
    with_deposit = fields.Boolean(
        string="Deposits",
        default=True,
        help="Balances of the accounts below reduce it.",
        tracking=True,
    )
    deposit_account_ids = fields.Many2many(
        comodel_name="account.account",
        relation="scrm_credit_policy_deposit_rel",
        string="Deposit Accounts",
        domain="[('account_type', 'not in', ('asset_receivable', 'liability_payable')),"
        " ('company_ids', 'in', company_id)]",
        help="Where dealers' deposits are booked, outside the receivable accounts.",
        tracking=True,
    )

    check_overdue = fields.Boolean(string="Overdue Invoices", tracking=True)
    max_days_overdue = fields.Integer(string="Days Overdue", tracking=True)
    check_open = fields.Boolean(string="Old Invoices", tracking=True)
    max_days_open = fields.Integer(string="Days Open", default=90, tracking=True)

    on_confirm = fields.Selection(
        selection=[
            ("none", "Not checked"),
            ("warn", "Warn"),
            ("hold", "Hold"),
            ("block", "Refuse"),
        ],
        string="When an Order is Confirmed",
        required=True,
        default="hold",
        help="Hold: the order waits for a credit manager. Refuse: colleagues cannot confirm it. "
        "An order that the dealer signs or pays is never refused, it is held.",
        tracking=True,
    )
    on_portal = fields.Selection(
        selection=[("confirm", "Confirm, deliver later"), ("quote", "Leave it a quotation")],
        string="Orders Held on the Portal",
        required=True,
        default="confirm",
        tracking=True,
    )
    on_reserve = fields.Selection(
        selection=[("warn", "Reserve, show it"), ("hold", "Do not reserve")],
        string="When Stock is Reserved",
        required=True,
        default="hold",
        help="For orders on hold.",
        tracking=True,
    )
    on_issue = fields.Selection(
        selection=[
            ("none", "Not checked"),
            ("warn", "Warn"),
            ("hold", "Hold"),
            ("block", "Refuse"),
        ],
        string="When Goods Leave",
        required=True,
        default="hold",
        help="Hold: the delivery waits for a credit manager. Refuse: it waits until the dealer "
        "has credit again.",
        tracking=True,
    )
    release_days = fields.Integer(
        string="Release Holds for",
        default=14,
        help="Days that are proposed when a held order is released.",
    )

    _default_uniq = models.UniqueIndex(
        "(company_id) WHERE is_default", "The company has a default credit policy already."
    )
    _default_active = models.Constraint(
        "CHECK (active OR NOT is_default)",
        "The company's default credit policy stays active: make another one the default first.",
    )
    _numbers_positive = models.Constraint(
        "CHECK (horizon_days >= 0 AND max_days_overdue >= 0 AND max_days_open >= 0 "
        "AND release_days >= 0 AND default_limit >= 0 AND review_threshold >= 0)",
        "Days and amounts of a credit policy cannot be negative.",
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("review_threshold") for vals in vals_list):
            self._check_may_set_threshold()
        return super().create(vals_list)

    def write(self, vals):
        if "review_threshold" in vals:
            self._check_may_set_threshold()
        if TERMS & vals.keys() and self._is_in_use():
            self._check_may_loosen(
                self.env._(
                    "Only an administrator of settlement changes what a credit policy counts and "
                    "allows once a dealer has it."
                )
            )
        return super().write(vals)

    def _is_in_use(self):
        # sudo: also accounts of companies that the user has not switched on
        Account_sudo = self.env["scrm.credit.account"].sudo()
        return bool(Account_sudo.search_count([("policy_id", "in", self.ids)], limit=1))

    def _check_may_set_threshold(self):
        """Keep who raises limits from setting how far one person may raise them."""
        self._check_may_loosen(
            self.env._(
                "Only an administrator of settlement sets from which amount on a limit needs a "
                "second person."
            )
        )

    @api.model
    def _check_may_loosen(self, refusal):
        """Leave what gives credit without a second person to administrators.

        :param refusal: the sentence for everybody else
        """
        if not self.env.su and not self.env.user.has_group(
            "scrm_settlement.group_scrm_settlement_manager"
        ):
            raise AccessError(refusal)

    # === DEFAULT === #

    @api.model
    def _get_default(self, company):
        """Return the company's default policy; the first account of a company makes it."""
        # sudo: it belongs to the company, whoever opens the first account
        policy = self.sudo().search(
            [("company_id", "=", company.id), ("is_default", "=", True)], limit=1
        )
        return policy or self.sudo().create(
            {
                "name": self.env._("Standard"),
                "company_id": company.id,
                "is_default": True,
            }
        )
