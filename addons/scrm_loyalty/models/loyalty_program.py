from odoo import fields, models


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    scrm_tier_group_ids = fields.One2many(
        comodel_name="scrm.loyalty.tier.group", inverse_name="program_id", string="Tier Groups"
    )

    def _scrm_has_ledger(self):
        """Tell whether the programme's points are those of members.

        Coupons, gift cards and wallets are not: core deletes their cards at will, and money on a
        card is another ledger.
        """
        self.ensure_one()
        return self.program_type == "loyalty" and self.is_nominative
