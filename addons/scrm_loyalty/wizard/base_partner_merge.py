from odoo import models

from ..tools import events


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge_loyalty_cards(self, src_partners, dst_partner):
        """Core moves all points to one card; say so in the ledger."""
        wizard = events.in_context(
            self, "adjust", reason=self.env._("Contacts merged into %s", dst_partner.display_name)
        )
        return super(BasePartnerMergeAutomaticWizard, wizard)._merge_loyalty_cards(
            src_partners, dst_partner
        )
