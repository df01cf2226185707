"""What a customer's page counts, and the lists that the counts open."""

from odoo import api, fields, models
from odoo.fields import Domain


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    currency_id = fields.Many2one(comodel_name="res.currency", compute="_compute_currency_id")
    order_count = fields.Integer(string="Orders", compute="_compute_order_figures")
    amount_ordered = fields.Monetary(
        string="Ordered",
        compute="_compute_order_figures",
        help="Confirmed orders of this company, with taxes, at the rate of each order.",
    )
    invoice_count = fields.Integer(string="Invoices", compute="_compute_invoice_figures")
    amount_invoiced = fields.Monetary(
        string="Invoiced",
        compute="_compute_invoice_figures",
        help="Posted invoices of this company less credit notes, with taxes.",
    )
    lead_count = fields.Integer(string="Leads", compute="_compute_lead_count")
    contact_count = fields.Integer(compute="_compute_contact_count")
    last_seen_at = fields.Datetime(string="Last Seen", compute="_compute_last_seen_at")

    @api.depends_context("company")
    def _compute_currency_id(self):
        self.currency_id = self.env.company.currency_id

    def _get_document_domain(self):
        """Return the domain on ``partner_id`` of these customers' documents.

        An organisation's documents are those of its whole commercial entity; a person's are the
        person's own and those of the person's addresses.
        """
        return Domain("partner_id", "child_of", self.partner_ids.ids)

    def _sum_by_customer(self, model, domain, aggregates, rate=None):
        """Return {customer id: [sum of each aggregate]} over documents with a ``partner_id``.

        One grouped query, and one per level of contacts; never one per customer.

        :param str rate: field with the documents' rate, by which sums (not counts) are divided
        """
        sums = {customer.id: [0] * len(aggregates) for customer in self}
        customers_of = {}
        for customer in self:
            for partner in customer.partner_ids:
                customers_of.setdefault(partner.id, []).append(customer.id)
        if not customers_of:
            return sums
        # sudo: the figures belong to the customer's page, whoever may open it; they are of the
        # current company alone, and the lists behind the buttons keep the reader's own rights.
        groups = (
            self.env[model]
            .sudo()
            ._read_group(
                Domain.AND([domain, self._get_document_domain()]),
                ["partner_id", *([rate] if rate else [])],
                aggregates,
            )
        )
        for partner, *values in groups:
            if rate:
                by = values.pop(0) or 1
                values = [
                    value if aggregate == "__count" else (value or 0) / by
                    for value, aggregate in zip(values, aggregates, strict=True)
                ]
            owners, ancestor = set(), partner
            while ancestor:
                owners.update(customers_of.get(ancestor.id, ()))
                ancestor = ancestor.parent_id
            for owner in owners:
                sums[owner] = [a + (b or 0) for a, b in zip(sums[owner], values, strict=True)]
        return sums

    def _get_order_domain(self):
        return Domain("state", "=", "sale") & Domain("company_id", "=", self.env.company.id)

    def _get_invoice_domain(self):
        return Domain(
            [
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("company_id", "=", self.env.company.id),
            ]
        )

    def _get_lead_domain(self):
        return Domain("company_id", "in", [self.env.company.id, False])

    @api.depends_context("company")
    @api.depends("partner_ids")
    def _compute_order_figures(self):
        sums = self._sum_by_customer(
            "sale.order",
            self._get_order_domain(),
            ["__count", "amount_total:sum"],
            rate="currency_rate",
        )
        for customer in self:
            customer.order_count, customer.amount_ordered = sums.get(customer.id, (0, 0))

    @api.depends_context("company")
    @api.depends("partner_ids")
    def _compute_invoice_figures(self):
        sums = self._sum_by_customer(
            "account.move", self._get_invoice_domain(), ["__count", "amount_total_signed:sum"]
        )
        for customer in self:
            customer.invoice_count, customer.amount_invoiced = sums.get(customer.id, (0, 0))

    @api.depends_context("company")
    @api.depends("partner_ids")
    def _compute_lead_count(self):
        sums = self._sum_by_customer("crm.lead", self._get_lead_domain(), ["__count"])
        for customer in self:
            (customer.lead_count,) = sums.get(customer.id, (0,))

    @api.depends("partner_ids")
    def _compute_contact_count(self):
        for customer in self:
            customer.contact_count = len(customer.partner_ids)

    @api.depends("identity_ids.last_seen_at", "interaction_ids.occurred_at")
    @api.depends_context("company")
    def _compute_last_seen_at(self):
        latest = dict(
            self.env["scrm.interaction"]._read_group(
                [("customer_id", "in", self.ids)], ["customer_id"], ["occurred_at:max"]
            )
        )
        for customer in self:
            moments = customer.identity_ids.mapped("last_seen_at")
            moments += [latest[customer]] if customer in latest else []
            customer.last_seen_at = max(moments, default=False)

    # === ACTIONS === #

    def _get_list_action(self, name, model, domain):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": list(domain),
            "context": {"create": False},
        }

    def action_view_orders(self):
        """Open the orders that ``order_count`` counts."""
        domain = self._get_order_domain() & self._get_document_domain()
        return self._get_list_action(self.env._("Orders"), "sale.order", domain)

    def action_view_invoices(self):
        """Open the invoices that ``invoice_count`` counts."""
        domain = self._get_invoice_domain() & self._get_document_domain()
        return self._get_list_action(self.env._("Invoices"), "account.move", domain)

    def action_view_leads(self):
        """Open the leads that ``lead_count`` counts."""
        domain = self._get_lead_domain() & self._get_document_domain()
        return self._get_list_action(self.env._("Leads"), "crm.lead", domain)

    def action_view_contacts(self):
        """Open the contacts that ``contact_count`` counts."""
        domain = Domain("id", "in", self.partner_ids.ids)
        action = self._get_list_action(self.env._("Contacts"), "res.partner", domain)
        return {**action, "context": {"create": False, "active_test": False}}

    def action_view_interactions(self):
        """Open the whole timeline, with its filters."""
        domain = Domain("customer_id", "in", self.ids)
        return self._get_list_action(self.env._("Timeline"), "scrm.interaction", domain)
