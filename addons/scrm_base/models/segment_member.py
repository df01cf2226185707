from odoo import api, fields, models


class ScrmSegmentMember(models.Model):
    """One stay of a customer in a segment: an open row is a member, a closed one the history."""

    _name = "scrm.segment.member"
    _description = "Member of a Segment"
    _order = "entered_at desc, id desc"
    _rec_name = "customer_id"
    _log_access = False

    segment_id = fields.Many2one(
        comodel_name="scrm.segment", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    customer_id = fields.Many2one(
        comodel_name="scrm.customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    entered_at = fields.Datetime(string="Entered", required=True, readonly=True)
    left_at = fields.Datetime(string="Left", readonly=True)
    reasons = fields.Html(
        string="Why", compute="_compute_reasons", sanitize=False, help="Rendered by a template."
    )

    _member_uniq = models.UniqueIndex(
        "(segment_id, customer_id) WHERE left_at IS NULL",
        "A customer is in a segment once.",
    )

    @api.depends("segment_id", "customer_id")
    def _compute_reasons(self):
        for member in self:
            rows = member.segment_id._explain(member.customer_id)
            member.reasons = self.env["ir.qweb"]._render(
                "scrm_base.segment_reasons", {"rows": rows}
            )

    def action_explain(self):
        """Show each condition with the customer's own value."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._(
                "Why %(customer)s is in %(segment)s",
                customer=self.customer_id.display_name,
                segment=self.segment_id.name,
            ),
            "res_model": "scrm.segment.member",
            "res_id": self.id,
            "views": [(self.env.ref("scrm_base.scrm_segment_member_view_form").id, "form")],
            "target": "new",
        }

    def action_open_customer(self):
        """Open the customer's page."""
        self.ensure_one()
        return self.customer_id._get_form_action()
