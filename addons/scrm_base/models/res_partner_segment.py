"""The segments that a contact is in, in any domain of the ERP."""

from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    scrm_segment_ids = fields.Many2many(
        comodel_name="scrm.segment",
        string="Customer Segments",
        compute="_compute_scrm_segment_ids",
        search="_search_scrm_segment_ids",
        groups="scrm_base.group_scrm_base_viewer",
        help="The segments of the current company that the contact's customer is in.",
    )

    @api.depends("scrm_customer_id.segment_ids")
    @api.depends_context("company")
    def _compute_scrm_segment_ids(self):
        for partner in self:
            partner.scrm_segment_ids = partner.scrm_customer_id.segment_ids

    @api.model
    def _search_scrm_segment_ids(self, operator, value):
        # A search method is asked whoever may not read the field, too.
        self._check_field_access(self._fields["scrm_segment_ids"], "read")
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        if operator != "in":
            return Domain("scrm_customer_id", "any", [("segment_ids", operator, value)])
        # A contact that is no customer is in no segment either.
        ids = [id_ for id_ in value if id_]
        domain = Domain("scrm_customer_id", "any", [("segment_ids", "in", ids)])
        if False in value:
            domain |= ~Domain("scrm_customer_id", "any", [("segment_ids", "!=", False)])
        return domain
