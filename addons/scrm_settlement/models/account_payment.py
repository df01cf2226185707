from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def write(self, vals):
        """A payment without a journal entry reconciles nothing: its state is what pays."""
        result = super().write(vals)
        if "state" in vals:
            self._scrm_get_plain_statements()._follow_document()
        return result

    def unlink(self):
        statements = self._scrm_get_plain_statements()
        result = super().unlink()
        statements._follow_document()
        return result

    def _scrm_get_plain_statements(self):
        """Return the statements that payments without an entry pay."""
        plain = self.filtered(lambda payment: not payment.move_id)
        return plain.invoice_ids._scrm_get_statements()
