from odoo import models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        """A payment that is undone takes its settlement back from "paid"."""
        moves = (self.debit_move_id | self.credit_move_id).move_id
        statements = moves._scrm_get_statements().filtered(lambda s: s.state == "paid")
        result = super().unlink()
        statements._follow_bill()
        return result
