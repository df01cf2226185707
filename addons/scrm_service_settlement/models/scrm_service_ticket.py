from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

SETTLEMENT_GROUPS = (
    "scrm_settlement.group_scrm_settlement_preparer,scrm_settlement.group_scrm_settlement_reviewer"
)


class ScrmServiceTicket(models.Model):
    _inherit = "scrm.service.ticket"

    settlement_line_count = fields.Integer(
        string="Settlement Lines",
        compute="_compute_settlement_line_count",
        groups=SETTLEMENT_GROUPS,
    )

    claim_ids = fields.One2many(
        comodel_name="scrm.service.claim",
        inverse_name="ticket_id",
        string="Warranty Claims",
        groups=SETTLEMENT_GROUPS,
    )

    def _compute_settlement_line_count(self):
        for ticket in self:
            ticket.settlement_line_count = self.env["scrm.settlement.line"].search_count(
                ticket._get_settlement_domain()
            )

    def action_open_settlement_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_line_action"
        )
        action["domain"] = list(self._get_settlement_domain())
        action["context"] = {}
        return action

    def action_claim(self):
        """Open the manufacturer's answer, or ask for it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Warranty Claim"),
            "res_model": "scrm.service.claim",
            "res_id": self.claim_ids.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_ticket_id": self.id},
        }

    def action_settle(self):
        """Record what a dealer earned by tickets that were done before they could be settled.

        For a ticket whose outlet got its dealer later; what is in the journal already stays.
        """
        if not self.env.user.has_groups(SETTLEMENT_GROUPS):
            raise AccessError(self.env._("Tickets are settled by those who prepare settlements."))
        self.check_access("read")
        lines = self._settle_work()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if lines else "info",
                "message": self.env._("%s new lines in the settlement journal.", len(lines)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _after_close(self):
        result = super()._after_close()
        self._settle_work()
        return result

    def _settle_work(self):
        """Write used parts and labour of done tickets into the settlement journal, once each.

        The dealer is the one that runs the outlet, the day that of the closing in the company's
        time zone. Work of outlets without a dealer is the company's own and settles nothing.

        :return: the new lines
        """
        # sudo: the technician who closes a ticket may read neither dealers' terms nor the journal
        tickets = self.sudo().filtered(
            lambda ticket: ticket.state == "done" and ticket.site_id.partner_id
        )
        vals_list = []
        for ticket in tickets:
            used = ticket.part_ids.filtered(lambda part: part.state == "used")
            vals_list += [ticket._prepare_settlement_vals("part", part) for part in used]
            vals_list += [
                ticket._prepare_settlement_vals("labour", labour) for labour in ticket.labour_ids
            ]
        return self.env["scrm.settlement.line"]._record_sources(vals_list).sudo(False)

    def _prepare_settlement_vals(self, source_type, source):
        """Return the journal's values for one used part or piece of labour."""
        self.ensure_one()
        return {
            "source_type": source_type,
            "source_model": source._name,
            "source_id": source.id,
            "company_id": self.company_id.id,
            "partner_id": self.site_id.partner_id.id,
            "product_id": source.product_id.id,
            "quantity": source.quantity,
            "uom_id": source.uom_id.id,
            "occurred_at": self.closed_at,
            "name": f"{self.number} {source.product_id.display_name}",
        }

    def _get_settlement_domain(self):
        self.ensure_one()
        ticket = self.sudo()  # the journal's own rights decide what is found
        number = self.env["ir.model"]._get_id
        # By the model's number: of an app that was removed before, other work had these ids
        return Domain.OR(
            Domain("company_id", "=", ticket.company_id.id)
            & Domain("source_model_number", "=", number(sources._name))
            & Domain("source_id", "in", sources.ids)
            for sources in (ticket.part_ids, ticket.labour_ids)
        )
