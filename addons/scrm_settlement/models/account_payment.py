from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def write(self, vals):
        """A payment without a journal entry reconciles nothing: its state is what pays."""
        result = super().write(vals)
        if "state" in vals:
            plain = self.filtered(lambda payment: not payment.move_id)
            plain.invoice_ids._scrm_get_statements()._follow_document()
        return result
