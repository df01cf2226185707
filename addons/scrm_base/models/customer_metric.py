"""A customer's metrics in the current company."""

from odoo import api, fields, models
from odoo.fields import Domain


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    metric_id = fields.Many2one(
        comodel_name="scrm.metric",
        string="Figures",
        compute="_compute_metric_id",
        search="_search_metric_id",
        help="The customer's figures in the current company.",
    )

    @api.depends_context("company")
    def _compute_metric_id(self):
        metrics = self.env["scrm.metric"].search(
            [("customer_id", "in", self.ids), ("company_id", "=", self.env.company.id)]
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
    def _refresh_derived(self, customer_ids, company):
        super()._refresh_derived(customer_ids, company)
        self.env["scrm.metric"]._refresh(company, customer_ids)

    @api.model
    def _refresh_all(self, company):
        super()._refresh_all(company)
        self.env["scrm.metric"]._refresh(company)
        if self.env["scrm.rfm.cut"]._renew(company):
            self.env["scrm.metric"]._refresh(company)
