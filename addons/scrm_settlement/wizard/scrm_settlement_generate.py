from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.scrm_settlement_run import BATCH
from ..models.scrm_settlement_statement_claim import NothingToSettle


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
        # An archived dealer is still one who is named
        context={"active_test": False},
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

    _dates_in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "The period cannot end before it begins."
    )

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
                domain.append(("partner_id", "in", wizard._get_named_dealers().ids))
            counts = dict(
                self.env["scrm.settlement.line"]._read_group(domain, ["state"], ["__count"])
            )
            wizard.pending_count = counts.get("pending", 0)
            wizard.no_price_count = counts.get("no_price", 0)

    def action_generate(self):
        """Make the statements now; for many dealers start a run and show how far it is."""
        self.ensure_one()
        dealers = self._get_dealers()
        if len(dealers) > BATCH:
            run = self.env["scrm.settlement.run"]._start(
                self.company_id, self.date_from, self.date_to, dealers
            )
            return {
                "type": "ir.actions.act_window",
                "res_model": run._name,
                "res_id": run.id,
                "views": [(False, "form")],
            }
        try:
            statements = self.env["scrm.settlement.statement"]._generate(
                self.company_id, self.date_from, self.date_to, self._get_named_dealers()
            )
        except NothingToSettle as error:
            # The browser shows the sentences of Odoo's own errors, and calls others a crash.
            raise UserError(str(error)) from error
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_statement_action"
        )
        action["context"] = {}
        if len(statements) == 1:
            action.update(res_id=statements.id, views=[(False, "form")])
        else:
            action["domain"] = [("id", "in", statements.ids)]
        return self._tell_left_out(action)

    def _get_named_dealers(self):
        """Return whom the named contacts are settled as, and were before they joined a company."""
        # _origin: in a form that is not saved yet the dealers are copies without an id
        return self.partner_ids._origin._scrm_get_journal_names()

    def _get_dealers(self):
        """Return the dealers with something to settle in the period."""
        domain = [
            ("company_id", "=", self.company_id.id),
            ("date", ">=", self.date_from),
            ("date", "<=", self.date_to),
            ("state", "in", ("pending", "counted")),
        ]
        if self.partner_ids:
            domain.append(("partner_id", "in", self._get_named_dealers().ids))
        groups = self.env["scrm.settlement.line"]._read_group(domain, ["partner_id"])
        return self.env["res.partner"].browse([partner.id for (partner,) in groups])

    def _tell_left_out(self, action):
        """Return the action, behind a message that names what the run left out."""
        left_out = self.env["scrm.settlement.statement"]._explain_left_out(
            self.company_id,
            self.date_from,
            self.date_to,
            self._get_named_dealers(),
            everything=False,
        )
        if not left_out:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": " ".join(left_out),
                "next": action,
            },
        }
