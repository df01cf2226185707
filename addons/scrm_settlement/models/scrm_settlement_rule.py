from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.resolution import Rule
from .scrm_settlement_tier import PULLED_SCOPES

# What the resolution's key table copies from a rule.
KEY_FIELDS = {
    *("active", "sequence", "tier_id", "target", "product_id", "category_id", "library_id"),
    *("partner_ids", "include_downline", "scenario_ids", "region_ids", "grade_ids"),
    *("date_from", "date_to"),
}


class ScrmSettlementRule(models.Model):
    """One line of a tier: for whom, for what and when, and the price that follows.

    Pricelists stay what they are, prices of orders: their ties go to the newest record, a rule
    knows no region or scenario, and nothing says why one won.
    """

    _name = "scrm.settlement.rule"
    _inherit = ["mail.thread"]
    _description = "Settlement Rule"
    _order = "tier_id, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    tier_id = fields.Many2one(
        comodel_name="scrm.settlement.tier",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
        tracking=True,
    )
    company_id = fields.Many2one(related="tier_id.company_id", store=True, index=True)

    target = fields.Selection(
        selection=[
            ("product", "Product"),
            ("category", "Product category"),
            ("library", "Library"),
            ("all", "Everything"),
        ],
        string="Applies to",
        required=True,
        default="all",
        tracking=True,
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
    )
    category_id = fields.Many2one(
        comodel_name="product.category", ondelete="restrict", index="btree_not_null"
    )
    library_id = fields.Many2one(
        comodel_name="scrm.library",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
    )

    # restrict: a rule that loses the only dealer or region it names would be one for everybody
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="scrm_settlement_rule_partner_rel",
        ondelete="restrict",
        string="Designated Dealers",
        domain="[('parent_id', '=', False)]",
        help="Empty: any dealer.",
    )
    include_downline = fields.Boolean(
        string="With Their Downline",
        tracking=True,
        help="The rule also holds for the dealers below the designated ones; a dealer's own name "
        "and a nearer upline go first.",
    )
    scenario_ids = fields.Many2many(
        comodel_name="scrm.settlement.scenario",
        relation="scrm_settlement_rule_scenario_rel",
        ondelete="restrict",
        string="Scenarios",
        check_company=True,
        help="Empty: any scenario.",
    )
    region_ids = fields.Many2many(
        comodel_name="scrm.region",
        relation="scrm_settlement_rule_region_rel",
        ondelete="restrict",
        string="Regions",
        help="Regions, groups of cities or designated accounts. Empty: everywhere.",
    )
    grade_ids = fields.Many2many(
        comodel_name="res.partner.grade",
        relation="scrm_settlement_rule_grade_rel",
        ondelete="restrict",
        string="Levels",
        check_company=True,
        help="Empty: any level.",
    )
    date_from = fields.Date(string="First Day", tracking=True)
    date_to = fields.Date(
        string="Last Day",
        tracking=True,
        help="Included: the rule ends where the next day begins in the company's time zone.",
    )

    method = fields.Selection(
        selection=[
            ("fixed", "Fixed price"),
            ("discount", "Discount on the base price"),
            ("margin", "Margin on the cost"),
            ("formula", "Formula on the base price"),
            ("percent", "Share of the source's amount"),
            ("pricelist", "Price of a pricelist"),
        ],
        string="Price Method",
        required=True,
        default="discount",
        tracking=True,
    )
    value = fields.Float(
        digits=(16, 6),
        min_display_digits=2,
        default=0,
        tracking=True,
        help="The price of one unit, or the percentage of the discount, margin or share. With "
        "brackets, theirs count instead.",
    )
    base = fields.Selection(
        selection=[
            ("library", "Standard price of the library"),
            ("list_price", "Sales price of the product"),
            ("cost", "Cost of the product"),
            ("source", "Unit price of the source document"),
        ],
        string="Base Price",
        required=True,
        default="library",
        tracking=True,
        help="What a discount or formula is taken from, and what measures amounts. A margin is "
        "always added to the product's cost.",
    )
    surcharge = fields.Float(
        digits=(16, 6), min_display_digits=2, default=0, help="Added after rounding, per unit."
    )
    price_min = fields.Float(string="At Least", digits=(16, 6), min_display_digits=2, default=0)
    price_max = fields.Float(
        string="At Most",
        digits=(16, 6),
        min_display_digits=2,
        default=0,
        help="0: no upper end.",
    )
    pricelist_id = fields.Many2one(
        comodel_name="product.pricelist",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
        help="The rule applies to what this pricelist has a price rule for.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="Currency of a fixed price.",
    )
    price_round = fields.Float(
        string="Round Prices to",
        digits=(16, 6),
        min_display_digits=2,
        default=lambda self: self.env.company.currency_id.rounding,
        help="The price of one unit becomes a multiple of this. 0 keeps up to six decimals.",
    )
    accumulation = fields.Selection(
        selection=[("line", "Each line"), ("period", "A period")],
        string="Measured Over",
        required=True,
        default="line",
        tracking=True,
        help="Each line is priced by its own quantity or amount; or lines are only counted, and "
        "with each settlement one true-up pays what the period has earned so far and was not "
        "paid yet.",
    )
    period = fields.Selection(
        selection=[
            ("contract", "The rule's days, else each year"),
            ("month", "Each month"),
            ("quarter", "Each quarter"),
            ("year", "Each calendar year"),
        ],
        string="Counted Anew",
        required=True,
        default="contract",
        tracking=True,
        help="When counting begins anew. A rule without a first and a last day counts for a year "
        "from its first day, or that of its tier, or the calendar's.",
    )
    basis = fields.Selection(
        selection=[("quantity", "Quantity"), ("amount", "Amount")],
        string="Brackets of",
        required=True,
        default="quantity",
        tracking=True,
    )
    bracket_mode = fields.Selection(
        selection=[
            ("whole", "The whole quantity or amount"),
            ("stepped", "The part inside it"),
        ],
        string="A Bracket Prices",
        required=True,
        default="whole",
        tracking=True,
        help="In parts, each bracket prices the part inside it: what lies below the first one "
        "gets nothing, so begin at 0.",
    )
    bracket_ids = fields.One2many(
        comodel_name="scrm.settlement.bracket",
        inverse_name="rule_id",
        string="Brackets",
        copy=True,
        help="Instead of one value. What falls into no bracket is not priced by this rule.",
    )
    price_label = fields.Char(string="Price", compute="_compute_price_label")
    scope_label = fields.Char(string="For", compute="_compute_scope_label")

    _dates_in_order = models.Constraint(
        "CHECK (date_from IS NULL OR date_to IS NULL OR date_to >= date_from)",
        "The last day of a rule cannot be before its first day.",
    )
    _round_not_negative = models.Constraint(
        "CHECK (price_round >= 0)", "Prices cannot be rounded to a negative step."
    )
    _value_in_range = models.Constraint(
        "CHECK (CASE method WHEN 'discount' THEN value <= 100 WHEN 'formula' THEN value <= 100 "
        "WHEN 'margin' THEN value > -100 ELSE value >= 0 END)",
        "The price of a rule would be negative: a fixed price or share is at least 0, a discount "
        "at most 100 %, a margin more than -100 %.",
    )
    _ends_in_order = models.Constraint(
        "CHECK (price_min >= 0 AND (price_max = 0 OR price_max >= price_min))",
        "A price is at least 0, and its upper end not below its lower one.",
    )
    _pricelist_given = models.Constraint(
        "CHECK ((method = 'pricelist') = (pricelist_id IS NOT NULL))",
        "Choose the pricelist that the price comes from, and only for that method.",
    )
    _period_method = models.Constraint(
        "CHECK (accumulation = 'line' OR method IN ('fixed', 'percent'))",
        "A period earns a fixed price for each unit or a share of its amount: choose one of these "
        "two price methods, or measure each line.",
    )
    _target_given = models.Constraint(
        "CHECK ((target = 'product') = (product_id IS NOT NULL) "
        "AND (target = 'category') = (category_id IS NOT NULL) "
        "AND (target = 'library') = (library_id IS NOT NULL))",
        "Choose the product, the category or the library that the rule applies to, and only that.",
    )

    # === CONSTRAINTS AND ONCHANGE === #

    @api.constrains("partner_ids")
    def _check_partners_are_dealers(self):
        for rule in self:
            contacts = rule.partner_ids.filtered(lambda p: p != p.commercial_partner_id)
            if contacts:
                raise ValidationError(
                    self.env._(
                        "Dealers are settled as companies. Name %(companies)s instead of "
                        "%(contacts)s.",
                        companies=", ".join(contacts.commercial_partner_id.mapped("display_name")),
                        contacts=", ".join(contacts.mapped("display_name")),
                    )
                )

    @api.onchange("target")
    def _onchange_target(self):
        for target, name in (
            ("product", "product_id"),
            ("category", "category_id"),
            ("library", "library_id"),
        ):
            if self.target != target:
                self[name] = False

    @api.onchange("method")
    def _onchange_method(self):
        if self.method != "pricelist":
            self.pricelist_id = False

    @api.onchange("accumulation")
    def _onchange_accumulation(self):
        if self.accumulation == "period" and self.method not in ("fixed", "percent"):
            self.method = "percent"

    @api.onchange("currency_id")
    def _onchange_currency_id(self):
        self.price_round = self.currency_id.rounding

    @api.onchange("tier_id")
    def _onchange_tier_id(self):
        """Begin a new rule with what its tier proposes."""
        tier = self.tier_id
        if self._origin or not tier:
            return
        self.currency_id = tier.currency_id or tier.company_id.currency_id
        self.price_round = self.currency_id.rounding
        self.scenario_ids = self.scenario_ids or tier.scenario_ids
        self.region_ids = self.region_ids or tier.region_ids
        self.grade_ids = self.grade_ids or tier.grade_ids

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules.tier_id._check_open()
        self.env["scrm.settlement.key"]._sync(rules)
        return rules

    def write(self, vals):
        if any(not name.startswith(("message_", "activity_")) for name in vals):
            self.tier_id._check_open()
        res = super().write(vals)
        self.tier_id._check_open()  # of a tier that the rule was moved to
        if vals.keys() & KEY_FIELDS:
            self.env["scrm.settlement.key"]._sync(self)
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        self.tier_id._check_open()

    # === ACTIONS === #

    def action_open_conflicts(self):
        """Open with which rules these conflict, or all that do, and what decides."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_conflict_action"
        )
        action["domain"] = (
            ["|", ("winner_id", "in", self.ids), ("loser_id", "in", self.ids)] if self else []
        )
        return action

    # === BUSINESS === #

    def _prepare_resolution_rule(self):
        """Return the rule as the resolution sees it, without the ORM."""
        self.ensure_one()
        item = self.product_id or self.category_id or self.library_id
        return Rule(
            id=self.id,
            target=self.target,
            target_id=item.id if self.target != "all" else 0,
            partners=frozenset(self.partner_ids.ids),
            scenarios=frozenset(self.scenario_ids.ids),
            regions=frozenset(self.region_ids.ids),
            grades=frozenset(self.grade_ids.ids),
            # The rule's own days, within those of its tier
            date_from=max(filter(None, (self.date_from, self.tier_id.date_from)), default=None),
            date_to=min(filter(None, (self.date_to, self.tier_id.date_to)), default=None),
            sequence=self.sequence,
            scope=self.tier_id.scope,
            downline=self.include_downline,
            since=self._get_day_made() if self.tier_id.scope in PULLED_SCOPES else None,
        )

    def _get_day_made(self):
        """Return the company's day on which the rule was made, its first one if it names none."""
        return self.company_id._scrm_local_day(self.create_date)
