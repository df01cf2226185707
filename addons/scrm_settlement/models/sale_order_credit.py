from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount

# From the latest hold of an order: what its badge says and whether goods may move.
STATES = {"open": "held", "rejected": "rejected", "approved": "released", "expired": "expired"}
BLOCKING = ("held", "rejected")
# Says that the orders are checked by who confirms them; an object of this process cannot be forged.
_CHECKED = object()


class SaleOrder(models.Model):
    _inherit = "sale.order"

    scrm_credit_hold_ids = fields.One2many(
        comodel_name="scrm.credit.hold",
        inverse_name="order_id",
        string="Credit Holds",
        copy=False,
    )
    scrm_credit_state = fields.Selection(
        selection=[
            ("held", "On credit hold"),
            ("rejected", "Credit rejected"),
            ("released", "Credit released"),
            ("expired", "Release expired"),
        ],
        string="Credit",
        compute="_compute_scrm_credit_state",
        compute_sudo=True,
        store=True,
        copy=False,
        index="btree_not_null",
    )
    scrm_credit_hold_id = fields.Many2one(
        comodel_name="scrm.credit.hold",
        string="Latest Hold",
        compute="_compute_scrm_credit_hold_id",
        compute_sudo=True,
    )
    scrm_credit_reason = fields.Text(
        string="Reason of the Hold", compute="_compute_scrm_credit_hold_id", compute_sudo=True
    )
    scrm_credit_account_id = fields.Many2one(
        comodel_name="scrm.credit.account",
        string="Credit Account",
        compute="_compute_scrm_credit_banner",
        compute_sudo=True,
    )
    scrm_credit_banner = fields.Char(
        string="Credit of the Dealer", compute="_compute_scrm_credit_banner", compute_sudo=True
    )
    scrm_credit_parts = fields.Char(
        string="Made up of", compute="_compute_scrm_credit_banner", compute_sudo=True
    )
    scrm_credit_is_over = fields.Boolean(compute="_compute_scrm_credit_banner", compute_sudo=True)

    # === COMPUTE === #

    @api.depends("scrm_credit_hold_ids.state")
    def _compute_scrm_credit_state(self):
        for order in self:
            latest = order.scrm_credit_hold_ids.sorted("id")[-1:]
            order.scrm_credit_state = STATES.get(latest.state, False)

    @api.depends("scrm_credit_hold_ids.state")
    @api.depends_context("lang")
    def _compute_scrm_credit_hold_id(self):
        for order in self:
            latest = order.scrm_credit_hold_ids.sorted("id")[-1:]
            order.scrm_credit_hold_id = latest
            order.scrm_credit_reason = (
                latest.reason if order.scrm_credit_state in BLOCKING else False
            )

    @api.depends("partner_invoice_id", "company_id", "amount_total", "state")
    @api.depends_context("lang")
    def _compute_scrm_credit_banner(self):
        self.scrm_credit_account_id = False
        self.scrm_credit_banner = self.scrm_credit_parts = False
        self.scrm_credit_is_over = False
        for company, orders in self.grouped("company_id").items():
            accounts = self.env["scrm.credit.account"]._find_accounts(
                orders.partner_invoice_id, company
            )
            for order in orders:
                account = accounts.get(order.partner_invoice_id)
                if account:
                    order.scrm_credit_account_id = account
                    order._scrm_set_banner(account)

    def _scrm_set_banner(self, account):
        """Say in one line what the dealer may still buy, and in another what it is made of."""
        money = self._scrm_format_credit
        values = {
            "limit": account._get_limit_label(),
            "used": money(account.amount_exposure),
            "free": money(account.amount_free),
        }
        if account.limit_source == "none":
            self.scrm_credit_banner = self.env._("%(used)s used; no limit.", **values)
        else:
            self.scrm_credit_banner = self.env._(
                "Limit %(limit)s, %(used)s used, %(free)s free.", **values
            )
            asked = self._scrm_get_credit_amount() if self.state in ("draft", "sent") else 0.0
            self.scrm_credit_is_over = (
                account.company_currency_id.compare_amounts(asked, account.amount_free) > 0
            )
        parts = [
            f"{account._fields[name]._description_string(self.env)} {money(account[name])}"
            for name in (
                "amount_receivable",
                "amount_delivered",
                "amount_ordered",
                "amount_draft_invoice",
                "amount_statement",
                "amount_payable",
                "amount_deposit",
            )
            if account[name]
        ]
        self.scrm_credit_parts = " · ".join(parts)

    def _scrm_format_credit(self, amount):
        return format_amount(self.env, amount, self.company_id.currency_id)

    # === CRUD === #

    def write(self, vals):
        """Check a confirmed order whose invoice goes to another dealer now, as if it were new.

        So is an order that is written as confirmed, past `action_confirm`.
        """
        if "scrm_credit_state" in vals and not self.env.su:
            self._scrm_refuse_credit_state(vals["scrm_credit_state"])
        watched = past = self.browse()
        if {"partner_id", "partner_invoice_id"} & vals.keys():
            watched = self.filtered(lambda order: order.state == "sale")
        if (
            vals.get("state") == "sale"
            and self.env.context.get("_scrm_credit_checked_order") is not _CHECKED
        ):
            past = self.filtered(lambda order: order.state != "sale")
        before = {order: order.partner_invoice_id.commercial_partner_id for order in watched}
        result = super().write(vals)
        moved = past | watched.filtered(
            lambda order: order.partner_invoice_id.commercial_partner_id != before[order]
        )
        if moved:
            moved._scrm_check_dealer()
        return result

    def _scrm_refuse_credit_state(self, state):
        """Refuse another answer than the audit's: a computed field is open to RPC all the same."""
        if any((order.scrm_credit_state or False) != (state or False) for order in self):
            raise AccessError(self.env._("Whether an order has the credit is not edited by hand."))

    # === ACTIONS === #

    def get_formview_id(self, access_uid=None):
        """Give who is not of the sales team our form wherever a link leads to the order."""
        own = self.env["scrm.credit.item"]._get_own_view(self._name)
        return own.id if own and not access_uid else super().get_formview_id(access_uid)

    def action_confirm(self):
        """Confirm what has the credit; put on hold what has not, without stopping the others."""
        checked = self.with_context(_scrm_credit_checked_order=_CHECKED)
        accounts = checked._scrm_get_credit_accounts()
        if not accounts:
            return super(SaleOrder, checked).action_confirm()
        plain = checked.filtered(lambda order: order not in accounts)
        result = super(SaleOrder, plain).action_confirm() if plain else True
        for order, account in accounts.items():
            is_let_go, question = order._scrm_check_confirm(account)
            if question:
                return question
            if is_let_go:
                result = super(SaleOrder, order).action_confirm()
        return result

    def action_scrm_request_credit(self):
        """Ask again after a rejection, or after a release that ended."""
        self.ensure_one()
        self.check_access("write")
        account = self._scrm_get_credit_accounts().get(self)
        if not account or not self._scrm_is_credit_open():
            raise UserError(self.env._("There is nothing to audit about this order."))
        assessment = self._scrm_assess(account)
        if assessment and assessment.reasons:
            self._scrm_hold(account, assessment, "request")
            return True
        self.sudo()._scrm_lift_holds("lift")  # sudo: the check decided
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": self.env._(
                    "%s has the credit by now: nothing has to be released.", self.name
                ),
                "type": "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_scrm_open_hold(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.credit.hold",
            "res_id": self.scrm_credit_hold_id.id,
            "views": [(False, "form")],
        }

    def action_scrm_open_credit(self):
        """List the documents behind what the dealer uses."""
        self.ensure_one()
        return self.scrm_credit_account_id.sudo(False).action_open_items()

    def _action_cancel(self):
        result = super()._action_cancel()
        self.sudo()._scrm_lift_holds("close")  # sudo: the holds follow the order
        return result
