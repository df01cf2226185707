from odoo import models
from odoo.tools import SQL

from odoo.addons.scrm_base.tools.kpi import Definition, Part

ISSUING = ("earn", "tier_bonus")
REDEEMING = ("spend",)


class ScrmKpi(models.Model):
    _inherit = "scrm.kpi"

    def _define_redemption(self):
        """How many of the points issued in a year were spent in it; reversals are taken off."""
        return Definition(
            Part(
                self.env._("points redeemed"),
                "scrm.point.entry",
                self._get_entry_domain(REDEEMING),
                SQL("-SUM(scrm_point_entry.points)"),
            ),
            Part(
                self.env._("points issued"),
                "scrm.point.entry",
                self._get_entry_domain(ISSUING),
                SQL("SUM(scrm_point_entry.points)"),
            ),
            days=365,
        )

    def _get_entry_domain(self, kinds):
        """Return the domain of entries of these kinds and of what took them back."""
        return [
            ("company_id", "=", self.env.company.id),
            ("currency", "=", "redeemable"),
            ("effective_at", ">=", self._get_start(365)),
            "|",
            ("kind", "in", list(kinds)),
            ("reversal_of_id.kind", "in", list(kinds)),
        ]
