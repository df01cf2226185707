from odoo import models


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def _scrm_has_rate(self, company):
        """Tell whether Odoo knows what the currency is worth in the company's own.

        Without a rate it would take one to one, silently.
        """
        self.ensure_one()
        if self == company.currency_id:
            return True
        # sudo: rates are no secret
        return bool(
            self.env["res.currency.rate"]
            .sudo()
            .search_count(
                [
                    ("currency_id", "=", self.id),
                    ("company_id", "in", (False, company.root_id.id)),
                ],
                limit=1,
            )
        )
