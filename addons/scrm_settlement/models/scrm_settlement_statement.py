from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.flow import Transition

from .scrm_settlement_tier import DOCUMENT_MODES

_lt = LazyTranslate(__name__)

PREPARER = "scrm_settlement.group_scrm_settlement_preparer"
REVIEWER = "scrm_settlement.group_scrm_settlement_reviewer"
# Facts of the flow: written together with the state by a transition, never by hand.
FLOW_FIELDS = {
    "submitter_id",
    "submitted_at",
    "reviewer_id",
    "reviewed_at",
    "move_id",
    "return_reason",
}
# What the statement is about: its lines were claimed by it and add up to its amounts.
CLAIM_FIELDS = {
    "company_id",
    "partner_id",
    "document_mode",
    "currency_id",
    "date_from",
    "date_to",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
}
# Leave to write the totals; an object of this process cannot be forged over RPC.
_TOTALS = object()


class ScrmSettlementStatement(models.Model):
    """What we owe one dealer for one period, in one currency: from the journal to a paid bill.

    A document of its own, because a vendor bill knows no submitter, no review before posting and
    no journal lines that must be settled exactly once.
    """

    _name = "scrm.settlement.statement"
    _inherit = ["scrm.flow.mixin", "scrm.customer.mixin", "mail.thread", "mail.activity.mixin"]
    _description = "Settlement Statement"
    _order = "date_to desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"

    _flow_transitions = (
        Transition("submit", "draft", "submitted", _lt("Submit"), (PREPARER,)),
        Transition("review", "submitted", "reviewed", _lt("Review"), (REVIEWER,)),
        Transition("return", ("submitted", "reviewed"), "draft", _lt("Return"), (REVIEWER,)),
        Transition("cancel", "draft", "cancel", _lt("Cancel"), (PREPARER,)),
        # These follow the bill; only `_follow_bill` takes them.
        Transition("invoice", "reviewed", "invoiced", _lt("Bill posted")),
        Transition("pay", "invoiced", "paid", _lt("Bill paid")),
        Transition("unpay", "paid", "invoiced", _lt("Payment undone")),
        Transition("unpost", ("invoiced", "paid"), "reviewed", _lt("Bill reset to draft")),
    )

    name = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: self.env._("New")
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        check_company=True,
        tracking=True,
    )
    grade_id = fields.Many2one(related="partner_id.grade_id", string="Level")
    document_mode = fields.Selection(
        selection=DOCUMENT_MODES,
        string="Settled by",
        required=True,
        readonly=True,
        default="vendor_bill",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True, ondelete="restrict"
    )
    date_from = fields.Date(string="First Day", required=True, readonly=True)
    date_to = fields.Date(string="Last Day", required=True, readonly=True)
    line_ids = fields.One2many(
        comodel_name="scrm.settlement.line", inverse_name="statement_id", readonly=True
    )
    line_count = fields.Integer(compute="_compute_line_count")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        tracking=True,
        help="Told when the statement is returned or reviewed.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("submitted", "To review"),
            ("reviewed", "Reviewed"),
            ("invoiced", "Billed"),
            ("paid", "Paid"),
            ("cancel", "Cancelled"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
    )
    amount_untaxed = fields.Monetary(readonly=True, copy=False)
    amount_tax = fields.Monetary(string="Taxes", readonly=True, copy=False)
    amount_total = fields.Monetary(string="Total", readonly=True, copy=False, tracking=True)

    submitter_id = fields.Many2one(
        comodel_name="res.users",
        string="Submitted by",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    submitted_at = fields.Datetime(string="Submitted on", readonly=True, copy=False)
    reviewer_id = fields.Many2one(
        comodel_name="res.users",
        string="Reviewed by",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    reviewed_at = fields.Datetime(string="Reviewed on", readonly=True, copy=False)
    return_reason = fields.Text(string="Returned because", readonly=True, copy=False)
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Bill",
        readonly=True,
        copy=False,
        ondelete="restrict",
        check_company=True,
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "A statement cannot end before it begins."
    )
    _reviewer_is_another_person = models.Constraint(
        "CHECK (reviewer_id IS NULL OR (submitter_id IS NOT NULL "
        "AND reviewer_id <> submitter_id AND reviewer_id <> create_uid))",
        "A settlement is reviewed by somebody who neither prepared nor submitted it. "
        "Ask another reviewer.",
    )
    _submitted_has_submitter = models.Constraint(
        "CHECK (state IN ('draft', 'cancel') OR (submitter_id IS NOT NULL "
        "AND submitted_at IS NOT NULL AND move_id IS NOT NULL))",
        "A submitted statement has a submitter and a bill.",
    )
    _reviewed_has_reviewer = models.Constraint(
        "CHECK (state NOT IN ('reviewed', 'invoiced', 'paid') OR (reviewer_id IS NOT NULL "
        "AND reviewed_at IS NOT NULL))",
        "Only a reviewed statement can be billed or paid.",
    )
    _move_uniq = models.UniqueIndex(
        "(move_id) WHERE move_id IS NOT NULL", "This bill belongs to another statement already."
    )

    # === COMPUTE === #

    @api.depends("line_ids")
    def _compute_line_count(self):
        counts = dict(
            self.env["scrm.settlement.line"]._read_group(
                [("statement_id", "in", self.ids)], ["statement_id"], ["__count"]
            )
        )
        for statement in self:
            statement.line_count = counts.get(statement, 0)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        sequence = self.env["ir.sequence"]
        prepared = []
        for vals in vals_list:
            self._refuse_fields(vals.keys() & FLOW_FIELDS)
            company = vals.get("company_id") or self.env.company.id
            name = sequence.with_company(company).next_by_code(self._name)
            prepared.append({**vals, "name": name})
        return super().create(prepared)

    def write(self, vals):
        own_totals = self.env.context.get("_scrm_totals") is _TOTALS
        # The flow mixin decides who may write the state, and what comes with it.
        if self._flow_field not in vals and not own_totals:
            self._refuse_fields(vals.keys() & (FLOW_FIELDS | CLAIM_FIELDS))
        return super().write(vals)

    def _update_totals(self):
        """Recompute the amounts from the lines (a cache: posting compares the lines themselves)."""
        for statement in self:
            untaxed, tax, total = statement._get_tax_totals()
            statement.with_context(_scrm_totals=_TOTALS).write(
                {"amount_untaxed": untaxed, "amount_tax": tax, "amount_total": total}
            )

    def _refuse_fields(self, names):
        if names:
            raise UserError(
                self.env._(
                    "%(fields)s of a statement cannot be written by hand. Use its buttons.",
                    fields=", ".join(
                        self._fields[name]._description_string(self.env) for name in sorted(names)
                    ),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(
            self.env._("Statements are not deleted. Cancel a draft instead: it frees its lines.")
        )

    # === ACTIONS === #

    def action_submit(self):
        for statement in self:
            statement._action_submit()

    def action_review(self):
        for statement in self:
            statement._move_along(
                "review", reviewer_id=self.env.uid, reviewed_at=fields.Datetime.now()
            )

    def action_cancel(self):
        for statement in self:
            statement._move_along("cancel")

    def action_open_return(self):
        """Ask the reviewer for the reason, then return the statement to its preparer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Return Settlement"),
            "res_model": "scrm.settlement.return",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_statement_id": self.id},
        }

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_line_action"
        )
        action["domain"] = [("statement_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_open_bill(self):
        """Open the bill, where the review takes place; the statement itself when there is none."""
        self.ensure_one()
        record = self.move_id or self
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    # === FLOW === #

    def _action_return(self, reason):
        """Give the statement back to its preparer; its draft bill goes away."""
        self.ensure_one()
        bill = self.move_id
        self._move_along(
            "return",
            note=reason,
            return_reason=reason,
            submitter_id=False,
            submitted_at=False,
            reviewer_id=False,
            reviewed_at=False,
            move_id=False,
        )
        bill._scrm_drop_settlement_bill()

    def _flow_check(self, transition, vals):
        result = super()._flow_check(transition, vals)
        if transition.key == "submit":
            self._check_may_submit()
        elif transition.key == "return" and not (vals.get("return_reason") or "").strip():
            raise UserError(self.env._("Say why the settlement is returned."))
        elif transition.key == "review":
            self._check_may_review(vals["reviewer_id"])
            self._check_bill_agrees()
        return result

    def _get_submit_obstacles(self):
        """Return what stands against submission, as parts of a sentence; empty: nothing does."""
        self.ensure_one()
        obstacles = []
        if not self.line_ids:
            obstacles.append(self.env._("it has no lines"))
        unpriced = self.env["scrm.settlement.line"].search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("state", "=", "no_price"),
                ("date", ">=", self.date_from),
                ("date", "<=", self.date_to),
            ]
        )
        if unpriced:
            obstacles.append(
                self.env._(
                    "%(count)s lines of this dealer and period have no price: complete the rules "
                    "and use “Find prices” in the journal",
                    count=unpriced,
                )
            )
        return obstacles

    def _check_may_submit(self):
        for statement in self:
            obstacles = statement._get_submit_obstacles()
            if obstacles:
                raise UserError(
                    self.env._(
                        "%(statement)s cannot be submitted: %(reasons)s.",
                        statement=statement.name,
                        reasons="; ".join(obstacles),
                    )
                )

    def _check_may_review(self, reviewer_id):
        # The database refuses it too; here it becomes a sentence with the person's name.
        if reviewer_id in (self.submitter_id.id, self.create_uid.id):
            raise UserError(
                self.env._(
                    "%(user)s prepared or submitted %(statement)s and cannot review it as well. "
                    "Ask another reviewer.",
                    user=self.env["res.users"].browse(reviewer_id).name,
                    statement=self.name,
                )
            )

    def _flow_prepare_interaction_vals(self, transition):
        if transition.key in ("unpay", "unpost"):
            return None
        if not self.identity_id:
            return None
        kind = {"invoice": "invoice", "pay": "payment"}.get(transition.key, "note")
        return {
            "identity_id": self.identity_id.id,
            "kind": kind,
            "summary": self.env._(
                "Settlement %(name)s (%(period)s): %(status)s",
                name=self.name,
                period=self._get_period_label(),
                status=self._flow_get_label(transition.target),
            ),
            "record": self,
            "company_id": self.company_id.id,
            # A statement may be submitted again after a return: each step is told.
            "dedupe_key": self._notice_get_key(transition.key),
        }

    def _flow_after(self, transition):
        if transition.key == "cancel":
            self._release_lines()
        return super()._flow_after(transition)

    def _get_period_label(self):
        return f"{format_date(self.env, self.date_from)} – {format_date(self.env, self.date_to)}"
