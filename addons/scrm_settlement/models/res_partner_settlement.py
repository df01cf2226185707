from odoo import fields, models

DEFAULT_CYCLE = "month"


class ResPartner(models.Model):
    _inherit = "res.partner"

    scrm_settlement_cycle = fields.Selection(
        selection=[
            ("month", "Every month"),
            ("half_month", "Twice a month"),
            ("week", "Every week"),
            ("quarter", "Every quarter"),
        ],
        string="Settlement Cycle",
        help="Which days are settled by one statement. Empty: as the level says, else every month.",
    )

    def _scrm_get_settlement_cycle(self):
        """Return the dealer's own cycle, else the level's, else the month."""
        self.ensure_one()
        level = self.grade_id
        # The level's cycle belongs to the levels' own file
        of_level = level._fields.get("scrm_settlement_cycle") and level.scrm_settlement_cycle
        return self.scrm_settlement_cycle or of_level or DEFAULT_CYCLE
