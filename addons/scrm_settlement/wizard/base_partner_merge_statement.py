from odoo import api, models
from odoo.tools import SQL


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Make statements of merged dealers later revisions, before core moves every foreign key.

        Two dealers may have a first statement of the same days; one dealer may not, and core
        would delete what stands in its way.
        """
        self.env["scrm.settlement.statement"].flush_model()
        merged = dst_partner.ids
        for partner_id in src_partners.ids:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE scrm_settlement_statement
                       SET revision = revision + (
                               SELECT COALESCE(max(revision) + 1, 0)
                                 FROM scrm_settlement_statement WHERE partner_id = ANY(%s))
                     WHERE partner_id = %s
                    """,
                    merged,
                    partner_id,
                )
            )
            merged = [*merged, partner_id]
        self.env["scrm.settlement.statement"].invalidate_model(["revision"], flush=False)
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _scrm_get_prepared_tables(self):
        return super()._scrm_get_prepared_tables() | {"scrm_settlement_statement"}
