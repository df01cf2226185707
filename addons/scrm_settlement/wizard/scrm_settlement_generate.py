from dateutil.relativedelta import relativedelta

from odoo import api, fields, models


class ScrmSettlementGenerate(models.TransientModel):
    """Ask for dealers and period, and make the statements."""

    _name = "scrm.settlement.generate"
    _description = "Generate Statements"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, default=lambda self: self.env.company
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        string="Dealers",
        domain="[('parent_id', '=', False)]",
        help="Empty: every dealer with something to settle.",
    )
    date_from = fields.Date(
        string="First Day", required=True, default=lambda self: self._default_date_from()
    )
    date_to = fields.Date(
        string="Last Day",
        required=True,
        default=lambda self: self._default_date_from() + relativedelta(months=1, days=-1),
    )
    pending_count = fields.Integer(string="Lines to settle", compute="_compute_counts")
    no_price_count = fields.Integer(string="Lines without a price", compute="_compute_counts")

    @api.model
    def _default_date_from(self):
        """Return the first day of last month, where the company lives."""
        today = self.env.company._scrm_local_day(fields.Datetime.now())
        return today.replace(day=1) - relativedelta(months=1)

    @api.depends("company_id", "partner_ids", "date_from", "date_to")
    def _compute_counts(self):
        for wizard in self:
            domain = [
                ("company_id", "=", wizard.company_id.id),
                ("date", ">=", wizard.date_from),
                ("date", "<=", wizard.date_to),
                ("state", "in", ("pending", "no_price")),
            ]
            if wizard.partner_ids:
                # _origin: in a form that is not saved yet the dealers are copies without an id
                dealers = wizard.partner_ids._origin.commercial_partner_id
                domain.append(("partner_id", "in", dealers.ids))
            counts = dict(
                self.env["scrm.settlement.line"]._read_group(domain, ["state"], ["__count"])
            )
            wizard.pending_count = counts.get("pending", 0)
            wizard.no_price_count = counts.get("no_price", 0)

    def action_generate(self):
        self.ensure_one()
        statements = self.env["scrm.settlement.statement"]._generate(
            self.company_id, self.date_from, self.date_to, self.partner_ids
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_statement_action"
        )
        action["context"] = {}
        if len(statements) == 1:
            action.update(res_id=statements.id, views=[(False, "form")])
        else:
            action["domain"] = [("id", "in", statements.ids)]
        return action
