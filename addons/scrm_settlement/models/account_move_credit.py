from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    # What the check of a dealer's credit reads at each order.
    _scrm_draft_sale_idx = models.Index(
        "(id) WHERE state = 'draft' AND move_type IN ('out_invoice', 'out_refund')"
    )
