from markupsafe import Markup

from odoo import fields, models

DEFAULT_CYCLE = "month"


class ResPartner(models.Model):
    _inherit = "res.partner"

    scrm_settlement_cycle = fields.Selection(
        selection=[
            ("month", "Every month"),
            ("half_month", "Twice a month"),
            ("week", "Every week"),
            ("quarter", "Every quarter"),
        ],
        string="Settlement Cycle",
        help="Which days are settled by one statement. Empty: as the level says, else every month.",
    )

    def _scrm_get_settlement_cycle(self):
        """Return the dealer's own cycle, else the level's, else the month."""
        self.ensure_one()
        level = self.grade_id
        # The level's cycle belongs to the levels' own file
        of_level = level._fields.get("scrm_settlement_cycle") and level.scrm_settlement_cycle
        return self.scrm_settlement_cycle or of_level or DEFAULT_CYCLE

    def _scrm_get_journal_names(self):
        """Return under which contacts lines of these dealers stand.

        One that became part of a company keeps what it had earned before under its own name.
        """
        # sudo: who prepares settlements need not see every contact of a dealer
        contacts = self.sudo().with_context(active_test=False)
        return contacts.search(
            [("commercial_partner_id", "in", self.commercial_partner_id.ids)]
        ).with_env(self.env)

    def action_scrm_account_statement(self):
        """Open what the dealer owes and is owed in this company, with the running balance.

        Core adds that up past the rules, from the last line to the first: which companies, and
        the order, are told here.
        """
        self.ensure_one()
        root = self.env.company.root_id
        companies = self.env.companies.filtered(lambda company: company.root_id == root)
        view = self.env.ref("scrm_settlement.account_move_line_view_list_dealer")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Statement of Account: %s", self.display_name),
            "res_model": "account.move.line",
            "views": [(view.id, "list")],
            "domain": [
                ("partner_id", "child_of", self.commercial_partner_id.ids),
                ("account_type", "in", ("asset_receivable", "liability_payable")),
                ("parent_state", "=", "posted"),
                ("company_id", "in", companies.ids),
            ],
            "help": Markup("<p>%s</p>") % self.env._("Nothing was posted for this dealer yet."),
        }
