from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Derive the hierarchy's paths anew: core moves its links by SQL, and nothing else."""
        res = super()._update_foreign_keys(src_partners, dst_partner)
        Partner = self.env["res.partner"].sudo().with_context(active_test=False)
        Partner.invalidate_model(["scrm_upline_id", "scrm_downline_ids"])
        # A dealer that was merged with its own upline stands below that one's upline.
        if dst_partner.scrm_upline_id == dst_partner:
            above = src_partners.scrm_upline_id - src_partners - dst_partner
            dst_partner.sudo().scrm_upline_id = above[:1]
        path = Partner._fields["scrm_upline_path"]
        self.env.add_to_compute(path, Partner.search([("scrm_upline_id", "!=", False)]))
        return res
