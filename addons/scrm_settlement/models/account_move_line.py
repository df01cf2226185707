from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _reconcile_post_hook(self, data):
        """A settlement follows what pays its document, and what reverses it."""
        result = super()._reconcile_post_hook(data)
        documents = data["not_paid_invoices"] | data["in_payment_invoices"]
        documents._scrm_get_statements()._follow_document()
        return result
