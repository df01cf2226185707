from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount

from ..tools.credit import COMPONENTS

# Leave to write a limit that was decided; an object of this process cannot be forged over RPC.
_DECIDED = object()
LIMIT_FIELDS = {"limit_mode", "own_limit", "valid_until", "increase", "increase_until"}


class ScrmCreditAccount(models.Model):
    """How much credit one dealer has in one company, and what of it is used.

    A record of its own, because a contact's credit limit knows neither "no limit" nor a date, and
    two confirmations must be able to wait for one another here.
    """

    _name = "scrm.credit.account"
    _inherit = ["scrm.system.mixin", "scrm.notice.mixin", "mail.thread"]
    _system_fields = frozenset({"version"})
    _description = "Credit Account"
    _rec_name = "partner_id"
    _order = "id"
    _check_company_auto = True
    _mail_post_access = "read"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('parent_id', '=', False)]",
    )
    grade_id = fields.Many2one(related="partner_id.grade_id", string="Level")
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    policy_id = fields.Many2one(
        comodel_name="scrm.credit.policy",
        required=True,
        ondelete="restrict",
        check_company=True,
        compute="_compute_policy_id",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Of the dealer's own limit.",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    limit_mode = fields.Selection(
        selection=[
            ("inherit", "The level's or the company's"),
            ("amount", "An amount of its own"),
            ("unlimited", "No limit"),
        ],
        string="Limit",
        required=True,
        default="inherit",
        tracking=True,
    )
    own_limit = fields.Monetary(tracking=True)
    valid_until = fields.Date(
        tracking=True,
        help="After this day the dealer's own limit is no credit any more, until it is renewed.",
    )
    increase = fields.Monetary(string="Temporary Increase", tracking=True)
    increase_until = fields.Date(tracking=True)
    version = fields.Integer(
        readonly=True,
        copy=False,
        help="Counts the checks: two checks of one dealer never look at the same moment.",
    )
    hold_ids = fields.One2many(comodel_name="scrm.credit.hold", inverse_name="account_id")
    review_ids = fields.One2many(comodel_name="scrm.credit.review", inverse_name="account_id")

    limit_source = fields.Selection(
        selection=[
            ("partner", "Dealer"),
            ("level", "Level"),
            ("company", "Company"),
            ("none", "No limit"),
        ],
        string="Limit from",
        compute="_compute_credit",
    )
    credit_limit = fields.Monetary(
        string="Valid Limit", compute="_compute_credit", currency_field="company_currency_id"
    )
    amount_receivable = fields.Monetary(
        string="Open invoices", compute="_compute_credit", currency_field="company_currency_id"
    )
    amount_delivered = fields.Monetary(
        string="Delivered, not invoiced",
        compute="_compute_credit",
        currency_field="company_currency_id",
    )
    amount_ordered = fields.Monetary(
        string="Ordered, not delivered",
        compute="_compute_credit",
        currency_field="company_currency_id",
    )
    amount_draft_invoice = fields.Monetary(
        string="Draft invoices", compute="_compute_credit", currency_field="company_currency_id"
    )
    amount_statement = fields.Monetary(
        string="Settlements to receive",
        compute="_compute_credit",
        currency_field="company_currency_id",
    )
    amount_payable = fields.Monetary(
        string="Settlements to pay",
        compute="_compute_credit",
        currency_field="company_currency_id",
    )
    amount_deposit = fields.Monetary(
        string="Deposits", compute="_compute_credit", currency_field="company_currency_id"
    )
    amount_exposure = fields.Monetary(
        string="Used", compute="_compute_credit", currency_field="company_currency_id"
    )
    amount_free = fields.Monetary(
        string="Free", compute="_compute_credit", currency_field="company_currency_id"
    )
    utilisation = fields.Float(
        string="Used (%)", digits=(16, 1), compute="_compute_credit", aggregator=None
    )
    days_overdue = fields.Integer(string="Days overdue", compute="_compute_credit")
    hold_count = fields.Integer(string="On Hold", compute="_compute_hold_count")

    _dealer_uniq = models.Constraint(
        "UNIQUE (company_id, partner_id)", "This dealer has a credit account already."
    )
    _amounts_positive = models.Constraint(
        "CHECK (own_limit >= 0 AND increase >= 0)", "A credit limit cannot be negative."
    )

    # === COMPUTE === #

    @api.depends("company_id")
    def _compute_policy_id(self):
        for account in self:
            if account.policy_id.company_id != account.company_id:
                account.policy_id = self.env["scrm.credit.policy"]._get_default(account.company_id)

    @api.depends("company_id")
    def _compute_currency_id(self):
        for account in self:
            account.currency_id = account.company_id.currency_id

    @api.depends("partner_id", "company_id", "policy_id", *sorted(LIMIT_FIELDS))
    def _compute_credit(self):
        accounts = self._origin
        exposures, terms = accounts._get_exposures(), accounts._get_terms()
        for account in self:
            origin = account._origin
            exposure, term = exposures.get(origin.id), terms.get(origin.id)
            limit = float(term.limit) if term and term.limit is not None else 0.0
            total = float(exposure.total) if exposure else 0.0
            for component in COMPONENTS:
                amount = exposure.parts.get(component, 0) if exposure else 0
                account[f"amount_{component}"] = float(amount)
            account.amount_exposure = total
            account.days_overdue = exposure.days_overdue if exposure else 0
            account.limit_source = origin._get_limit_source() if origin else "none"
            account.credit_limit = limit
            is_limited = bool(term) and term.limit is not None
            account.amount_free = limit - total if is_limited else 0.0
            account.utilisation = 100 * total / limit if limit else (100.0 * (is_limited))

    def _compute_hold_count(self):
        counts = dict(
            self.env["scrm.credit.hold"]._read_group(
                [("account_id", "in", self.ids), ("state", "=", "open")],
                ["account_id"],
                ["__count"],
            )
        )
        for account in self:
            account.hold_count = counts.get(account, 0)

    @api.depends("partner_id.name")
    def _compute_display_name(self):
        for account in self:
            account.display_name = account.partner_id.name

    # === CONSTRAINTS === #

    @api.constrains("partner_id")
    def _check_commercial_partner(self):
        for account in self:
            if account.partner_id.commercial_partner_id != account.partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s belongs to %(dealer)s. Open the credit account there: all "
                        "contacts of a dealer share it.",
                        contact=account.partner_id.display_name,
                        dealer=account.partner_id.commercial_partner_id.display_name,
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """A limit that comes with a new account is decided like every other one."""
        prepared, wanted = [], []
        for vals in vals_list:
            wanted.append({name: vals[name] for name in LIMIT_FIELDS & vals.keys()})
            prepared.append({k: v for k, v in vals.items() if k not in LIMIT_FIELDS})
        accounts = super().create(prepared)
        accounts._check_may_stand_alone()
        for account, limit_vals in zip(accounts, wanted, strict=True):
            if any(limit_vals.values()) and limit_vals != {"limit_mode": "inherit"}:
                account._request_limit(limit_vals, self.env._("First limit"))
        accounts._mirror_core_limit()
        return accounts

    def write(self, vals):
        names = LIMIT_FIELDS & vals.keys()
        if names and self.env.context.get("_scrm_decided") is not _DECIDED:
            raise UserError(
                self.env._(
                    "%s of a credit account are not edited by hand. Use “Change limit”: it keeps "
                    "who asked, who decided and why.",
                    ", ".join(
                        self._fields[name]._description_string(self.env) for name in sorted(names)
                    ),
                )
            )
        if {"company_id", "partner_id"} & vals.keys():
            raise UserError(
                self.env._("A credit account stays with its dealer and company. Open another one.")
            )
        if "currency_id" in vals and any(account.own_limit or account.increase for account in self):
            raise UserError(
                self.env._(
                    "The limit of a credit account is an amount in its currency. Use “Change "
                    "limit” to take the amount away first."
                )
            )
        if "policy_id" in vals and self.policy_id.ids != [vals["policy_id"]]:
            self.policy_id._check_may_loosen(
                self.env._(
                    "Only an administrator of settlement gives a dealer another credit policy. "
                    "“Change limit” is open to you."
                )
            )
        result = super().write(vals)
        if names or "policy_id" in vals:
            self._mirror_core_limit()
        return result

    def _write_limit(self, vals):
        """Write a limit that was decided (``scrm.credit.review``)."""
        self.with_context(_scrm_decided=_DECIDED).write(vals)

    def _check_may_stand_alone(self):
        """Leave accounts that replace the one of the company above to administrators."""
        # sudo: also accounts of companies that the user does not see
        above = self.sudo().search_count(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.sudo().parent_id.parent_ids.ids),
            ],
            limit=1,
        )
        if above:
            self.policy_id._check_may_loosen(
                self.env._(
                    "The account of the company above counts for this dealer here, too. Only an "
                    "administrator of settlement opens one that counts instead."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self.sudo().hold_ids or self.sudo().review_ids:  # sudo: also those one may not read
            raise UserError(
                self.env._(
                    "Decisions were taken on this credit account, so it stays. Give the dealer no "
                    "limit instead."
                )
            )
        self.policy_id._check_may_loosen(
            self.env._(
                "Without an account a dealer's orders are not checked. Only an administrator of "
                "settlement deletes one."
            )
        )

    # === NOTICES === #

    @api.model
    def _notice_get_events(self):
        return [*super()._notice_get_events(), ("limit_changed", self.env._("Limit changed"))]

    def _notice_get_customer(self):
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).scrm_customer_id

    def _notice_get_key(self, event):
        # The limit may change many times; each decision is an occasion of its own.
        occurrence = self.env.context.get("scrm_credit_review") or 0
        return f"{super()._notice_get_key(event)},{occurrence}"

    # === ACTIONS === #

    def action_change_limit(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change Limit"),
            "res_model": "scrm.credit.limit.change",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_account_id": self.id},
        }

    def action_open_items(self):
        """List the documents that make up what the dealer uses; the context names a component."""
        self.ensure_one()
        return self.env["scrm.credit.item"]._open(self, self.env.context.get("scrm_component"))

    def action_open_holds(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_credit_hold_action"
        )
        action["domain"] = [("account_id", "=", self.id)]
        action["context"] = {"search_default_open": 1}
        return action

    # === BUSINESS === #

    @api.model
    def _find_accounts(self, partners, company):
        """Return the credit accounts of some contacts' dealers, by contact, in superuser mode.

        A branch uses the account of the nearest company above it. Contacts without one are left
        out: stock Odoo goes on for them.
        """
        # sudo: whoever sells, delivers or pays is subject to the dealer's credit
        companies = company.sudo().parent_ids
        accounts = self.sudo().search(
            [
                ("company_id", "in", companies.ids),
                ("partner_id", "in", partners.sudo().commercial_partner_id.ids),
            ]
        )
        nearest = {}
        for account in accounts.sorted(lambda account: companies.ids.index(account.company_id.id)):
            nearest[account.partner_id] = account
        return {
            partner: nearest[partner.sudo().commercial_partner_id]
            for partner in partners
            if partner.sudo().commercial_partner_id in nearest
        }

    def _get_limit_label(self):
        """Return the valid limit as people read it."""
        self.ensure_one()
        if self.limit_source == "none":
            return self.env._("No limit")
        return format_amount(self.env, self.credit_limit, self.company_currency_id)
