from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Unite the credit of the contacts: core would fail on the second account of a dealer."""
        # sudo: who may merge contacts is core's decision
        Account_sudo = self.env["scrm.credit.account"].sudo()
        Account_sudo.search([("partner_id", "in", (src_partners | dst_partner).ids)])._unite(
            dst_partner
        )
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _scrm_get_prepared_tables(self):
        return super()._scrm_get_prepared_tables() | {"scrm_credit_account"}
