from odoo import models
from odoo.exceptions import UserError

from .sale_order_credit import BLOCKING


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_assign(self, force_qty=False):
        """Keep stock free of orders on credit hold, so that others can have it."""
        held = self._scrm_get_credit_held("on_reserve")
        return super(StockMove, self - held)._action_assign(force_qty=force_qty)

    def _action_done(self, cancel_backorder=False):
        """Refuse the goods issue of orders on hold, whoever calls; see also stock.picking."""
        held = self.filtered(
            lambda move: (
                move.location_dest_id.usage == "customer"
                and move.state not in ("done", "cancel")
                and move.quantity
            )
        )._scrm_get_credit_held("on_issue")
        for order in held.sale_line_id.order_id:
            raise UserError(
                self.env._(
                    "%(order)s is on credit hold: %(reason)s Ask a credit manager to release it.",
                    order=order.name,
                    reason=order.sudo().scrm_credit_reason,
                )
            )
        return super()._action_done(cancel_backorder=cancel_backorder)

    def _scrm_get_held_moves(self):
        return super()._scrm_get_held_moves() | self._scrm_get_credit_held("on_reserve")

    def _scrm_get_credit_held(self, checkpoint):
        """Return the moves that bring goods of held orders to a dealer.

        Returns, receipts and what belongs to no order are never held.

        :param checkpoint: the policy's field that says whether the hold counts here
        """
        held = self.sale_line_id.order_id.filtered(
            lambda order: order.scrm_credit_state in BLOCKING
        )
        if not held:
            return self.browse()
        # sudo: whoever keeps the stock may not read the dealer's credit
        holding = held.filtered(
            lambda order: (
                order.sudo().scrm_credit_hold_id.account_id.policy_id[checkpoint]
                in ("hold", "block")
            )
        )
        return self.filtered(
            lambda move: (
                move.sale_line_id.order_id in holding
                and move.location_id.usage != "customer"
                and (move.location_final_id or move.location_dest_id).usage == "customer"
            )
        )
