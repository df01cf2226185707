"""The segments that a customer is in, and when they are found again."""

from odoo import api, fields, models
from odoo.fields import Domain


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    segment_member_ids = fields.One2many(
        comodel_name="scrm.segment.member",
        inverse_name="customer_id",
        string="Stays in Segments",
        domain=[("left_at", "=", False)],
    )
    segment_ids = fields.Many2many(
        comodel_name="scrm.segment",
        string="Segments",
        compute="_compute_segment_ids",
        search="_search_segment_ids",
        help="Of the current company, as last refreshed.",
    )

    @api.depends("segment_member_ids.segment_id")
    @api.depends_context("company")
    def _compute_segment_ids(self):
        for customer in self:
            customer.segment_ids = customer.segment_member_ids.filtered(
                lambda member: member.company_id == self.env.company
            ).segment_id

    @api.model
    def _search_segment_ids(self, operator, value):
        """Find by the segments' ids, which are of one company; or else in the current one."""
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        current = Domain("left_at", "=", False)
        here = Domain("company_id", "=", self.env.company.id)
        if operator != "in":
            return self._get_domain_of_members(
                current & here & Domain("segment_id", operator, value)
            )
        ids = [id_ for id_ in value if id_]
        domain = self._get_domain_of_members(current & Domain("segment_id", "in", ids))
        if False in value:
            domain |= ~self._get_domain_of_members(current & here)
        return domain

    @api.model
    def _get_domain_of_members(self, domain):
        query = self.env["scrm.segment.member"]._search(domain)
        return Domain("id", "in", query.subselect("scrm_segment_member.customer_id"))

    # === REFRESH === #

    @api.model
    def _refresh_derived(self, customer_ids, company):
        res = super()._refresh_derived(customer_ids, company)
        self._refresh_groups(company, customer_ids)
        return res

    @api.model
    def _refresh_all(self, company):
        res = super()._refresh_all(company)
        self._refresh_groups(company)
        return res

    @api.model
    def _refresh_groups(self, company, customer_ids=None):
        """Find the segments' members, then the stages that follow, then who follows from those.

        Once: a segment and a rule that contradict each other must not keep the refresh busy.
        """
        Segment = self.env["scrm.segment"]
        Segment._refresh_company(company, customer_ids)
        moved = self.env["scrm.lifecycle.rule"]._apply_company(company, customer_ids)
        if moved:
            Segment._refresh_company(company, moved)
