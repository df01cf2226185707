"""What this addon holds on a person: its part of the erasure."""

from odoo import api, models

from odoo.addons.scrm_base.tools.erasure import TablePlan


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"

    @api.model
    def _get_erasure_plan(self):
        return {
            **super()._get_erasure_plan(),
            # Statements, their lines and what was said for and against them are accounting
            # documents: the law keeps them whole.
            "scrm.settlement.dispute": TablePlan(
                kept=("name", "item", "item_ref", "evidence", "resolution")
            ),
            "scrm.settlement.statement": TablePlan(kept=("name", "return_reason", "content_hash")),
            "scrm.settlement.run": TablePlan(kept=("result",)),
            "scrm.settlement.line": TablePlan(kept=("name", "source_model", "explanation")),
            "scrm.settlement.adjustment": TablePlan(kept=("reason",)),
            "scrm.settlement.exception": TablePlan(kept=("name", "source_model", "note")),
            # A view: the city stands on the dealer's card.
            "scrm.settlement.report": TablePlan(kept=("city",)),
            "scrm.settlement.rule": TablePlan(kept=("name",)),
            "scrm.settlement.scenario": TablePlan(kept=("name", "code")),
            "scrm.settlement.tier": TablePlan(kept=("name", "description")),
            "scrm.library": TablePlan(kept=("name", "code")),
            "scrm.library.item": TablePlan(kept=("code",)),
        }
