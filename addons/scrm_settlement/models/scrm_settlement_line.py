from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.scrm_base.tools.append_only import protect

from .scrm_settlement_tier import DOCUMENT_MODES

# Filled when the line gets its price, which happens once.
PRICE_COLUMNS = (
    "tier_id",
    "document_mode",
    "rule_id",
    "bracket_id",
    "base_price",
    "price_unit",
    "amount",
    "currency_id",
    "scenario_id",
    "grade_id",
    "explanation",
)
# What a line is made from, as a number in its key: numbers are never used again.
SOURCE_NUMBERS = {
    "part": 1,
    "labour": 2,
    "shipment": 3,
    "return": 4,
    "commission": 5,
    "trueup": 6,
    "import": 7,
    "adjustment": 8,
}
# One source may become so many lines of a kind.
PARTS_PER_SOURCE = 1000
# Which tiers price a kind; the others are services.
SCOPES = {"shipment": "shipment", "commission": "commission"}
# Follow from statements and may be derived again; and the dealer, because core's merge of two
# contacts repoints every table by SQL, and refusing it would leave rows of nobody.
CACHE_COLUMNS = ("statement_id", "state", "twin_line_id")
REPOINTED_COLUMNS = ("partner_id",)


class ScrmSettlementLine(models.Model):
    """The settlement journal: what a dealer earned, once per source, with the reason of its price.

    Facts are written once (a database trigger keeps it so); a correction is another line. Which
    statement took the line, and its state, are caches.
    """

    _name = "scrm.settlement.line"
    _description = "Settlement Line"
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Description", required=True, readonly=True)
    # Found by the first column of _source_uniq
    company_id = fields.Many2one(comodel_name="res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        required=True,
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    source_type = fields.Selection(
        selection=[
            ("part", "Spare part"),
            ("labour", "Labour"),
            ("shipment", "Shipment"),
            ("return", "Return"),
            ("commission", "Commission"),
            ("trueup", "True-up"),
            ("import", "Imported claim"),
            ("adjustment", "Adjustment"),
        ],
        string="Kind",
        required=True,
        readonly=True,
    )
    source_model = fields.Char(required=True, readonly=True)
    source_id = fields.Many2oneReference(
        model_field="source_model", string="Source ID", required=True, readonly=True
    )
    source_model_number = fields.Integer(
        readonly=True,
        required=True,
        default=0,
        help="The number of the source's model: it keeps the journal's key narrow, and an app that "
        "is removed and installed again counts its sources anew.",
    )
    component = fields.Integer(
        readonly=True,
        required=True,
        default=0,
        help="Kind and part of the source in one number, because a source may be settled in parts.",
    )
    source_label = fields.Char(string="Source", compute="_compute_source_label")
    origin_line_id = fields.Many2one(
        comodel_name="scrm.settlement.line",
        string="Origin",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    occurred_at = fields.Datetime(string="When", required=True, readonly=True)
    date = fields.Date(
        string="Day",
        required=True,
        readonly=True,
        help="The day in the company's time zone: it decides period and price.",
    )
    # Found by the first column of _item_idx
    product_id = fields.Many2one(
        comodel_name="product.product",
        required=True,
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    uom_id = fields.Many2one(
        comodel_name="uom.uom", string="Unit", required=True, readonly=True, ondelete="restrict"
    )
    quantity = fields.Float(digits="Product Unit", required=True, readonly=True)
    source_amount = fields.Monetary(
        string="Value of Source",
        currency_field="company_currency_id",
        readonly=True,
        help="What the goods were sold for, without taxes, in the company's currency: rebates and "
        "commissions are a share of it.",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )

    # Found by its rules
    tier_id = fields.Many2one(
        comodel_name="scrm.settlement.tier", readonly=True, ondelete="restrict"
    )
    document_mode = fields.Selection(
        selection=DOCUMENT_MODES, string="Settled by", readonly=True, help="As its tier says."
    )
    rule_id = fields.Many2one(
        comodel_name="scrm.settlement.rule", readonly=True, ondelete="restrict", index=True
    )
    bracket_id = fields.Many2one(
        comodel_name="scrm.settlement.bracket",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    scenario_id = fields.Many2one(
        comodel_name="scrm.settlement.scenario", readonly=True, ondelete="restrict"
    )
    grade_id = fields.Many2one(
        comodel_name="res.partner.grade", string="Level", readonly=True, ondelete="restrict"
    )
    base_price = fields.Float(aggregator=None, digits=(16, 6), min_display_digits=2, readonly=True)
    price_unit = fields.Float(
        aggregator=None, string="Unit Price", digits=(16, 6), min_display_digits=2, readonly=True
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True, ondelete="restrict")
    amount = fields.Monetary(
        readonly=True,
        help="Quantity × unit price. Taxes are computed over the whole statement, as on a bill.",
    )
    # The largest column, which few ask for
    explanation = fields.Json(readonly=True, prefetch=False)
    price_reason = fields.Text(string="Why this Price", compute="_compute_price_reason")
    correction_ids = fields.One2many(
        comodel_name="scrm.settlement.line", inverse_name="origin_line_id", string="Corrections"
    )
    correction_count = fields.Integer(compute="_compute_correction_count")

    statement_id = fields.Many2one(
        comodel_name="scrm.settlement.statement",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
    )
    statement_state = fields.Selection(related="statement_id.state", string="Statement Status")
    state = fields.Selection(
        selection=[
            ("no_price", "No price"),
            ("pending", "To settle"),
            ("counted", "Counted for the period"),
            ("claimed", "On a statement"),
            ("disputed", "Disputed"),
            ("held", "Settled already?"),
            ("covered", "Settled by another line"),
        ],
        required=True,
        readonly=True,
    )

    _source_uniq = models.Constraint(
        "UNIQUE (company_id, source_model_number, source_id, component)",
        "This source is in the settlement journal already; it is settled exactly once.",
    )
    _claimed_has_statement = models.Constraint(
        "CHECK ((state = 'claimed') = (statement_id IS NOT NULL))",
        "A line is on a statement, or it is not.",
    )
    _priced = models.Constraint(
        "CHECK (state IN ('no_price', 'held', 'covered') OR (price_unit IS NOT NULL "
        "AND amount IS NOT NULL "
        "AND currency_id IS NOT NULL AND document_mode IS NOT NULL))",
        "A line without a price cannot be settled.",
    )
    _item_idx = models.Index("(product_id, partner_id)")
    _counted_idx = models.Index("(company_id, rule_id, partner_id) WHERE state = 'counted'")
    _trueup_idx = models.Index("(company_id, rule_id, partner_id) WHERE source_type = 'trueup'")
    _pending_idx = models.Index(
        "(company_id, partner_id, document_mode, currency_id, date) WHERE statement_id IS NULL"
    )

    def init(self):
        # A claim moves a hundred thousand rows and names only caches
        protect(
            self.env.cr,
            self._table,
            (*CACHE_COLUMNS, *PRICE_COLUMNS, *REPOINTED_COLUMNS),
            facts_only=True,
        )

    # === COMPUTE === #

    @api.depends("source_model", "source_id")
    def _compute_source_label(self):
        for line in self:
            record = line._get_source_document()
            # A reader of the journal need not be a reader of its sources
            label = record.display_name if record and record.has_access("read") else ""
            # A record without a name of its own calls itself by its model
            has_name = label and label != f"{record._name},{record.id}"
            line.source_label = label if has_name else line.name

    @api.depends("correction_ids")
    def _compute_correction_count(self):
        counts = dict(
            self._read_group([("origin_line_id", "in", self.ids)], ["origin_line_id"], ["__count"])
        )
        for line in self:
            line.correction_count = counts.get(line, 0)

    @api.depends_context("lang")
    @api.depends("explanation", "price_unit", "currency_id")
    def _compute_price_reason(self):
        describe = self.env["scrm.settlement.rule"]._describe_explanation
        for line in self:
            line.price_reason = describe(line.explanation, line.price_unit, line.currency_id)

    # === CRUD === #

    def write(self, vals):
        facts = vals.keys() - {*CACHE_COLUMNS, *PRICE_COLUMNS}
        if facts:
            raise UserError(
                self.env._(
                    "The facts of a settlement line are written once. Record a return or an "
                    "adjustment instead."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Settlement lines are kept for ever."))

    # === ACTIONS === #

    def action_adjust(self):
        """Ask for an adjustment that corrects this line."""
        return self._open_new_adjustment("adjustment", 1.0)

    def action_return(self):
        """Ask how much of this line comes back."""
        self.ensure_one()
        left = self._get_settled_measure() - self._get_returned_measure()
        return self._open_new_adjustment("return", left)

    def _open_new_adjustment(self, kind, quantity):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_adjustment_action_new"
        )
        action["context"] = {
            "default_kind": kind,
            "default_origin_line_id": self.id,
            "default_company_id": self.company_id.id,
            "default_quantity": quantity,
        }
        return action

    def action_open_corrections(self):
        """Open the returns, adjustments and true-ups of this line."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Corrections"),
            "res_model": self._name,
            "views": [(False, "list"), (False, "form")],
            "domain": [("origin_line_id", "=", self.id)],
        }

    def action_open_source(self):
        self.ensure_one()
        record = self._get_source_document()
        if not record:
            raise UserError(
                self.env._(
                    "The source of this line is gone: its record was deleted or its app removed. "
                    "The line itself stays."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def action_find_price(self):
        """Price the lines that had no rule when they were recorded."""
        self.check_access("read")
        if not self.env.user.has_groups(
            "scrm_settlement.group_scrm_settlement_preparer,"
            "scrm_settlement.group_scrm_settlement_reviewer"
        ):
            raise UserError(self.env._("Prices are found by those who prepare settlements."))
        unpriced = self.filtered(lambda line: line.state == "no_price")
        priced = unpriced._find_prices()
        missing = len(unpriced) - len(priced)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if missing else "success",
                "message": self.env._(
                    "%(priced)s lines priced, %(missing)s still without a rule.",
                    priced=len(priced),
                    missing=missing,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _get_source(self):
        """Return the source record, empty when it or its model is gone.

        A model that was removed and came again has another number, and other records.
        """
        self.ensure_one()
        number = self.env["ir.model"]._get_id(self.source_model) or 0
        if self.source_model not in self.env or self.source_model_number != number:
            return self.browse()
        return self.env[self.source_model].browse(self.source_id).exists()

    def _get_source_document(self):
        """Return what people know the source by: the source itself, or the document around it."""
        return self._get_document_of(self._get_source())

    @api.model
    def _get_document_of(self, source):
        """Return the document that people know a source by: a move's transfer, a line's invoice."""
        # sudo: which document it is; opening it asks for the reader's own rights
        if source._name == "stock.move":
            return (source.sudo().picking_id or source).with_env(source.env)
        if source._name == "account.move.line":
            return source.sudo().move_id.with_env(source.env)
        return source
