from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    scrm_open_allocation_ids = fields.Many2many(
        comodel_name="scrm.allocation.run.line",
        string="Open Allocations",
        compute="_compute_scrm_open_allocation_ids",
        groups="scrm_settlement.group_scrm_settlement_preparer",
        help="What the last allocation gave to each order that is not delivered yet.",
    )

    @api.depends_context("company", "allowed_company_ids")
    def _compute_scrm_open_allocation_ids(self):
        Line = self.env["scrm.allocation.run.line"]
        # any!: who prepares settlements need not be a stock user
        is_open = Domain("move_id", "any!", [("state", "not in", ("done", "cancel"))])
        lines = Line.search(
            Domain("partner_id", "in", self.commercial_partner_id.ids)
            & Domain("is_applied", "=", True)
            & is_open,
            order="id desc",
        )
        latest = {}
        for line in lines:
            latest.setdefault(line.move_id, line)
        by_dealer = Line.concat(*latest.values()).grouped("partner_id")
        for partner in self:
            partner.scrm_open_allocation_ids = by_dealer.get(partner.commercial_partner_id, Line)

    def action_scrm_allocations(self):
        """Open what the dealer got of scarce goods, and why."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_allocation_run_line_action"
        )
        action["domain"] = [
            ("partner_id", "=", self.commercial_partner_id.id),
            ("run_id.state", "!=", "discarded"),
        ]
        action["context"] = {}
        return action
