from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime, formatLang

from ..tools.segments import compare_date, compare_number

NUMBER_TYPES = ("integer", "float", "monetary")
DATE_TYPES = ("date", "datetime")
# When a row was made is no figure of the customer.
NO_FIGURES = ("id", "refreshed_at", "create_date", "write_date")
# Operators that count days back from today, and what they ask of the day that they come to.
DAYS_BACK = {"within": "since", "older": "before", "not_within": "not_since"}


class ScrmSegmentCondition(models.Model):
    """One comparison of a segment's definition with a customer's figures."""

    _name = "scrm.segment.condition"
    _description = "Condition on a Customer's Figures"
    _order = "sequence, id"
    _rec_name = "metric"

    segment_id = fields.Many2one(
        comodel_name="scrm.segment", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    metric = fields.Selection(
        selection="_selection_metric",
        string="Figure",
        required=True,
        default="order_count",
        help="A customer without any business has zero of everything, and no date.",
    )
    is_date = fields.Boolean(compute="_compute_is_date")
    operator = fields.Selection(
        selection=[
            (">=", "at least"),
            (">", "more than"),
            ("<=", "at most"),
            ("<", "less than"),
            ("=", "equal to"),
            ("!=", "different from"),
        ],
        required=True,
        default=">=",
    )
    date_operator = fields.Selection(
        selection=[
            ("within", "in the last … days"),
            ("older", "more than … days ago"),
            ("not_within", "not in the last … days, or never"),
            ("since", "on or after"),
            ("before", "before"),
            ("ever", "ever"),
            ("never", "never"),
        ],
        string="When",
        required=True,
        default="within",
    )
    value = fields.Float(digits=(16, 2))
    days = fields.Integer(default=90)
    date = fields.Date()

    _days_check = models.Constraint(
        "CHECK (days >= 0 AND days <= 36500)",
        "Days are counted back from today: write none to 36,500, which is a hundred years.",
    )
    _date_check = models.Constraint(
        "CHECK (date_operator NOT IN ('since', 'before') OR date IS NOT NULL)",
        "Say on or after, or before, which date.",
    )

    @api.model
    def _selection_metric(self):
        return [
            (name, field._description_string(self.env))
            for name, field in self.env["scrm.metric"]._fields.items()
            if field.type in NUMBER_TYPES + DATE_TYPES and field.store and name not in NO_FIGURES
        ]

    @api.depends("metric")
    def _compute_is_date(self):
        figures = self.env["scrm.metric"]._fields
        for condition in self:
            figure = figures.get(condition.metric)
            condition.is_date = bool(figure) and figure.type in DATE_TYPES

    @api.constrains("segment_id", "metric", "operator", "date_operator", "value", "days", "date")
    def _check_definition(self):
        self.flush_recordset()  # what the database refuses has a plainer sentence
        self.segment_id._check_definition()

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        conditions = super().create(vals_list)
        conditions.segment_id._mark_redefined()
        return conditions

    def write(self, vals):
        before = self.segment_id
        res = super().write(vals)
        (before | self.segment_id)._mark_redefined()
        return res

    def unlink(self):
        segments = self.segment_id
        res = super().unlink()
        segments._mark_redefined()
        return res

    # === WHAT IT MEANS === #

    def _get_customer_domain(self, env):
        """Return the conditions of a segment, all of which must hold, as a Domain on customers.

        The table of figures is gone through once for them all: a customer has one row of a company.

        :param env: the environment whose rights, rules and company apply
        """
        tests = [condition._get_test() for condition in self]
        company = self.segment_id.company_id or env.company
        domain = Domain.TRUE
        for operator, leaves in (
            ("in", [Domain(*test.leaf) for test in tests if test.has_row]),
            ("not in", [Domain(*test.leaf) for test in tests if not test.has_row]),
        ):
            if leaves:
                rows = Domain.AND(leaves) if operator == "in" else Domain.OR(leaves)
                query = env["scrm.metric"]._search(Domain("company_id", "=", company.id) & rows)
                domain &= Domain("id", operator, query.subselect("scrm_metric.customer_id"))
        return domain

    def _get_test(self):
        """Return the rows of figures to look for, see ``tools.segments``."""
        self.ensure_one()
        figure = self.env["scrm.metric"]._fields.get(self.metric)
        if figure is None:
            raise UserError(
                self.env._(
                    "There is no figure %s any more. Take the condition out of the segment.",
                    self.metric,
                )
            )
        if figure.type not in DATE_TYPES:
            return compare_number(figure.name, self.operator, self.value)
        # A line that is not saved yet knows its segment by the form alone.
        company = self.segment_id.company_id or self.env.company
        operator, limit = self.date_operator, self.date
        if operator in DAYS_BACK:
            limit = company._scrm_get_today() - timedelta(days=self.days)
            if operator != "older":
                limit += timedelta(days=1)  # the last days are those of the figures: today is one
            operator = DAYS_BACK[operator]
        if limit and figure.type == "datetime":
            limit = company._scrm_get_day_start(limit)
        return compare_date(figure.name, operator, limit)

    # === SAYING IT === #

    def _describe(self):
        """Return the condition as a phrase for people."""
        self.ensure_one()
        names = dict(self._fields["metric"]._description_selection(self.env))
        parts = [names.get(self.metric, self.metric)]
        field = "date_operator" if self.is_date else "operator"
        phrase = dict(self._fields[field]._description_selection(self.env))[self[field]]
        if not self.is_date:
            return " ".join([*parts, phrase, formatLang(self.env, self.value)])
        if self.date_operator in DAYS_BACK:
            return " ".join([*parts, phrase.replace("…", str(self.days))])
        if self.date_operator in ("since", "before"):
            return " ".join([*parts, phrase, format_date(self.env, self.date)])
        return " ".join([*parts, phrase])

    def _format_figure(self, figures):
        """Return a customer's figure as text.

        :param figures: scrm.metric, one row or none
        """
        value = figures[self.metric] if figures else False
        if not self.is_date:
            return formatLang(self.env, value or 0)
        if not value:
            return self.env._("never")
        figure = figures._fields[self.metric]
        formatted = format_date if figure.type == "date" else format_datetime
        return formatted(self.env, value)
