"""What the credit of dealers holds on a person: its part of the erasure."""

from odoo import api, models

from odoo.addons.scrm_base.tools.erasure import TablePlan


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            # Decisions on credit are evidence of the books: the law keeps them whole.
            "scrm.credit.hold": TablePlan(
                kept=("reason_codes", "request_note", "decision_note", "snapshot")
            ),
            "scrm.credit.policy": TablePlan(kept=("name",)),
            "scrm.credit.review": TablePlan(kept=("reason", "decision_note", "snapshot")),
        }
