from odoo import api, fields, models
from odoo.exceptions import UserError

CREDIT_READERS = (
    "scrm_settlement.group_scrm_settlement_credit_manager,"
    "scrm_settlement.group_scrm_settlement_preparer,"
    "scrm_settlement.group_scrm_settlement_reviewer,"
    "sales_team.group_sale_salesman"
)


class ResPartner(models.Model):
    _inherit = "res.partner"

    scrm_credit_account_id = fields.Many2one(
        comodel_name="scrm.credit.account",
        string="Credit Account",
        compute="_compute_scrm_credit",
        groups=CREDIT_READERS,
    )
    scrm_credit_currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Currency of the Credit",
        compute="_compute_scrm_credit",
        groups=CREDIT_READERS,
    )
    scrm_credit_limit_label = fields.Char(
        string="Valid Credit Limit", compute="_compute_scrm_credit", groups=CREDIT_READERS
    )
    scrm_credit_used = fields.Monetary(
        string="Credit Used",
        compute="_compute_scrm_credit",
        currency_field="scrm_credit_currency_id",
        groups=CREDIT_READERS,
    )
    scrm_credit_free = fields.Monetary(
        string="Credit Free",
        compute="_compute_scrm_credit",
        currency_field="scrm_credit_currency_id",
        groups=CREDIT_READERS,
    )
    scrm_credit_utilisation = fields.Float(
        string="Credit Used (%)",
        digits=(16, 1),
        compute="_compute_scrm_credit",
        aggregator=None,
        groups=CREDIT_READERS,
    )
    scrm_credit_hold_count = fields.Integer(
        string="Orders on Hold", compute="_compute_scrm_credit", groups=CREDIT_READERS
    )

    @api.depends_context("company", "lang")
    def _compute_scrm_credit(self):
        accounts = self.env["scrm.credit.account"]._find_accounts(self, self.env.company)
        # One query for all of them.
        self.env["scrm.credit.account"].sudo().union(*accounts.values()).mapped("amount_exposure")
        for partner in self:
            account_sudo = accounts.get(partner, self.env["scrm.credit.account"].sudo())
            partner.scrm_credit_account_id = account_sudo.sudo(False)
            partner.scrm_credit_currency_id = account_sudo.company_currency_id
            partner.scrm_credit_limit_label = account_sudo and account_sudo._get_limit_label()
            partner.scrm_credit_used = account_sudo.amount_exposure
            partner.scrm_credit_free = account_sudo.amount_free
            partner.scrm_credit_utilisation = account_sudo.utilisation
            # What its reader may open: a branch has holds of its own
            partner.scrm_credit_hold_count = account_sudo.sudo(self.env.su).hold_count

    def write(self, vals):
        """Refuse a level that gives a dealer, by the way, what asks a second person.

        A contact that becomes part of a company takes its credit account there: orders are that
        company's from now on, and would be checked against nothing.
        """
        if not {"grade_id", "parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        dealers = self.filtered(lambda partner: partner.commercial_partner_id == partner)
        accounts_sudo = self._scrm_get_inherited_credit()
        before = accounts_sudo._get_terms()
        result = super().write(vals)
        dealers._scrm_take_credit_along()
        raised_sudo = accounts_sudo.exists()._find_large_raises(before)
        if raised_sudo:
            self.env["scrm.credit.policy"]._check_may_loosen(
                self.env._(
                    "This level would give %s more credit than one person may give. Ask a credit "
                    "manager for “Change limit” to an amount of the dealer's own first: then the "
                    "level leaves it alone.",
                    ", ".join(raised_sudo.partner_id.mapped("name")),
                )
            )
        return result

    def _scrm_take_credit_along(self):
        """Move the accounts of those who are no dealers of their own any more."""
        # sudo: as in _scrm_get_inherited_credit
        Account_sudo = self.env["scrm.credit.account"].sudo()
        for partner in self:
            dealer = partner.commercial_partner_id
            if dealer != partner and Account_sudo.search_count([("partner_id", "=", partner.id)]):
                accounts_sudo = Account_sudo.search([("partner_id", "in", (partner | dealer).ids)])
                accounts_sudo._follow_dealer(dealer)

    def _scrm_get_inherited_credit(self):
        """Return the accounts whose limit follows the level of these dealers."""
        # sudo: the dealer's credit decides, whoever changes the level
        Account_sudo = self.env["scrm.credit.account"].sudo()
        return Account_sudo.search([("partner_id", "in", self.ids), ("limit_mode", "=", "inherit")])

    def action_scrm_credit(self):
        """Open the dealer's credit account, or a new one."""
        self.ensure_one()
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit"),
            "res_model": "scrm.credit.account",
            "views": [(False, "form")],
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }
        if self.scrm_credit_account_id:
            action["res_id"] = self.scrm_credit_account_id.id
        return action

    def action_scrm_credit_holds(self):
        self.ensure_one()
        account = self.scrm_credit_account_id
        if not account:
            raise UserError(
                self.env._(
                    "%s has no credit account, so no order is checked or held. Open an account "
                    "first.",
                    self.display_name,
                )
            )
        return account.action_open_holds()
