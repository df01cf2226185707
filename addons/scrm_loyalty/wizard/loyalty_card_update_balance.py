from odoo import models

from ..tools import events


class LoyaltyCardUpdateBalance(models.TransientModel):
    _inherit = "loyalty.card.update.balance"

    def action_update_card_point(self):
        """Keep the reason that the person gave."""
        wizard = events.in_context(self, "adjust", reason=self.description or "")
        return super(LoyaltyCardUpdateBalance, wizard).action_update_card_point()
