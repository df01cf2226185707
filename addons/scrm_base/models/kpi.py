from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_amount, formatLang


class ScrmKpi(models.Model):
    """A key figure of the customers as a whole: a row for each, so that a screen can list them.

    What a KPI counts is said once, in its method ``_define_<code>()``: the number, the text and
    the list behind it follow from that.
    """

    _name = "scrm.kpi"
    _description = "Customer KPI"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, readonly=True)
    code = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(default=10, required=True, readonly=True)
    kpi_set = fields.Selection(
        selection=[("customer", "Customers"), ("member", "Loyalty members"), ("fan", "Fans")],
        string="Of",
        required=True,
        readonly=True,
        group_expand=True,
    )
    has_source = fields.Boolean(compute="_compute_value")
    source_hint = fields.Char(string="Where the Number Comes From", compute="_compute_value")
    value = fields.Float(compute="_compute_value", digits=(16, 4))
    value_text = fields.Char(string="Result", compute="_compute_value")
    period = fields.Char(compute="_compute_value")
    numerator_text = fields.Char(string="Counted", compute="_compute_value")
    numerator_label = fields.Char(string="What", compute="_compute_value")
    denominator_text = fields.Char(string="Divided By", compute="_compute_value")
    denominator_label = fields.Char(string="Of What", compute="_compute_value")

    _code_uniq = models.Constraint("UNIQUE (code)", "Two KPIs cannot have the same code.")

    @api.depends("code")
    @api.depends_context("company", "lang")
    def _compute_value(self):
        for kpi in self:
            definition = kpi._define()
            kpi.update(kpi._prepare_no_value() if not definition else kpi._evaluate(definition))

    def _prepare_no_value(self):
        """Return what a KPI shows that nothing installed can count."""
        return {
            "has_source": False,
            "source_hint": self._get_source_hint(),
            "value": 0,
            "value_text": self.env._("No source installed"),
            "period": False,
            "numerator_text": False,
            "numerator_label": False,
            "denominator_text": False,
            "denominator_label": False,
        }

    def _get_source_hint(self):
        """Return the sentence that says where the number of a KPI without a source comes from."""
        if self.code == "referral":
            return self.env._(
                "Not measured: nothing here records who brought whom. The number comes with a "
                "referral programme."
            )
        return self.env._("Not measured: no installed app knows what is counted here.")

    def _evaluate(self, definition):
        """Return the values of the computed fields."""
        top, bottom = self._count(definition.numerator), self._count(definition.denominator)
        value = top / bottom if bottom else 0
        return {
            "has_source": True,
            "source_hint": False,
            "value": value,
            "value_text": self._format(value, definition.unit) if bottom else "–",
            "period": (
                self.env._("Last %s days", definition.days)
                if definition.days
                else self.env._("All time")
            ),
            "numerator_text": self._format_part(top, definition.numerator),
            "numerator_label": definition.numerator.label,
            "denominator_text": self._format_part(bottom, definition.denominator),
            "denominator_label": definition.denominator.label,
        }

    def _count(self, part):
        """Return a part's number, in one query of the database."""
        # sudo: the number is of the whole company, whoever looks; the list behind it keeps the
        # reader's own rights.
        records_sudo = self.env[part.model].sudo()
        records_sudo.env.flush_all()
        query = records_sudo._search(part.domain, bypass_access=True)
        measure = SQL("COALESCE(%s, 0)", part.measure) if part.measure else SQL("COUNT(*)")
        return float(self.env.execute_query(query.select(measure))[0][0])

    def _format(self, value, unit):
        if unit == "percent":
            return self.env._("%s %%", formatLang(self.env, value * 100, digits=1))
        if unit == "amount":
            return format_amount(self.env, value, self.env.company.currency_id)
        return formatLang(self.env, value, digits=2)

    def _format_part(self, number, part):
        if part.is_amount:
            return format_amount(self.env, number, self.env.company.currency_id)
        return formatLang(self.env, number, digits=0)

    # === DEFINITIONS === #

    def _define(self):
        """Return the KPI's Definition for the current company, or None without a source."""
        self.ensure_one()
        return getattr(self, f"_define_{self.code}")()

    @api.model
    def _get_first_day(self, days):
        """Return the first of the last days, today included, where the company lives."""
        return self.env.company._scrm_get_today() - timedelta(days=days - 1)

    @api.model
    def _get_start(self, days):
        """Return the moment when the first of the last days began, for a domain."""
        start = self.env.company._scrm_get_day_start(self._get_first_day(days))
        return fields.Datetime.to_string(start)

    # === ACTIONS === #

    def action_view_numerator(self):
        """Open the records that the upper number counts."""
        return self._view_part("numerator")

    def action_view_denominator(self):
        """Open the records that the lower number counts."""
        return self._view_part("denominator")

    def _view_part(self, name):
        self.ensure_one()
        definition = self._define()
        if not definition:
            raise UserError(
                self.env._("Nothing that is installed knows what %s would count.", self.name)
            )
        part = getattr(definition, name)
        return {
            "type": "ir.actions.act_window",
            # The labels go on from a number: alone they say nothing.
            "name": self.env._(
                "%(kpi)s: %(number)s %(what)s",
                kpi=self.name,
                number=self[f"{name}_text"],
                what=part.label,
            ),
            "res_model": part.model,
            "view_mode": "list,form",
            "domain": part.domain,
            "context": {"create": False},
        }
