from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.flow import Transition

_lt = LazyTranslate(__name__)

# How what a tier prices is documented; all but the customer invoice are owed by us.
DOCUMENT_MODES = [
    ("vendor_bill", "Vendor bill"),
    ("customer_credit_note", "Customer credit note"),
    ("customer_invoice", "Customer invoice"),
]
# What kind of deliveries the rules of a tier price.
SCOPES = [
    ("service", "Service: parts, labour, claims"),
    ("shipment", "Shipments"),
    ("commission", "Commissions and rebates"),
]
# Nobody hands their sources in: a rule without a first day prices none from before it was made.
PULLED_SCOPES = ("shipment", "commission")
# A closed tier still prices what happened while it was in force and is recorded late.
PRICING_STATES = ("active", "closed")
# What may change on an approved tier: how it is listed, and its end.
FREE_FIELDS = {"date_to", "rank", "state", "approved_by_id", "approved_at"}
CHANNEL_MANAGERS = ("scrm_settlement.group_scrm_settlement_channel_manager",)


class ScrmSettlementTier(models.Model):
    """A settlement level of the trade (standard, preferential, custom): a folder of rules.

    Its kind is what people call it; which rule wins is decided by the rules' specificity alone.
    Once approved, a tier and its rules stay as they are: a change is a new version. Tiers that
    an addon brought as its data are in force without an approval, and open to change until
    somebody approves them.
    """

    _name = "scrm.settlement.tier"
    _inherit = ["scrm.system.mixin", "mail.thread", "scrm.flow.mixin"]
    _system_fields = frozenset({"approved_by_id", "approved_at", "version", "previous_id"})
    _description = "Settlement Tier"
    _order = "rank, id"
    _check_company_auto = True

    _flow_transitions = (
        Transition(
            "approve", ("draft", "active"), "active", _lt("Approve"), groups=CHANNEL_MANAGERS
        ),
        Transition("close", "active", "closed", _lt("Close"), groups=CHANNEL_MANAGERS),
    )

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        selection=[
            ("standard", "Standard"),
            ("preferential", "Preferential"),
            ("custom", "Custom"),
        ],
        required=True,
        default="standard",
    )
    document_mode = fields.Selection(
        selection=DOCUMENT_MODES,
        string="Settled by",
        required=True,
        default="vendor_bill",
        help="What a statement of this tier becomes in Invoicing: we pay the dealer by vendor "
        "bill or credit his account as a customer, or we invoice him. A negative statement "
        "becomes the opposite document.",
    )
    scope = fields.Selection(
        selection=SCOPES,
        required=True,
        default="service",
        help="The rules of the tier price what dealers earn by service, by shipping our goods or "
        "by selling them, and nothing else.",
    )
    rank = fields.Integer(default=10, help="Order in lists.")
    active = fields.Boolean(default=True)
    state = fields.Selection(
        selection=[("draft", "Draft"), ("active", "In force"), ("closed", "Closed")],
        string="Status",
        required=True,
        readonly=True,
        copy=False,
        default="active",
        tracking=True,
    )
    approved_by_id = fields.Many2one(
        comodel_name="res.users", string="Approved by", readonly=True, copy=False
    )
    approved_at = fields.Datetime(string="Approved on", readonly=True, copy=False)
    date_from = fields.Date(string="First Day", tracking=True)
    date_to = fields.Date(string="Last Day", tracking=True, help="Included.")
    version = fields.Integer(default=1, readonly=True, copy=False)
    previous_id = fields.Many2one(
        comodel_name="scrm.settlement.tier",
        string="Earlier Version",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    description = fields.Text(
        translate=True, help="For whom this tier is, in the words of the contract."
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Default Currency",
        help="New rules of the tier have their fixed prices in it.",
    )
    scenario_ids = fields.Many2many(
        comodel_name="scrm.settlement.scenario",
        relation="scrm_settlement_tier_scenario_rel",
        string="Default Scenarios",
        check_company=True,
        help="New rules of the tier begin with these. What counts is what the rule says.",
    )
    region_ids = fields.Many2many(
        comodel_name="scrm.region",
        relation="scrm_settlement_tier_region_rel",
        string="Default Regions",
    )
    grade_ids = fields.Many2many(
        comodel_name="res.partner.grade",
        relation="scrm_settlement_tier_grade_rel",
        string="Default Levels",
        check_company=True,
    )
    rule_ids = fields.One2many(
        comodel_name="scrm.settlement.rule", inverse_name="tier_id", string="Rules", copy=True
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_from IS NULL OR date_to IS NULL OR date_to >= date_from OR state = 'closed')",
        "The last day of a tier cannot be before its first day.",
    )
    _closed_ends = models.Constraint(
        "CHECK (state <> 'closed' OR date_to IS NOT NULL)", "A closed tier has a last day."
    )

    # === CRUD === #

    @api.model
    def _flow_get_initial(self, vals=None):
        """Start as a draft wherever a person makes it; an addon's own data is in force at once."""
        state = (vals or {}).get("state") or self.env.context.get("default_state")
        return "active" if self.env.su and state != "draft" else "draft"

    def write(self, vals):
        if any(
            name not in FREE_FIELDS and not name.startswith(("message_", "activity_"))
            for name in vals
        ):
            self._check_open()
        res = super().write(vals)
        if vals.keys() & {"active", "state", "scope", "date_from", "date_to", "company_id"}:
            self.env["scrm.settlement.key"]._sync(self.with_context(active_test=False).rule_ids)
        return res

    def _check_open(self):
        """Refuse changes of what was approved."""
        for tier in self:
            if tier.approved_by_id:
                raise UserError(
                    self.env._(
                        "“%(tier)s” was approved by %(user)s and stays as it is; only its last day "
                        "may change. Make a new version and change that one.",
                        tier=tier.name,
                        user=tier.approved_by_id.name,
                    )
                )

    # === ACTIONS === #

    def action_approve(self):
        for tier in self:
            tier._move_along(
                "approve", approved_by_id=self.env.uid, approved_at=fields.Datetime.now()
            )
        return True

    def action_close(self):
        for tier in self:
            today = tier.company_id._scrm_local_day(fields.Datetime.now())
            # One that has not begun ends before its first day: it was never in force
            tier._move_along("close", date_to=min(tier.date_to or today, today))
        return True

    def action_new_version(self):
        """Copy the tier as a draft; approving the copy ends this one the day before."""
        self.ensure_one()
        self.check_access("write")
        today = self.company_id._scrm_local_day(fields.Datetime.now())
        draft = self.with_context(default_state="draft").copy(
            {
                "name": self.name,
                "date_from": max(today, self.date_from or today) + timedelta(days=1),
                "date_to": False,
            }
        )
        # sudo: which version follows which is the system's to say
        draft.sudo().write({"version": self.version + 1, "previous_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": draft.id,
            "views": [(False, "form")],
        }

    def action_open_rules(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_rule_action"
        )
        action["domain"] = [("tier_id", "=", self.id)]
        action["context"] = {"default_tier_id": self.id}
        return action

    # === FLOW === #

    def _flow_check(self, transition, vals):
        if transition.key != "approve":
            return
        if self.approved_by_id:
            raise UserError(self.env._("“%s” is approved already.", self.name))
        if not self.rule_ids:
            raise UserError(
                self.env._("“%s” has no rules yet. Add them, then approve it.", self.name)
            )
        previous = self.previous_id
        follows = [("previous_id", "=", previous.id), ("state", "!=", "draft")]
        if previous and self.search_count(follows, limit=1):
            # Both would be in force at once
            raise UserError(
                self.env._(
                    "Another version follows “%s” already. Make a new version of that one.",
                    previous.name,
                )
            )
        if previous.state == "active" and (
            not self.date_from or (previous.date_from and self.date_from <= previous.date_from)
        ):
            raise UserError(
                self.env._(
                    "A new version begins after the earlier one began. Give “%s” a later first "
                    "day.",
                    self.name,
                )
            )

    def _flow_after(self, transition):
        res = super()._flow_after(transition)
        previous = self.previous_id
        if transition.key == "approve" and previous.state == "active":
            last_day = self.date_from - timedelta(days=1)
            previous._move_along("close", date_to=min(previous.date_to or last_day, last_day))
        return res
