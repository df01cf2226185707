"""What dealers' spreadsheets hold on a person: their part of the erasure."""

from odoo import api, models

from odoo.addons.scrm_base.tools.erasure import TablePlan


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            # The file itself goes with its attachment; evidence of what was settled stays.
            "scrm.settlement.import": TablePlan(
                kept=("name", "file", "filename", "file_hash", "file_key", "problem")
                + ("waiver_reason",),
            ),
            # A dealer may have written a buyer's name or number beside his claim.
            "scrm.settlement.import.line": TablePlan(
                erased=("cells", "description", "reason"), kept=("ref", "code", "serial")
            ),
            "scrm.settlement.import.template": TablePlan(
                kept=(
                    "name",
                    "sheet_name",
                    "ref_titles",
                    "code_titles",
                    "serial_titles",
                    "date_titles",
                    "quantity_titles",
                    "amount_titles",
                    "currency_titles",
                    "description_titles",
                    "skip_beginnings",
                )
            ),
        }
