from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.append_only import protect
from odoo.addons.scrm_base.tools.flow import Transition

_lt = LazyTranslate(__name__)

PREPARER = "scrm_settlement.group_scrm_settlement_preparer"
REVIEWER = "scrm_settlement.group_scrm_settlement_reviewer"
# Days that both sides have to answer, unless somebody names another day.
ANSWER_DAYS = 14
# Said by the check and by the index behind it.
CLAIMED_ALREADY = _lt(
    "This is claimed as missing already. Another one needs a reference of its own."
)
# What was claimed, by whom and about what.
CLAIM_FIELDS = {
    "name",
    "company_id",
    "partner_id",
    "statement_id",
    "line_id",
    "kind",
    "claimed_value",
    "item",
    "item_date",
    "item_ref",
    "evidence",
}
# What both sides work on while the dispute is open.
WORK_FIELDS = {"product_id", "agreed_value", "resolution", "deadline"}
# Come with a step of the flow only.
FLOW_FIELDS = {"resolved_by_id", "resolved_at", "adjustment_line_id"}
# Caches; and the dealer, because core's merge of two contacts repoints every table by SQL.
CACHE_COLUMNS = (
    *sorted(WORK_FIELDS | FLOW_FIELDS),
    "state",
    "user_id",
    "currency_id",
    "amount_claimed",
    "amount_agreed",
    "partner_id",
    "identity_id",
    "customer_id",
)


