from odoo import fields, models
from odoo.fields import Domain

# What is on no statement, and will be: not what was counted, or is settled by another line.
WAITING = ("no_price", "pending", "disputed", "held")


class ResPartner(models.Model):
    _inherit = "res.partner"

    scrm_scenario_id = fields.Many2one(
        comodel_name="scrm.settlement.scenario",
        string="Cooperation Scenario",
        tracking=True,
        index="btree_not_null",
        help="How we work with this dealer, when a delivery says nothing else. "
        "It takes part in choosing the settlement tier.",
    )
    scrm_pending_settlement_count = fields.Integer(
        string="Lines to Settle",
        compute="_compute_scrm_settlement_counts",
        groups="scrm_settlement.group_scrm_settlement_preparer,"
        "scrm_settlement.group_scrm_settlement_reviewer",
    )
    scrm_statement_count = fields.Integer(
        string="Statements",
        compute="_compute_scrm_settlement_counts",
        groups="scrm_settlement.group_scrm_settlement_preparer,"
        "scrm_settlement.group_scrm_settlement_reviewer",
    )

    def _compute_scrm_settlement_counts(self):
        pending = dict(
            self.env["scrm.settlement.line"]._read_group(
                self._scrm_get_pending_domain(), ["partner_id"], ["__count"]
            )
        )
        statements = dict(
            self.env["scrm.settlement.statement"]._read_group(
                [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            partner.scrm_pending_settlement_count = pending.get(partner, 0)
            partner.scrm_statement_count = statements.get(partner, 0)

    def action_scrm_pending_settlement(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_line_action"
        )
        action["domain"] = list(self._scrm_get_pending_domain())
        action["context"] = {}
        return action

    def _scrm_get_pending_domain(self):
        return Domain("partner_id", "in", self.ids) & Domain("state", "in", WAITING)

    def action_scrm_statements(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_statement_action"
        )
        action["domain"] = [("partner_id", "=", self.id)]
        action["context"] = {}
        return action
