"""The tags of the customer that a contact belongs to."""

from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    scrm_tag_ids = fields.Many2many(
        comodel_name="scrm.tag",
        string="Customer Tags",
        compute="_compute_scrm_tag_ids",
        search="_search_scrm_tag_ids",
        groups="scrm_base.group_scrm_base_viewer",
    )

    @api.depends("scrm_customer_id.tag_ids")
    @api.depends_context("company")
    def _compute_scrm_tag_ids(self):
        for partner in self:
            partner.scrm_tag_ids = partner.scrm_customer_id.tag_ids

    @api.model
    def _search_scrm_tag_ids(self, operator, value):
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        if operator == "in" and False in value:
            return ~Domain("scrm_customer_id", "any", [("tag_ids", "!=", False)]) | Domain(
                "scrm_customer_id", "any", [("tag_ids", "in", [id_ for id_ in value if id_])]
            )
        return Domain("scrm_customer_id", "any", [("tag_ids", operator, value)])
