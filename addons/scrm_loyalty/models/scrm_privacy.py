"""What this addon holds on a person: its part of the erasure."""

from odoo import api, models

from odoo.addons.scrm_base.tools.erasure import TablePlan


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            "scrm.loyalty.tier": TablePlan(kept=("name", "benefits")),
            "scrm.loyalty.tier.group": TablePlan(kept=("name",)),
            "scrm.loyalty.tier.move": TablePlan(
                ("customer_id",), erased=("reference",), kept=("res_model",)
            ),
            "scrm.point.entry": TablePlan(
                ("card_id.scrm_identity_id", "card_id.partner_id"),
                erased=("reference", "reason"),
                kept=("res_model", "idem_key"),
            ),
        }
