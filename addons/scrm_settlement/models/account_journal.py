from odoo import models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    def _fill_sale_purchase_dashboard_data(self, dashboard_data):
        """Add how many settlements wait for review in each journal."""
        result = super()._fill_sale_purchase_dashboard_data(dashboard_data)
        journals = self.filtered(lambda journal: journal.type in ("sale", "purchase"))
        statements = self.env["scrm.settlement.statement"]
        counts = {}
        if journals and self.env.user.has_group("scrm_settlement.group_scrm_settlement_reviewer"):
            groups = statements._read_group(
                [
                    ("state", "=", "submitted"),
                    ("company_id", "in", self.env.companies.ids),
                    ("move_id.journal_id", "in", journals.ids),
                ],
                ["move_id"],
                ["__count"],
            )
            for move, count in groups:
                counts[move.journal_id.id] = counts.get(move.journal_id.id, 0) + count
        for journal in journals:
            dashboard_data[journal.id]["number_settlements"] = counts.get(journal.id, 0)
        return result

    def action_scrm_open_settlements(self):
        """Open the settlements that wait for review in this journal."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_statement_action_review"
        )
        action["domain"] = [("state", "=", "submitted"), ("move_id.journal_id", "=", self.id)]
        return action
