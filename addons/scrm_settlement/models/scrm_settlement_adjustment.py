from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.scrm_base.tools.append_only import protect

from .scrm_settlement_line import REPOINTED_COLUMNS
from .scrm_settlement_tier import DOCUMENT_MODES


class ScrmSettlementAdjustment(models.Model):
    """The document behind a line that a person adds: who corrected what, and why.

    A record that stays, because every line of the journal opens its source. It is written once;
    the second pair of eyes looks at the statement.
    """

    _name = "scrm.settlement.adjustment"
    _description = "Settlement Adjustment"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    kind = fields.Selection(
        selection=[("adjustment", "Adjustment"), ("return", "Return")],
        required=True,
        default="adjustment",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, default=lambda self: self.env.company
    )
    origin_line_id = fields.Many2one(
        comodel_name="scrm.settlement.line",
        string="Line",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="The line that is corrected or returned.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        compute="_compute_from_origin",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
        domain="[('parent_id', '=', False)]",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        compute="_compute_from_origin",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        ondelete="restrict",
        check_company=True,
    )
    date = fields.Date(string="Day", required=True, default=lambda self: self._default_date())
    quantity = fields.Float(
        digits="Product Unit",
        required=True,
        default=1.0,
        help="Negative takes away. Of a return: what comes back, or of a commission the value of "
        "what was sold.",
    )
    pricing = fields.Selection(
        selection=[("rules", "By the rules"), ("amount", "This amount")],
        required=True,
        default="rules",
    )
    amount = fields.Monetary(help="Without taxes. Negative takes away.")
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        ondelete="restrict",
    )
    document_mode = fields.Selection(
        selection=DOCUMENT_MODES,
        string="Settled by",
        compute="_compute_from_origin",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    reason = fields.Text(required=True)
    line_id = fields.Many2one(
        comodel_name="scrm.settlement.line", string="Settlement Line", compute="_compute_line_id"
    )

    _amount_given = models.Constraint(
        "CHECK (pricing = 'rules' OR COALESCE(amount, 0) <> 0)",
        "Enter the amount of the adjustment.",
    )
    _quantity_given = models.Constraint(
        "CHECK (CASE kind WHEN 'return' THEN quantity > 0 ELSE quantity <> 0 END)",
        "Enter a quantity. What comes back is more than 0.",
    )
    _return_has_origin = models.Constraint(
        "CHECK (kind <> 'return' OR (origin_line_id IS NOT NULL AND pricing = 'rules'))",
        "A return takes back part of a line at its price: choose the line.",
    )

    def init(self):
        protect(self.env.cr, self._table, REPOINTED_COLUMNS)

    @api.model
    def _default_date(self):
        return self.env.company._scrm_local_day(fields.Datetime.now())

    @api.depends("kind", "reason")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for adjustment in self:
            reason = (adjustment.reason or "").strip().split("\n")[0][:60]
            adjustment.name = f"{kinds.get(adjustment.kind, '')}: {reason}"

    @api.depends("origin_line_id")
    def _compute_from_origin(self):
        for adjustment in self:
            origin = adjustment.origin_line_id
            adjustment.partner_id = origin.partner_id or adjustment.partner_id
            adjustment.product_id = origin.product_id or adjustment.product_id
            adjustment.document_mode = (
                origin.document_mode or adjustment.document_mode or "vendor_bill"
            )

    @api.depends("origin_line_id", "company_id")
    def _compute_currency_id(self):
        for adjustment in self:
            company = adjustment.company_id or self.env.company
            adjustment.currency_id = adjustment.origin_line_id.currency_id or company.currency_id

    def _compute_line_id(self):
        lines = self.env["scrm.settlement.line"].search(
            [("source_model", "=", self._name), ("source_id", "in", self.ids)]
        )
        by_source = {line.source_id: line for line in lines}
        for adjustment in self:
            adjustment.line_id = by_source.get(adjustment.id, False)

    @api.model_create_multi
    def create(self, vals_list):
        adjustments = super().create(vals_list)
        adjustments.flush_recordset()
        for adjustment in adjustments:
            adjustment._record()
        return adjustments

    def write(self, vals):
        if vals:
            raise UserError(
                self.env._("An adjustment is written once. Add another one that corrects it.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Adjustments are kept: add another one that corrects it."))

    def action_open_line(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.settlement.line",
            "res_id": self.line_id.id,
            "views": [(False, "form")],
        }

    def _record(self):
        """Write what the adjustment says into the journal."""
        self.ensure_one()
        Line = self.env["scrm.settlement.line"]
        moment = self.company_id._scrm_local_noon(self.date)
        if self.kind == "return":
            return self.origin_line_id._record_return(
                self.quantity, source_model=self._name, source_id=self.id, occurred_at=moment
            )
        vals = {
            "source_type": "adjustment",
            "source_model": self._name,
            "source_id": self.id,
            "origin_line_id": self.origin_line_id.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "product_id": self.product_id.id,
            "quantity": self.quantity,
            "scenario_id": self.origin_line_id.scenario_id.id,
            "occurred_at": moment,
            "name": self.name,
        }
        if self.pricing == "rules":
            return Line._record_sources([vals])
        return Line._record_amount(
            vals,
            self.amount,
            currency=self.currency_id,
            document_mode=self.document_mode,
            note=self.reason,
        )
