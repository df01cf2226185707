"""A customer's metrics in the current company."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.metric_scope import QUARTER_DAYS, YEAR_DAYS


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    metric_id = fields.Many2one(
        comodel_name="scrm.metric",
        string="Figures",
        compute="_compute_metric_id",
        search="_search_metric_id",
        help="The customer's figures in the current company.",
    )

    rfm_cell = fields.Char(related="metric_id.rfm_cell")
    amount_average = fields.Monetary(related="metric_id.amount_average")
    first_ordered_on = fields.Date(related="metric_id.first_ordered_on")
    last_ordered_on = fields.Date(related="metric_id.last_ordered_on")
    order_count_year = fields.Integer(related="metric_id.order_count_year")
    amount_year = fields.Monetary(related="metric_id.amount_year")
    category_count = fields.Integer(related="metric_id.category_count")
    interaction_count = fields.Integer(related="metric_id.interaction_count")
    interaction_count_quarter = fields.Integer(related="metric_id.interaction_count_quarter")
    message_count_quarter = fields.Integer(related="metric_id.message_count_quarter")
    last_interaction_at = fields.Datetime(related="metric_id.last_interaction_at")

    @api.depends_context("company")
    def _compute_metric_id(self):
        shown = [
            field.related.split(".")[1]
            for field in self._fields.values()
            if field.related and field.related.startswith("metric_id.")
        ]
        metrics = self.env["scrm.metric"].search_fetch(
            [("customer_id", "in", self.ids), ("company_id", "=", self.env.company.id)],
            ["customer_id", *shown],
        )
        metric_of = {metric.customer_id.id: metric for metric in metrics}
        for customer in self:
            customer.metric_id = metric_of.get(customer.id, False)

    @api.model
    def _search_metric_id(self, operator, value):
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        own = Domain("company_id", "=", self.env.company.id)
        domain = Domain("id", "in", [id_ for id_ in value if id_]) if operator == "in" else value
        rows = self.env["scrm.metric"]._search(own & Domain(domain))
        found = Domain("id", "in", rows.subselect("customer_id"))
        if operator == "in" and False in value:
            everybody = self.env["scrm.metric"]._search(own).subselect("customer_id")
            found |= Domain("id", "not in", everybody)
        return found

    # === REFRESHING === #

    @api.model_create_multi
    def create(self, vals_list):
        customers = super().create(vals_list)
        # Who is new has figures too: none yet.
        self.env["scrm.customer.touch"]._touch(customers)
        return customers

    @api.model
    def _insert_with_handles(self, births, pool, into=None):
        customers = super()._insert_with_handles(births, pool, into=into)
        self.env["scrm.customer.touch"]._touch(customers)
        return customers

    @api.model
    def _refresh_derived(self, customer_ids, company):
        res = super()._refresh_derived(customer_ids, company)
        self.env["scrm.metric"]._refresh(company, customer_ids)
        return res

    @api.model
    def _refresh_all(self, company):
        res = super()._refresh_all(company)
        self.env["scrm.metric"]._refresh(company)
        if self.env["scrm.rfm.cut"]._renew(company):
            self.env["scrm.metric"]._refresh(company)
        return res

    # === ACTIONS === #

    @api.model
    def _get_window_start(self, days):
        """Return the moment when the first of the last days, today included, began."""
        company = self.env.company
        return company._scrm_get_day_start(company._scrm_get_today() - timedelta(days=days - 1))

    def action_view_orders_year(self):
        """Open the orders that ``order_count_year`` counts."""
        domain = (
            self._get_order_domain()
            & self._get_document_domain()
            & Domain("date_order", ">=", self._get_window_start(YEAR_DAYS))
        )
        return self._get_list_action(self.env._("Orders in 365 Days"), "sale.order", domain)

    def _get_quarter_domain(self):
        return (
            Domain("customer_id", "in", self.ids)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("occurred_at", ">=", self._get_window_start(QUARTER_DAYS))
        )

    def action_view_interactions_quarter(self):
        """Open what ``interaction_count_quarter`` counts."""
        return self._get_list_action(
            self.env._("Interactions in 90 Days"), "scrm.interaction", self._get_quarter_domain()
        )

    def action_view_messages_quarter(self):
        """Open what ``message_count_quarter`` counts."""
        return self._get_list_action(
            self.env._("Messages in 90 Days"),
            "scrm.interaction",
            self._get_quarter_domain() & Domain("kind", "=", "message_in"),
        )
