from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    scrm_membership_ids = fields.Many2many(
        comodel_name="scrm.loyalty.membership",
        string="Memberships",
        compute="_compute_scrm_membership_ids",
        compute_sudo=True,
        groups="scrm_base.group_scrm_base_viewer",
    )

    @api.depends("scrm_customer_id")
    @api.depends_context("company")
    def _compute_scrm_membership_ids(self):
        memberships = self.env["scrm.loyalty.membership"].search(
            [
                ("customer_id", "in", self.scrm_customer_id.ids),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        by_customer = memberships.grouped("customer_id")
        for partner in self:
            partner.scrm_membership_ids = (
                partner.scrm_customer_id and by_customer.get(partner.scrm_customer_id)
            ) or memberships.browse()
