from odoo import api, models
from odoo.fields import Domain


class AccountJournal(models.Model):
    _inherit = "account.journal"

    def _fill_sale_purchase_dashboard_data(self, dashboard_data):
        """Add how many settlements wait for review in each journal."""
        result = super()._fill_sale_purchase_dashboard_data(dashboard_data)
        reviews = self.env.user.has_group("scrm_settlement.group_scrm_settlement_reviewer")
        counts = self._scrm_count_settlements() if reviews else {}
        for journal in self.filtered(lambda journal: journal.type in ("sale", "purchase")):
            dashboard_data[journal.id]["number_settlements"] = counts.get(journal, 0)
        return result

    def action_scrm_open_settlements(self):
        """Open the settlements that wait for review in this journal: those that it counts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_statement_action_review"
        )
        domain = Domain("move_id.journal_id", "=", self.id)
        if self in self._scrm_get_main_journals().values():
            purchase = Domain("document_mode", "=", "vendor_bill")
            domain |= (
                Domain("move_id", "=", False)
                & Domain("company_id", "=", self.company_id.id)
                & (purchase if self.type == "purchase" else ~purchase)
            )
        action["domain"] = list(Domain("state", "=", "submitted") & domain)
        action["context"] = {}
        return action

    def _scrm_count_settlements(self):
        """Return {journal: settlements that wait for review}.

        One that comes to zero has no document: it stands with the company's first journal.
        """
        main = self._scrm_get_main_journals()
        groups = self.env["scrm.settlement.statement"]._read_group(
            [("state", "=", "submitted"), ("company_id", "in", self.env.companies.ids)],
            ["move_id", "company_id", "document_mode"],
            ["__count"],
        )
        counts = {}
        for move, company, mode, count in groups:
            kind = "purchase" if mode == "vendor_bill" else "sale"
            journal = move.journal_id or main.get((company, kind))
            counts[journal] = counts.get(journal, 0) + count
        return counts

    @api.model
    def _scrm_get_main_journals(self):
        """Return {(company, kind): its first journal}."""
        journals = self.search(
            [
                ("type", "in", ("sale", "purchase")),
                ("company_id", "in", self.env.companies.ids),
                ("show_on_dashboard", "=", True),
            ]
        )
        main = {}
        for journal in journals:
            main.setdefault((journal.company_id, journal.type), journal)
        return main
