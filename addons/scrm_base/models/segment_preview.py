"""What the builder shows of a definition before it is saved."""

from odoo import api, fields, models
from odoo.fields import Domain

from .segment import DEFINITION_ERRORS

SAMPLE_SIZE = 20


class ScrmSegment(models.Model):
    _inherit = "scrm.segment"  # pylint: disable=consider-merging-classes-inherited

    preview_count = fields.Integer(
        string="Customers Found", compute="_compute_preview", help="By the definition as it stands."
    )
    preview_error = fields.Char(string="Why Nobody Is Found", compute="_compute_preview")
    # No list of records: a form being filled in would make new ones of them.
    sample = fields.Html(
        string="For Example",
        compute="_compute_preview",
        sanitize=False,
        help="Rendered by a template.",
    )
    compare_id = fields.Many2one(
        comodel_name="scrm.segment",
        string="Compare With",
        check_company=True,
        domain="[('company_id', '=', company_id), ('id', '!=', id)]",
        copy=False,
        ondelete="set null",
    )
    overlap_count = fields.Integer(
        string="Also In It",
        compute="_compute_preview",
        help="How many of the customers found are members of the segment to compare with.",
    )

    @api.depends(
        "domain",
        "condition_ids.metric",
        "condition_ids.operator",
        "condition_ids.date_operator",
        "condition_ids.value",
        "condition_ids.days",
        "condition_ids.date",
        "include_mode",
        "include_ids",
        "exclude_ids",
        "company_id",
        "compare_id",
    )
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_preview(self):
        """Count whom the definition finds, for the reader: also one that is not saved yet."""
        for segment in self:
            segment.preview_count = segment.overlap_count = 0
            segment.preview_error = segment.sample = False
            try:
                with self.env.cr.savepoint(flush=False):
                    segment._preview()
            except DEFINITION_ERRORS as error:
                segment.preview_error = str(error).strip()

    def _preview(self):
        Customer = self.env["scrm.customer"].with_context(active_test=False)
        domain = self._get_customer_domain(self.env)
        self.preview_count = Customer.search_count(domain)
        self.sample = self.env["ir.qweb"]._render(
            "scrm_base.segment_sample",
            {"customers": Customer.search(domain, limit=SAMPLE_SIZE)},
        )
        if self.compare_id:
            both = Domain("id", "in", self._get_member_select(self.env, self.compare_id.ids))
            self.overlap_count = Customer.search_count(domain & both)

    # === ACTIONS === #

    def action_view_members(self):
        """Open the customers that the size counts."""
        self.ensure_one()
        return self._get_customer_action(self.name, Domain("segment_ids", "in", self.ids))

    def action_view_preview(self):
        """Open the customers that the definition finds now."""
        self.ensure_one()
        return self._get_customer_action(self.name, self._get_found_domain())

    def action_view_overlap(self):
        """Open the customers found that are in the segment compared with, too."""
        self.ensure_one()
        both = Domain("segment_ids", "in", self.compare_id.ids)
        title = self.env._("In %(one)s and in %(other)s", one=self.name, other=self.compare_id.name)
        return self._get_customer_action(title, self._get_found_domain() & both)

    def action_view_moves(self):
        """Open who is in, who left and when."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_base.scrm_segment_member_action"
        )
        return {
            **action,
            "domain": [("segment_id", "=", self.id)],
            "display_name": self.name,
        }

    def action_view_sizes(self):
        """Draw the size over time."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_base.scrm_segment_snapshot_action"
        )
        return {
            **action,
            "domain": [("segment_id", "=", self.id)],
            "display_name": self.name,
        }

    def _get_found_domain(self):
        """Return the ids that the definition finds; the client cannot be given a subquery."""
        query = self._search_customers(self.env)
        return Domain("id", "in", [row[0] for row in self.env.execute_query(query.select())])

    def _get_customer_action(self, title, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id("scrm_base.scrm_customer_action")
        return {**action, "display_name": title, "domain": list(domain), "context": {}}
