from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Let our graph know that these contacts become one before core moves every foreign key.

        Core deletes the contacts that lose, and rows that stand in its way. Our handles only have
        their contact re-pointed: no constraint of ours holds it, and their evidence says why.
        """
        # sudo: who may merge contacts is core's decision.
        identities = (
            self.env["scrm.identity"].sudo().search([("partner_id", "in", src_partners.ids)])
        )
        for pool, of_pool in identities.grouped("pool_id").items():
            handle = dst_partner._scrm_get_handle(pool)
            kept = self.env["scrm.identity"]._resolve(handle, pool=pool)
            self.env["scrm.identity"]._attach_many(
                [(kept, identity) for identity in of_pool],
                rule="odoo_merge",
                evidence={"contacts": src_partners.mapped("display_name")},
            )
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _scrm_get_prepared_tables(self):
        """Return the tables whose constraints hold a contact, and which stand a merge all the same.

        An addon that adds its table has made it ready before core moves the foreign keys, and
        shows so by a test of its own; a guard refuses all others.

        :return: set of names of tables
        """
        return set()
