from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _scrm_is_never_customer(self):
        """Tell whether this account's contact stands for the company or for nobody."""
        self.ensure_one()
        return not self.share or self._is_public()