class ScrmSettlementDispute(models.Model):
    """What a dealer (or we) hold against one line of a statement, and how it was settled.

    What was claimed is written once. While the statement is not reviewed, the line leaves it, so
    that the rest proceeds; afterwards a dispute ends in an adjustment line or in nothing.
    """

    _name = "scrm.settlement.dispute"
    _inherit = [
        "scrm.settlement.dealer.mixin",
        "scrm.system.mixin",
        "scrm.flow.mixin",
        "scrm.customer.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Settlement Dispute"
    _order = "id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _system_fields = frozenset(FLOW_FIELDS)

    _flow_transitions = (
        # Money follows from it, so it is finance's word.
        Transition("accept", "open", "accepted", _lt("Accept"), (REVIEWER,)),
        Transition("reject", "open", "rejected", _lt("Reject"), (PREPARER, REVIEWER)),
        Transition("withdraw", "open", "withdrawn", _lt("Withdraw"), (PREPARER, REVIEWER)),
    )

    _dealer_fields = frozenset(
        {
            "id",
            "display_name",
            "name",
            "company_id",
            "partner_id",
            "statement_id",
            "line_id",
            "kind",
            "claimed_value",
            "agreed_value",
            "item",
            "item_date",
            "item_ref",
            "evidence",
            "deadline",
            "currency_id",
            "amount_claimed",
            "amount_agreed",
            "state",
            "resolution",
            "resolved_at",
            "create_date",
        }
    )

    name = fields.Char(required=True, readonly=True, copy=False, default="/")
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    statement_id = fields.Many2one(
        comodel_name="scrm.settlement.statement",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    line_id = fields.Many2one(
        comodel_name="scrm.settlement.line",
        string="Disputed Line",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        domain="[('statement_id', '=', statement_id)]",
    )
    kind = fields.Selection(
        selection=[
            ("price", "Wrong price"),
            ("quantity", "Wrong quantity"),
            ("not_ours", "Not ours"),
            ("missing", "Missing"),
        ],
        required=True,
        default="price",
    )
    claimed_value = fields.Float(
        digits=(16, 6),
        min_display_digits=2,
        aggregator=None,
        help="The right unit price, the right quantity or, for something missing, its amount.",
    )
    agreed_value = fields.Float(
        digits=(16, 6),
        min_display_digits=2,
        aggregator=None,
        tracking=True,
        help="What is accepted: the claimed value unless finance writes another one.",
    )
    item = fields.Char(string="What is missing")
    item_date = fields.Date(string="Missing since")
    item_ref = fields.Char(
        string="Reference",
        help="The number of the delivery, order or ticket that is missing. When it arrives later, "
        "it is not settled a second time.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        check_company=True,
        help="What is settled when a missing item is accepted.",
    )
    evidence = fields.Text(required=True, help="What the claim is founded on.")
    deadline = fields.Date(
        string="To answer by",
        required=True,
        tracking=True,
        default=lambda self: self._get_today() + timedelta(days=ANSWER_DAYS),
    )
    user_id = fields.Many2one(comodel_name="res.users", string="Responsible", tracking=True)
    currency_id = fields.Many2one(related="statement_id.currency_id", store=True)
    amount_claimed = fields.Monetary(
        string="Claimed Difference", compute="_compute_amounts", store=True
    )
    amount_agreed = fields.Monetary(
        string="Agreed Difference", compute="_compute_amounts", store=True
    )
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")
    state = fields.Selection(
        selection=[
            ("open", "To decide"),
            ("accepted", "Accepted"),
            ("rejected", "Rejected"),
            ("withdrawn", "Withdrawn"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="open",
        copy=False,
        index=True,
        tracking=True,
    )
    resolution = fields.Text(tracking=True, help="Why it was decided so. The dealer reads it.")
    resolved_by_id = fields.Many2one(
        comodel_name="res.users", readonly=True, copy=False, ondelete="restrict"
    )
    resolved_at = fields.Datetime(string="Resolved on", readonly=True, copy=False)
    adjustment_line_id = fields.Many2one(
        comodel_name="scrm.settlement.line", readonly=True, copy=False, ondelete="restrict"
    )

    _line_or_item = models.Constraint(
        "CHECK ((kind = 'missing') = (line_id IS NULL) AND "
        "(kind <> 'missing' OR (item IS NOT NULL AND item_date IS NOT NULL)))",
        "A dispute is about a line; something missing is named with its item, day and amount.",
    )
    _resolved_has_reason = models.Constraint(
        "CHECK (state IN ('open', 'withdrawn') OR (resolved_by_id IS NOT NULL "
        "AND resolved_at IS NOT NULL AND resolution IS NOT NULL))",
        "A decided dispute says who decided it, when and why.",
    )
    _accepted_by_another_person = models.Constraint(
        "CHECK (state <> 'accepted' OR resolved_by_id <> create_uid)",
        "A dispute is accepted by somebody who did not open it. Ask another reviewer.",
    )
    # A line that was corrected once would be corrected twice.
    _line_once = models.UniqueIndex(
        "(line_id) WHERE line_id IS NOT NULL AND state IN ('open', 'accepted')",
        "This line is disputed already, or was corrected after a dispute.",
    )
    # A form that is sent twice would be settled twice.
    _missing_once = models.UniqueIndex(
        "(statement_id, md5(item), item_date, COALESCE(item_ref, ''), claimed_value)"
        " WHERE kind = 'missing' AND state IN ('open', 'accepted')",
        lambda env, _diagnostics: env._(CLAIMED_ALREADY),
    )

    def init(self):
        protect(self.env.cr, self._table, CACHE_COLUMNS)

    # === COMPUTE === #

    @api.depends("claimed_value", "agreed_value", "kind", "line_id", "currency_id")
    def _compute_amounts(self):
        for dispute in self:
            dispute.amount_claimed = dispute._get_difference(dispute.claimed_value)
            dispute.amount_agreed = dispute._get_difference(dispute.agreed_value)

    @api.depends("state", "deadline")
    def _compute_is_late(self):
        today = self._get_today()
        for dispute in self:
            dispute.is_late = dispute.state == "open" and dispute.deadline < today

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "=", "open"), ("deadline", "<", self._get_today())]

    @api.model
    def _get_today(self):
        return self.env.company._scrm_local_day(fields.Datetime.now())

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        prepared = [self._prepare_vals(vals) for vals in vals_list]
        # Dealers are told by notices; they follow nothing of ours.
        unfollowed = self.with_context(mail_create_nosubscribe=True)
        disputes = super(ScrmSettlementDispute, unfollowed).create(prepared)
        disputes._check_claim()
        for statement, of_statement in disputes.grouped("statement_id").items():
            statement._hold_disputed_lines(of_statement.line_id)
        self.env["scrm.notice.rule"]._raise_event(disputes, "open")
        return disputes

    def _prepare_vals(self, vals):
        """Return the values of a new dispute; whose it is follows from its statement."""
        statement = self.env["scrm.settlement.statement"].browse(vals.get("statement_id"))
        if not statement:
            raise UserError(self.env._("Name the statement that is disputed."))
        statement.check_access("read")
        self._check_line(statement, self.env["scrm.settlement.line"].browse(vals.get("line_id")))
        if vals.get("kind") == "missing":
            self._check_missing_once(statement, vals)
        if any(vals.get(name) for name in ("resolution", *FLOW_FIELDS)):
            raise UserError(self.env._("A dispute is opened first and decided afterwards."))
        company = statement.company_id
        return {
            **vals,
            "name": self.env["ir.sequence"].with_company(company).next_by_code(self._name) or "/",
            "company_id": company.id,
            "partner_id": statement.partner_id.id,
            "identity_id": statement.sudo().identity_id.id,  # sudo: dealers read no handles
            "user_id": vals.get("user_id") or statement.sudo().user_id.id,
            "agreed_value": vals.get("agreed_value") or vals.get("claimed_value") or 0.0,
        }

    def write(self, vals):
        in_flow = self._flow_field in vals
        if vals.keys() & CLAIM_FIELDS or (not in_flow and vals.keys() & FLOW_FIELDS):
            raise UserError(
                self.env._(
                    "What a dispute claims is written once. Withdraw it and open another one."
                )
            )
        closed = self.filtered(lambda dispute: dispute.state != "open")
        if closed and vals.keys() & WORK_FIELDS:
            raise UserError(self.env._("%s is decided and stays as it is.", closed[0].name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Disputes are not deleted. Withdraw it instead."))

    def _check_line(self, statement, line):
        if statement.state == "cancel":
            raise UserError(
                self.env._("%s is cancelled; there is nothing to dispute.", statement.name)
            )
        if line and line.statement_id != statement:
            raise UserError(
                self.env._(
                    "“%(line)s” does not stand on %(statement)s: it may be disputed already.",
                    line=line.name,
                    statement=statement.name,
                )
            )

    def _check_missing_once(self, statement, vals):
        same = self.search_count(
            [
                ("statement_id", "=", statement.id),
                ("kind", "=", "missing"),
                ("state", "in", ("open", "accepted")),
                ("claimed_value", "=", vals.get("claimed_value") or 0.0),
                *(
                    (name, "=", vals.get(name) or False)
                    for name in ("item", "item_date", "item_ref")
                ),
            ],
            limit=1,
        )
        if same:
            # The index would refuse it too, but without the page to correct it on
            raise UserError(self.env._(CLAIMED_ALREADY))

    def _check_claim(self):
        """Refuse a dispute about nothing: it would hold up a line for no reason."""
        for dispute in self:
            if dispute.kind == "quantity" and dispute.line_id.source_type == "commission":
                raise UserError(
                    self.env._(
                        "“%s” is a share of an amount and has no quantity of its own: dispute its "
                        "price, which is all of it.",
                        dispute.line_id.name,
                    )
                )
            if dispute.currency_id.is_zero(dispute.amount_claimed):
                raise UserError(
                    self.env._(
                        "The claim on “%s” changes nothing. Give the value that you think right.",
                        dispute.line_id.name or dispute.item or dispute.statement_id.name,
                    )
                )
