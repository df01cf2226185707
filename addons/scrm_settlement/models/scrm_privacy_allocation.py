"""What allocation and shipments hold on a person: their part of the erasure."""

from odoo import api, models

from odoo.addons.scrm_base.tools.erasure import TablePlan


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            # How stock was divided among dealers, and why: nothing of a person.
            "scrm.allocation.policy": TablePlan(kept=("name",)),
            "scrm.allocation.run": TablePlan(kept=("name",)),
            "scrm.allocation.run.product": TablePlan(kept=("inputs", "result_hash")),
            "scrm.allocation.run.line": TablePlan(kept=("override_reason",)),
            # Carriers and dealers write names and numbers into it.
            "scrm.shipment.event": TablePlan(
                owners=("picking_id.partner_id",),
                erased=("text",),
                kept=("source", "external_id"),
            ),
        }
