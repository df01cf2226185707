"""What this addon holds on a person: its part of the erasure."""

from odoo import api, models

from odoo.addons.scrm_base.tools.erasure import TablePlan


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            # A claim is an accounting document: the law keeps it whole.
            "scrm.service.claim": TablePlan(kept=("note",)),
        }
