from odoo import Command, api, fields, models

from ..models.scrm_settlement_tier import SCOPES


class ScrmSettlementPriceTester(models.TransientModel):
    """Show which rule would price a delivery, and why every other one would not."""

    _name = "scrm.settlement.price.tester"
    _description = "Price Tester"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Dealer", domain="[('parent_id', '=', False)]"
    )
    product_id = fields.Many2one(comodel_name="product.product")
    quantity = fields.Float(digits="Product Unit", default=1.0)
    date = fields.Date(
        string="Day",
        default=lambda self: self.env.company._scrm_local_day(fields.Datetime.now()),
    )
    scope = fields.Selection(selection=SCOPES, required=True, default="service")
    amount_source = fields.Monetary(
        string="Amount of the Source",
        help="What an invoice line or order came to, for shares of it and brackets of amounts.",
    )
    scenario_id = fields.Many2one(
        comodel_name="scrm.settlement.scenario",
        compute="_compute_scenario_id",
        store=True,
        readonly=False,
    )
    grade_id = fields.Many2one(related="partner_id.grade_id", string="Level")
    region_label = fields.Char(string="Regions", compute="_compute_region_label")
    candidate_ids = fields.One2many(
        comodel_name="scrm.settlement.price.candidate",
        inverse_name="tester_id",
        string="Rules",
        compute="_compute_candidates",
        store=True,
        readonly=True,
    )
    price_unit = fields.Float(
        string="Unit Price",
        digits=(16, 6),
        min_display_digits=2,
        compute="_compute_candidates",
        store=True,
    )
    amount = fields.Monetary(compute="_compute_candidates", store=True)
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_candidates", store=True
    )
    result = fields.Text(compute="_compute_candidates", store=True)

    @api.depends_context("lang")
    def _compute_display_name(self):
        self.display_name = self.env._("Price Tester")

    @api.depends("partner_id")
    def _compute_scenario_id(self):
        for tester in self:
            tester.scenario_id = tester.partner_id.scrm_scenario_id

    @api.depends("partner_id")
    def _compute_region_label(self):
        for tester in self:
            regions = self.env["scrm.region"]
            if tester.partner_id:
                regions = regions._get_regions_of_partner(tester.partner_id._origin)
            tester.region_label = " · ".join(regions.mapped("name"))

    @api.depends(
        *("company_id", "partner_id", "product_id", "quantity", "date", "scenario_id"),
        *("scope", "amount_source"),
    )
    def _compute_candidates(self):
        Rule = self.env["scrm.settlement.rule"]
        for tester in self:
            tester.candidate_ids = [Command.clear()]
            tester.update({"price_unit": 0, "amount": 0, "currency_id": False, "result": ""})
            if not (tester.partner_id and tester.product_id and tester.date):
                continue
            # Computed in superuser mode, and before a rule could look at the company
            if tester.company_id not in self.env.user.company_ids:
                continue
            [resolution] = Rule._resolve(
                tester.company_id,
                [
                    {
                        "partner": tester.partner_id._origin,
                        "product": tester.product_id._origin,
                        "day": tester.date,
                        "scenario": tester.scenario_id._origin,
                        "scope": tester.scope,
                        "quantity": tester.quantity,
                        "amount": tester.amount_source,
                    }
                ],
                all_rules=True,
            )
            currency = resolution["currency"]
            price = resolution["price_unit"]
            tester.candidate_ids = [
                Command.create(tester._prepare_candidate_vals(position, verdict))
                for position, verdict in enumerate(resolution["verdicts"], start=1)
            ]
            tester.currency_id = currency
            tester.price_unit = price or 0
            tester.amount = currency.round(tester.quantity * (price or 0))
            tester.result = Rule._describe_explanation(
                {**resolution["explanation"], "lost": []}, price or 0, currency
            )

    def _prepare_candidate_vals(self, position, verdict):
        describe = self.env["scrm.settlement.rule"]._describe_reason
        return {
            "position": position,
            "rule_id": verdict.rule,
            "outcome": verdict.outcome,
            "price_unit": float(verdict.price or 0),
            "reason": describe(verdict.outcome, verdict.reason),
        }


class ScrmSettlementPriceCandidate(models.TransientModel):
    """One rule on the price tester's screen."""

    _name = "scrm.settlement.price.candidate"
    _description = "Candidate Rule"
    _order = "position, id"

    tester_id = fields.Many2one(
        comodel_name="scrm.settlement.price.tester", required=True, ondelete="cascade"
    )
    position = fields.Integer(string="#")
    rule_id = fields.Many2one(comodel_name="scrm.settlement.rule", readonly=True)
    tier_id = fields.Many2one(related="rule_id.tier_id", related_sudo=False)
    scope_label = fields.Char(related="rule_id.scope_label", related_sudo=False)
    price_label = fields.Char(related="rule_id.price_label", related_sudo=False)
    outcome = fields.Selection(
        selection=[("won", "Applies"), ("lost", "Loses"), ("mismatch", "Does not fit")],
        readonly=True,
    )
    price_unit = fields.Float(
        string="Unit Price", digits=(16, 6), min_display_digits=2, readonly=True
    )
    reason = fields.Char(readonly=True)
