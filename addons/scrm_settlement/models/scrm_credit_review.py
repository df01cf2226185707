from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.append_only import protect
from odoo.addons.scrm_base.tools.flow import Transition

from .scrm_credit_account import LIMIT_FIELDS

_lt = LazyTranslate(__name__)

CREDIT_MANAGER = "scrm_settlement.group_scrm_settlement_credit_manager"
# What a decision adds; everything else of a review is a fact of the day it was asked for.
DECISION_FIELDS = (
    *("state", "approver_id", "decided_at", "decision_note"),
    *("snapshot", "amount_exposure", "is_limited", "amount_limit"),
)
LIMIT_MODES = [
    ("inherit", "The level's or the company's"),
    ("amount", "An amount of its own"),
    ("unlimited", "No limit"),
]


class ScrmCreditReview(models.Model):
    """Who asked for which limit, who agreed and why: the memory of a dealer's credit.

    A model of its own, because a limit may wait for a second person and its history is evidence.
    """

    _name = "scrm.credit.review"
    _inherit = ["scrm.system.mixin", "scrm.flow.mixin"]
    _description = "Credit Review"
    _order = "id desc"
    _rec_name = "account_id"
    _system_fields = frozenset(DECISION_FIELDS)

    _flow_transitions = (
        Transition("apply", "pending", "applied", _lt("Apply")),
        Transition("approve", "pending", "applied", _lt("Approve"), (CREDIT_MANAGER,)),
        Transition("reject", "pending", "rejected", _lt("Reject"), (CREDIT_MANAGER,)),
    )

    account_id = fields.Many2one(
        comodel_name="scrm.credit.account",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(related="account_id.partner_id", string="Dealer")
    currency_id = fields.Many2one(related="account_id.currency_id")
    requester_id = fields.Many2one(
        comodel_name="res.users",
        string="Requested by",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    reason = fields.Text(required=True, readonly=True)
    needs_second = fields.Boolean(string="Second Person", readonly=True)
    old_limit_mode = fields.Selection(LIMIT_MODES, string="Limit before", readonly=True)
    old_own_limit = fields.Monetary(string="Amount before", readonly=True)
    old_valid_until = fields.Date(string="Valid until before", readonly=True)
    old_increase = fields.Monetary(string="Increase before", readonly=True)
    old_increase_until = fields.Date(string="Increase until before", readonly=True)
    new_limit_mode = fields.Selection(LIMIT_MODES, string="Limit after", readonly=True)
    new_own_limit = fields.Monetary(string="New Amount", readonly=True)
    new_valid_until = fields.Date(string="New valid until", readonly=True)
    new_increase = fields.Monetary(string="Increase after", readonly=True)
    new_increase_until = fields.Date(string="New Increase until", readonly=True)
    state = fields.Selection(
        selection=[("pending", "Waiting"), ("applied", "Applied"), ("rejected", "Rejected")],
        string="Status",
        required=True,
        readonly=True,
        default="pending",
        index=True,
    )
    approver_id = fields.Many2one(
        comodel_name="res.users", string="Decided by", readonly=True, ondelete="restrict"
    )
    decided_at = fields.Datetime(string="Decided on", readonly=True)
    decision_note = fields.Text(string="Decision", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    snapshot = fields.Json(
        readonly=True, help="What the exposure was made of when it was decided, and the limits."
    )
    amount_exposure = fields.Monetary(
        string="Used then", readonly=True, currency_field="company_currency_id"
    )
    is_limited = fields.Boolean(readonly=True)
    amount_limit = fields.Monetary(
        string="Limit then",
        readonly=True,
        currency_field="company_currency_id",
        help="The valid limit before the decision.",
    )

    _approver_is_another_person = models.Constraint(
        "CHECK (approver_id IS NULL OR approver_id <> requester_id)",
        "A credit limit is agreed by somebody else than who asked for it.",
    )
    _second_person = models.Constraint(
        "CHECK (state <> 'applied' OR NOT needs_second OR approver_id IS NOT NULL)",
        "This limit needs a second person.",
    )

    def init(self):
        # The account follows a merge of contacts.
        protect(self.env.cr, self._table, (*DECISION_FIELDS, "account_id"))

    # === ACTIONS === #

    def action_approve(self):
        """Agree to the limit; who asked for it cannot."""
        for review in self:
            review._decide("approve")

    def action_reject(self):
        for review in self:
            review._decide("reject")

    def _decide(self, key, note=None):
        self._move_along(
            key,
            note=note,
            approver_id=self.env.uid,
            decided_at=fields.Datetime.now(),
            decision_note=note,
            **self._prepare_moment_vals(),
        )

    def _get_limit_vals(self, moment):
        """Return the values of the limit's fields.

        :param moment: ``old`` or ``new``
        """
        self.ensure_one()
        return {name: self[f"{moment}_{name}"] for name in LIMIT_FIELDS}

    def _prepare_moment_vals(self):
        """Return what the decision keeps: what is used now, the limit and what it becomes."""
        # sudo: whoever decides need not read all that is used
        account_sudo = self.account_id.sudo()
        day = self.company_id._scrm_local_day(fields.Datetime.now())
        limit, _expired = account_sudo._get_valid_limit(day)
        new_limit = account_sudo._get_limit_with(self._get_limit_vals("new"), day)
        vals = account_sudo._prepare_snapshot_vals(
            account_sudo._get_exposures()[account_sudo.id], limit
        )
        vals["snapshot"]["new_limit"] = None if new_limit is None else str(new_limit)
        return vals

    # === FLOW === #

    def _flow_check(self, transition, vals):
        result = super()._flow_check(transition, vals)
        if vals.get("approver_id") == self.requester_id.id:
            raise UserError(
                self.env._(
                    "%(user)s asked for this limit and cannot decide on it. Ask another credit "
                    "manager.",
                    user=self.requester_id.name,
                )
            )
        return result

    def _flow_after(self, transition):
        if transition.target == "applied":
            # sudo: the flow has checked who decides
            account_sudo = self.account_id.sudo()
            account_sudo._write_limit(self._get_limit_vals("new"))
            self.env["scrm.notice.rule"]._raise_event(
                account_sudo.with_context(scrm_credit_review=self.id), "limit_changed"
            )
        return super()._flow_after(transition)

    @api.model
    def _notice_get_events(self):
        return [*super()._notice_get_events(), ("request", self.env._("Limit requested"))]

    def _notice_get_responsible(self):
        return self.requester_id
