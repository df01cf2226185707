"""What a customer's page counts, and the lists that the counts open."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    currency_id = fields.Many2one(comodel_name="res.currency", compute="_compute_currency_id")
    order_count = fields.Integer(string="Orders", compute="_compute_document_figures")
    amount_ordered = fields.Monetary(
        string="Ordered",
        compute="_compute_document_figures",
        help="Confirmed orders of this company, with taxes, at the rate of each order.",
    )
    last_order_at = fields.Datetime(string="Latest Order", compute="_compute_document_figures")
    invoice_count = fields.Integer(string="Invoices", compute="_compute_document_figures")
    amount_invoiced = fields.Monetary(
        string="Invoiced",
        compute="_compute_document_figures",
        help="Posted invoices of this company less credit notes, with taxes.",
    )
    amount_due = fields.Monetary(
        string="Open Balance",
        compute="_compute_document_figures",
        help="What is not paid yet of the posted invoices of this company, less open credit.",
    )
    lead_count = fields.Integer(string="Leads", compute="_compute_document_figures")
    contact_count = fields.Integer(compute="_compute_contact_count")
    last_seen_at = fields.Datetime(string="Last Seen", compute="_compute_document_figures")

    @api.depends_context("company")
    def _compute_currency_id(self):
        self.currency_id = self.env.company.currency_id

    def _get_document_domain(self):
        """Return the domain on ``partner_id`` of these customers' documents.

        An organisation's documents are those of its whole commercial entity; a person's are the
        person's own and those of the person's addresses.
        """
        return Domain("partner_id", "child_of", self.partner_ids.ids)

    def _sum_by_customer(self):
        """Return {customer id: {kind of documents, or "seen": [count, sum, open sum, latest]}}.

        Of all kinds and for any number of customers in one query: the page shows them together.
        Whose documents count are the customers' contacts and all below them.
        """
        totals = {customer.id: {} for customer in self}
        if not self.ids:
            return totals
        self.env["scrm.identity"].flush_model(["customer_id", "partner_id"])
        self.env["res.partner"].flush_model(["parent_id"])
        parts = [self._get_sum_query(*kind) for kind in self._get_summed_documents().items()]
        seen = self.env["scrm.interaction"]._search([("customer_id", "in", self.ids)])
        seen = seen.select("scrm_interaction.customer_id", "scrm_interaction.occurred_at")
        parts.append(
            SQL(
                "SELECT customer_id, 'seen', 0, 0, 0, MAX(occurred_at) FROM (%s) q GROUP BY 1", seen
            )
        )
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE family(customer, id) AS (
                    SELECT customer_id, partner_id FROM scrm_identity
                     WHERE customer_id = ANY(%s) AND partner_id IS NOT NULL
                     UNION
                    SELECT f.customer, p.id FROM res_partner p JOIN family f ON p.parent_id = f.id
                )
                %s
                """,
                self.ids,
                SQL(" UNION ALL ").join(parts),
            )
        )
        for customer_id, kind, count, amount, due, latest in rows:
            totals[customer_id][kind] = [count, float(amount or 0), float(due or 0), latest]
        return totals

    def _get_sum_query(self, kind, documents):
        """Return the query that sums up one kind of documents, of a table ``family``.

        :param documents: what :meth:`_get_summed_documents` says of the kind
        """
        model, domain, columns = documents
        # sudo: the figures belong to the customer's page, whoever may open it; they are of the
        # current company alone, and the lists behind the buttons keep the reader's own rights.
        records = self.env[model].sudo()
        of_family = Domain("partner_id", "in", SQL("(SELECT id FROM family)"))
        query = records._search(domain & of_family, order="id")
        empty = {"amount": "0::numeric", "rate": "1::numeric", "due": "0::numeric"}
        selected = [
            SQL(
                "%s AS %s",
                records._field_to_sql(records._table, columns[name], query)
                if name in columns
                else SQL(empty.get(name, "NULL::timestamp")),
                SQL.identifier(name),
            )
            for name in ("amount", "rate", "due", "at")
        ]
        partner = records._field_to_sql(records._table, "partner_id", query)
        return SQL(
            "SELECT f.customer, %s, COUNT(*), SUM(q.amount / COALESCE(NULLIF(q.rate, 0), 1)),"
            " SUM(q.due), MAX(q.at)"
            " FROM family f JOIN (%s) q ON q.partner = f.id GROUP BY 1",
            kind,
            query.select(SQL("%s AS partner", partner), *selected),
        )

    def _get_summed_documents(self):
        """Return {kind: (model, domain, {figure: field})} of what the page sums up."""
        return {
            "orders": (
                "sale.order",
                self._get_order_domain(),
                {"amount": "amount_total", "rate": "currency_rate", "at": "date_order"},
            ),
            "invoices": (
                "account.move",
                self._get_invoice_domain(),
                {"amount": "amount_total_signed", "due": "amount_residual_signed"},
            ),
            "leads": ("crm.lead", self._get_lead_domain(), {}),
        }

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
    @api.depends(
        "identity_ids.partner_id.child_ids",
        "identity_ids.last_seen_at",
        "interaction_ids.occurred_at",
    )
    def _compute_document_figures(self):
        totals = self._sum_by_customer()
        for customer in self:
            sums = totals.get(customer.id, {})
            moments = customer.identity_ids.mapped("last_seen_at")
            moments += [sums["seen"][-1]] if "seen" in sums else []
            customer.last_seen_at = max(moments, default=False)
            count, amount, _due, latest = sums.get("orders", (0, 0, 0, False))
            customer.order_count, customer.amount_ordered = count, amount
            customer.last_order_at = latest
            count, amount, due, _latest = sums.get("invoices", (0, 0, 0, False))
            customer.invoice_count, customer.amount_invoiced = count, amount
            customer.amount_due = due
            customer.lead_count = sums.get("leads", (0,))[0]

    @api.depends("partner_ids")
    def _compute_contact_count(self):
        for customer in self:
            customer.contact_count = len(customer.partner_ids)

    # === ACTIONS === #

    def _get_list_action(self, name, model, domain):
        """Return the action of a list; who may not read it is told so at once."""
        self.env[model].check_access("read")
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

    def action_view_last_order(self):
        """Open the order that ``last_order_at`` is of."""
        self.ensure_one()
        domain = self._get_order_domain() & self._get_document_domain()
        order = self.env["sale.order"].search(domain, order="date_order DESC, id DESC", limit=1)
        if not order:
            raise UserError(self.env._("There is no confirmed order that you may see."))
        return order.get_formview_action()

    def action_view_open_invoices(self):
        """Open the invoices and credit notes that ``amount_due`` is of."""
        domain = self._get_invoice_domain() & self._get_document_domain()
        domain &= Domain("amount_residual", "!=", 0)
        return self._get_list_action(self.env._("Open Invoices"), "account.move", domain)

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
