from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.append_only import protect
from odoo.addons.scrm_base.tools.flow import Transition

from .scrm_credit_review import CREDIT_MANAGER

_lt = LazyTranslate(__name__)

# What a decision adds, and what follows the dealer; all else is a fact of the day of the check.
DECISION_FIELDS = (
    "state",
    "approver_id",
    "decided_at",
    "decision_note",
    "amount_approved",
    "valid_until",
    "account_id",
    "partner_id",
    "identity_id",
    "customer_id",
)


class ScrmCreditHold(models.Model):
    """An order that waits for credit: why, what the dealer owed then, who decided and till when.

    A record of its own, because the release is bound to an amount and a day and is evidence.
    """

    _name = "scrm.credit.hold"
    _inherit = [
        "scrm.system.mixin",
        "scrm.flow.mixin",
        "scrm.customer.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Credit Hold"
    _order = "id desc"
    _rec_name = "order_id"
    _check_company_auto = True
    _mail_post_access = "read"
    _system_fields = frozenset(DECISION_FIELDS)

    _flow_transitions = (
        Transition("approve", "open", "approved", _lt("Release"), (CREDIT_MANAGER,)),
        Transition("reject", "open", "rejected", _lt("Reject"), (CREDIT_MANAGER,)),
        # These follow the order and the calendar; people do not take them.
        Transition("expire", "approved", "expired", _lt("Release expired")),
        Transition("lift", ("open", "rejected"), "lifted", _lt("No longer needed")),
        # The order goes another way: it is cancelled, confirmed anew or asks for another amount.
        Transition("close", ("open", "rejected"), "lifted", _lt("Replaced")),
    )

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    account_id = fields.Many2one(
        comodel_name="scrm.credit.account",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    order_id = fields.Many2one(
        comodel_name="sale.order",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    user_id = fields.Many2one(related="order_id.user_id", string="Salesperson")
    checkpoint = fields.Selection(
        selection=[
            ("confirm", "Order confirmed"),
            ("increase", "Order increased"),
            ("request", "Asked again"),
            ("issue", "Goods issue"),
        ],
        required=True,
        readonly=True,
    )
    reason_codes = fields.Char(required=True, readonly=True)
    reason = fields.Text(compute="_compute_reason")
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True, ondelete="restrict"
    )
    snapshot = fields.Json(readonly=True, help="What the exposure was made of when it was checked.")
    amount_exposure = fields.Monetary(string="Used before", readonly=True)
    is_limited = fields.Boolean(readonly=True)
    amount_limit = fields.Monetary(string="Limit then", readonly=True)
    days_overdue = fields.Integer(readonly=True)
    days_open = fields.Integer(readonly=True)
    amount_open = fields.Monetary(
        string="Asked for", readonly=True, help="What of the order was not invoiced then."
    )
    amount_requested = fields.Monetary(
        string="Order Total", readonly=True, help="What a release has to cover."
    )
    amount_over = fields.Monetary(string="Over the Limit", compute="_compute_amount_over")
    requester_id = fields.Many2one(
        comodel_name="res.users",
        string="Requested by",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    request_note = fields.Text(string="Request", readonly=True)
    state = fields.Selection(
        selection=[
            ("open", "Waiting"),
            ("approved", "Released"),
            ("rejected", "Rejected"),
            ("expired", "Expired"),
            ("lifted", "No longer needed"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="open",
        index=True,
        tracking=True,
    )
    amount_approved = fields.Monetary(string="Released up to", readonly=True)
    valid_until = fields.Date(string="Released until", readonly=True)
    approver_id = fields.Many2one(
        comodel_name="res.users", string="Decided by", readonly=True, ondelete="restrict"
    )
    decided_at = fields.Datetime(string="Decided on", readonly=True)
    decision_note = fields.Text(string="Decision", readonly=True)

    _approver_is_another_person = models.Constraint(
        "CHECK (approver_id IS NULL OR approver_id <> requester_id)",
        "A hold is decided by somebody else than who asked for the credit.",
    )
    _released_has_approver = models.Constraint(
        "CHECK (state NOT IN ('approved', 'expired') OR (approver_id IS NOT NULL "
        "AND amount_approved IS NOT NULL AND valid_until IS NOT NULL))",
        "A release has an amount, a last day and somebody who answers for it.",
    )
    _open_uniq = models.UniqueIndex(
        "(order_id) WHERE state = 'open'", "This order waits for credit already."
    )
    _expiry_idx = models.Index("(valid_until) WHERE state = 'approved'")

    def init(self):
        protect(self.env.cr, self._table, DECISION_FIELDS)

    # === COMPUTE === #

    @api.depends("reason_codes")
    @api.depends_context("lang")
    def _compute_reason(self):
        for hold in self:
            hold.reason = " ".join(hold._get_sentences())

    @api.depends("amount_exposure", "amount_open", "amount_limit", "is_limited")
    def _compute_amount_over(self):
        for hold in self:
            over = hold.amount_exposure + hold.amount_open - hold.amount_limit
            hold.amount_over = max(0.0, over) if hold.is_limited else 0.0

    @api.depends("order_id.name", "partner_id.name")
    def _compute_display_name(self):
        for hold in self:
            order_sudo = hold.order_id.sudo()  # who sees the hold learns which order it is
            hold.display_name = f"{order_sudo.name} · {hold.partner_id.sudo().name}"

    def _get_sentences(self):
        self.ensure_one()

        def money(amount):
            return format_amount(self.env, amount, self.currency_id)

        sentences = []
        for code in (self.reason_codes or "").split(","):
            if code in ("limit", "expired"):
                sentence = (
                    self.env._(
                        "%(used)s used and %(order)s of this order exceed the limit of %(limit)s.",
                        used=money(self.amount_exposure),
                        order=money(self.amount_open),
                        limit=money(self.amount_limit),
                    )
                    if code == "limit"
                    else self.env._("The dealer's credit limit has expired.")
                )
            elif code == "overdue":
                sentence = self.env._("Invoices are %s days overdue.", self.days_overdue)
            elif code == "age":
                sentence = self.env._("The oldest invoice is %s days old.", self.days_open)
            elif code == "rate":
                sentence = self.env._(
                    "%s has no exchange rate: enter one under Currencies.",
                    self.order_id.sudo().currency_id.name,  # sudo: the name alone
                )
            else:
                continue
            sentences.append(sentence)
        return sentences

    # === CRUD === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Holds are evidence of decisions on credit and stay."))

    # === ACTIONS === #

    def action_open_decision(self):
        """Ask for amount, day and reason, then decide."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide on Credit"),
            "res_model": "scrm.credit.decision",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_hold_id": self.id},
        }

    def action_check_again(self):
        """Look whether the dealer has the credit by now, and let the order go if so."""
        for hold in self.filtered(lambda hold: hold.state in ("open", "rejected")):
            hold.check_access("read")
            hold.sudo()._check_again()  # sudo: the check itself decides, not its asker
        return True

    def action_open_order(self):
        self.ensure_one()
        return self.env["scrm.credit.item"]._open_document("sale.order", self.order_id.id)

    def action_open_account(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.credit.account",
            "res_id": self.account_id.id,
            "views": [(False, "form")],
        }

    def action_open_items(self):
        self.ensure_one()
        return self.account_id.action_open_items()

    # === FLOW === #

    def _approve(self, amount, valid_until, note=None):
        """Release the order up to an amount until a day (included).

        :raises UserError: the user asked for the credit, or the release would let nothing go
        """
        self.ensure_one()
        self._move_along(
            "approve",
            note=note,
            amount_approved=amount,
            valid_until=valid_until,
            decision_note=note,
            **self._prepare_decider_vals(),
        )

    def _reject(self, reason):
        self.ensure_one()
        self._move_along(
            "reject", note=reason, decision_note=reason, **self._prepare_decider_vals()
        )

    def _prepare_decider_vals(self):
        return {"approver_id": self.env.uid, "decided_at": fields.Datetime.now()}

    def _flow_check(self, transition, vals):
        result = super()._flow_check(transition, vals)
        # The database refuses it too; here it becomes a sentence with the person's name.
        if vals.get("approver_id") == self.requester_id.id:
            raise UserError(
                self.env._(
                    "%(user)s asked for the credit of %(order)s and cannot decide on it. Ask "
                    "another credit manager.",
                    user=self.requester_id.name,
                    order=self.order_id.sudo().name,
                )
            )
        if transition.key == "reject" and not (vals.get("decision_note") or "").strip():
            raise UserError(self.env._("Say why the order is not released."))
        if transition.key == "approve":
            self._check_release(vals)
        return result

    def _check_release(self, vals):
        order_sudo = self.order_id.sudo()
        needed = order_sudo._scrm_get_credit_amount()
        if self.currency_id.compare_amounts(vals["amount_approved"], needed) < 0:
            raise UserError(
                self.env._(
                    "%(order)s is over %(amount)s: a release up to %(approved)s lets nothing go.",
                    order=order_sudo.name,
                    amount=format_amount(self.env, needed, self.currency_id),
                    approved=format_amount(self.env, vals["amount_approved"], self.currency_id),
                )
            )
        today = self.company_id._scrm_local_day(fields.Datetime.now())
        if not vals["valid_until"] or fields.Date.to_date(vals["valid_until"]) < today:
            raise UserError(self.env._("Release the order until a day that is still to come."))

    def _flow_prepare_interaction_vals(self, transition):
        if not self.identity_id or transition.key not in ("approve", "reject"):
            return None
        return {
            "identity_id": self.identity_id.id,
            "kind": "note",
            "summary": self.env._(
                "Credit of order %(order)s: %(status)s",
                order=self.order_id.sudo().name,
                status=self._flow_get_label(transition.target),
            ),
            "record": self,
            "company_id": self.company_id.id,
            "dedupe_key": self._notice_get_key(transition.key),
        }

    def _flow_after(self, transition):
        result = super()._flow_after(transition)
        # sudo: the flow has checked who decides; the order follows by the rights of the system
        hold_sudo = self.sudo()
        hold_sudo.activity_unlink(["mail.mail_activity_data_todo"])
        order_sudo = hold_sudo.order_id
        told = self.with_context(lang=order_sudo.partner_id.lang)
        if transition.key == "approve":
            order_sudo._scrm_tell_credit(
                told.env._(
                    "The credit of this order is released up to %(amount)s until %(day)s.",
                    amount=format_amount(told.env, self.amount_approved, self.currency_id),
                    day=format_date(told.env, self.valid_until),
                )
            )
        elif transition.key == "reject":
            order_sudo._scrm_tell_credit(
                told.env._("The order is not released: %s", self.decision_note)
            )
        if transition.key in ("approve", "lift"):
            order_sudo._scrm_go_on()
        return result

    @api.model
    def _notice_get_events(self):
        return [*super()._notice_get_events(), ("open", self.env._("Put on hold"))]

    # === EXPIRY === #

    def _covers(self, amount, day):
        """Tell whether the release lets this amount go on this day."""
        self.ensure_one()
        return (
            self.state == "approved"
            and self.valid_until >= day
            and self.currency_id.compare_amounts(amount, self.amount_approved) <= 0
        )

    @api.model
    def _cron_expire(self):
        """End the releases whose last day has passed where their company lives."""
        now = fields.Datetime.now()
        for company, holds in (
            self.search([("state", "=", "approved")]).grouped("company_id").items()
        ):
            day = company._scrm_local_day(now)
            late = holds.filtered(lambda hold, day=day: hold.valid_until < day)
            for hold in late.filtered(lambda hold: hold.order_id._scrm_is_credit_open()):
                hold._move_along("expire")

    def _check_again(self):
        self.ensure_one()
        order = self.order_id
        if not order._scrm_is_credit_open():
            self._move_along("close")
            return
        assessment = self.account_id._assess(order)
        if not assessment.reasons:
            self._move_along("lift")
