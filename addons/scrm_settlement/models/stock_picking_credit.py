from odoo import fields, models
from odoo.exceptions import UserError

# Says that the pickings were checked a moment ago; an object of this process cannot be forged.
_CHECKED = object()


class StockPicking(models.Model):
    _inherit = "stock.picking"

    scrm_credit_state = fields.Selection(
        related="sale_id.scrm_credit_state", string="Credit", related_sudo=True
    )
    scrm_credit_reason = fields.Text(
        related="sale_id.scrm_credit_reason", string="Reason of the Hold", related_sudo=True
    )

    def button_validate(self):
        """Let go what may go; what may not is said, and stands on the delivery.

        Nothing is raised: a hold that is opened here must be kept.
        """
        refused = self._scrm_refuse_without_credit()
        checked = self.with_context(_scrm_credit_checked=_CHECKED)
        if not refused:
            return super(StockPicking, checked).button_validate()
        for picking, sentence in refused.items():
            picking._message_log(body=sentence)
        allowed = checked.filtered(lambda picking: picking not in refused)
        result = super(StockPicking, allowed).button_validate() if allowed else True
        if result is not True:
            return result
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Not shipped"),
                "message": "\n".join(refused.values()),
                "type": "danger",
                "sticky": True,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _action_done(self):
        """Ship nothing without credit, whatever calls; one that may not stops no other one."""
        refused = self._scrm_refuse_without_credit()
        if not refused:
            return super()._action_done()
        if len(refused) == len(self):
            raise UserError("\n".join(refused.values()))
        for picking, sentence in refused.items():
            picking._message_log(body=sentence)
        allowed = self.filtered(lambda picking: picking not in refused)
        return super(StockPicking, allowed)._action_done()

    def _scrm_get_leaving_moves(self):
        """Return the moves that validating would do: those picked, or all when none is."""
        moves = self.browse().move_ids
        for picking in self:
            open_ = picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))
            moves |= open_.filtered("picked") or open_
        return moves

    def _scrm_refuse_without_credit(self):
        """Return ``{picking: why it may not go}``; opens holds by policy."""
        if self.env.context.get("_scrm_credit_checked") is _CHECKED:
            return {}
        issues = self.filtered(
            lambda picking: (
                picking.sale_id
                and picking.state not in ("done", "cancel")
                and picking.location_dest_id.usage == "customer"
                and picking.location_id.usage != "customer"
            )
        )
        if not issues:
            return {}
        # sudo: whoever ships may not read orders; the check itself decides
        orders_sudo = issues.sale_id.sudo()
        accounts = orders_sudo._scrm_get_credit_accounts()
        leaving = issues.sudo()._scrm_get_leaving_moves()
        sentences = {
            order: order._scrm_check_issue(
                account,
                # What was added by hand has no line of the order yet
                leaving.filtered(
                    lambda m, order=order: (
                        order == (m.sale_line_id.order_id or m.picking_id.sale_id)
                    )
                ),
            )
            for order, account in accounts.items()
        }
        return {
            picking: sentences[picking.sale_id.sudo()]
            for picking in issues
            if sentences.get(picking.sale_id.sudo())
        }
