from odoo import models


class SaleOrder(models.Model):
    """A level that is bought, where it gives the dealer more credit than one person may give."""

    _inherit = "sale.order"

    def _add_partnership(self):
        """Keep the order and ask a credit manager, where the level would raise a limit by much.

        Who signs or pays on the portal goes on with the rights of the system, which no refusal
        stops, and an order that is paid is never refused.
        """
        if not self.env.su:
            return super()._add_partnership()
        for order in self.filtered("assigned_grade_id"):
            accounts = order.partner_id.commercial_partner_id._scrm_get_inherited_credit()
            before = accounts._get_terms()
            with self.env.cr.savepoint() as savepoint:
                super(SaleOrder, order)._add_partnership()
                raised = accounts._find_large_raises(before)
                if raised:
                    savepoint.rollback()
            if raised:
                order._scrm_ask_for_level(raised)
        return None

    def _scrm_ask_for_level(self, accounts):
        """Ask a credit manager for the level that the dealer has bought."""
        self.ensure_one()
        manager = accounts[0]._get_credit_manager()
        asked = self.with_context(lang=manager.lang or self.env.lang)
        asked.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=asked.env._("Decide on the level %s", asked.assigned_grade_id.name),
            note=asked.env._(
                "%(dealer)s has bought the level %(level)s, which would give more credit than one "
                "person may give. The dealer keeps the level of before until the limit is agreed.",
                dealer=asked.partner_id.commercial_partner_id.name,
                level=asked.assigned_grade_id.name,
            ),
            user_id=(manager or self.user_id or self.env.user).id,
        )
