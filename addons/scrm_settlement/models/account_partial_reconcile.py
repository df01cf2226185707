from odoo import models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        """A payment or reversal that is undone takes its settlement back."""
        moves = (self.debit_move_id | self.credit_move_id).move_id
        statements = moves._scrm_get_statements().filtered(
            lambda statement: statement.state in ("paid", "reversed")
        )
        result = super().unlink()
        statements._follow_document()
        return result
