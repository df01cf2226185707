from odoo import models
from odoo.exceptions import UserError


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        """Leave the bill that replaces a settlement's to *Settle again*, which is reviewed."""
        if is_modify:
            for statement in self.move_ids._scrm_get_statements():
                raise UserError(
                    self.env._(
                        "%(bill)s belongs to the settlement %(statement)s, and a bill made from it "
                        "here would be reviewed by nobody. Reverse it only, then use “Settle "
                        "again” on the settlement.",
                        bill=statement.move_id.display_name,
                        statement=statement.name,
                    )
                )
        return super().reverse_moves(is_modify=is_modify)
