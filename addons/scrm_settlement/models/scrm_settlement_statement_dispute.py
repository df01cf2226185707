from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

# What a dealer sees of his statements: not how they come about.
SHOWN_STATES = ("submitted", "reviewed", "invoiced", "paid", "settled", "reversed")
CONFIRMATION = {"dealer_confirmed_at", "dealer_confirmed_by_id"}
# Leave to stamp it; an object of this process cannot be forged over RPC.
_STAMP = object()


class ScrmSettlementStatement(models.Model):
    _inherit = "scrm.settlement.statement"

    dispute_ids = fields.One2many(
        comodel_name="scrm.settlement.dispute", inverse_name="statement_id", readonly=True
    )
    dispute_count = fields.Integer(string="Disputes", compute="_compute_dispute_count")
    open_dispute_count = fields.Integer(string="Open Disputes", compute="_compute_dispute_count")
    dealer_confirmed_at = fields.Datetime(
        string="Confirmed by Dealer on", readonly=True, copy=False, tracking=True
    )
    dealer_confirmed_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Confirmed for the Dealer by",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )

    _confirmed_by_somebody = models.Constraint(
        "CHECK ((dealer_confirmed_at IS NULL) = (dealer_confirmed_by_id IS NULL))",
        "A confirmation has its person and its time.",
    )

    # === COMPUTE === #

    @api.depends("dispute_ids.state")
    def _compute_dispute_count(self):
        counts = {}
        groups = self.env["scrm.settlement.dispute"]._read_group(
            [("statement_id", "in", self.ids)], ["statement_id", "state"], ["__count"]
        )
        for statement, state, count in groups:
            total, still_open = counts.get(statement.id, (0, 0))
            counts[statement.id] = (total + count, still_open + count * (state == "open"))
        for statement in self:
            numbers = counts.get(statement.id, (0, 0))
            statement.dispute_count, statement.open_dispute_count = numbers

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_fields(vals.keys() & CONFIRMATION)
        self._refuse_fields(
            {name for name in CONFIRMATION if f"default_{name}" in self.env.context}
        )
        return super().create(vals_list)

    def write(self, vals):
        if self.env.context.get("_scrm_stamp") is not _STAMP:
            self._refuse_fields(vals.keys() & CONFIRMATION)
        return super().write(vals)

    # === ACTIONS === #

    def action_open_disputes(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_dispute_action"
        )
        action["domain"] = [("statement_id", "=", self.id)]
        action["context"] = {"default_statement_id": self.id, "search_default_open": 1}
        return action

    # === DISPUTES === #

    def _hold_disputed_lines(self, lines):
        """Take disputed lines off a statement that nobody has reviewed, so that the rest proceeds.

        What the dealer confirmed is no longer what he sees: he confirms again.
        """
        self.ensure_one()
        statement = self.sudo()  # sudo: a dealer disputes, the system follows
        statement._flow_lock()
        statement._stamp_confirmation(False)
        if not lines or statement.state not in ("draft", "submitted"):
            return
        lines.sudo().write({"statement_id": False, "state": "disputed"})
        if statement.line_ids or statement.state == "draft":
            statement._refresh_document()
        else:
            statement._action_return(self.env._("All its lines are disputed."))
            statement._update_totals()

    def _open_own_disputes(self, vals_list):
        """Open disputes in the name of the dealer who is logged in."""
        self.ensure_one()
        self._check_is_own()
        # sudo: dealers have no rights to write; whose statement it is was checked
        return (
            self.env["scrm.settlement.dispute"]
            .sudo()
            .create([{**vals, "statement_id": self.id} for vals in vals_list])
        )

    # === CONFIRMATION === #

    def _confirm_as_dealer(self):
        """Stamp that the dealer agrees with what stands here; once, unless he disputes later."""
        self.ensure_one()
        self._check_is_own()
        statement = self.sudo()  # sudo: as above
        statement._flow_lock()
        if statement.dealer_confirmed_at:
            raise UserError(
                self.env._(
                    "%(user)s confirmed %(statement)s already, on %(moment)s.",
                    user=statement.dealer_confirmed_by_id.name,
                    statement=statement.name,
                    moment=format_datetime(self.env, statement.dealer_confirmed_at),
                )
            )
        statement._stamp_confirmation(self.env.user)
        self.env["scrm.notice.rule"]._raise_event(statement, "dealer_confirm")

    def _stamp_confirmation(self, user):
        self.with_context(_scrm_stamp=_STAMP).write(
            {
                "dealer_confirmed_at": user and fields.Datetime.now(),
                "dealer_confirmed_by_id": user and user.id,
            }
        )

    def _check_is_own(self):
        """Refuse anybody but the dealer's own people, whatever the rules allow them to read."""
        self.check_access("read")
        if self.sudo().partner_id != self.env.user.partner_id.commercial_partner_id:
            raise AccessError(self.env._("This is the statement of another dealer."))
        if self.state not in SHOWN_STATES:
            raise AccessError(self.env._("This statement is not issued."))

    def _flow_after(self, transition):
        # A returned statement is worked on again: the dealer has not seen what comes of it.
        if transition.key == "return" and self.sudo().dealer_confirmed_at:
            self.sudo()._stamp_confirmation(False)
        return super()._flow_after(transition)

    @api.model
    def _notice_get_events(self):
        return [
            *super()._notice_get_events(),
            ("dealer_confirm", self.env._("Confirmed by the dealer")),
        ]

    def _notice_get_key(self, event):
        key = super()._notice_get_key(event)
        # Confirmed, disputed and confirmed again is told each time.
        return f"{key},{self.dealer_confirmed_at}" if event == "dealer_confirm" else key
