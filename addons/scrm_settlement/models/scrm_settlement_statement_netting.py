from odoo import fields, models

from ..tools.content import RECEIVABLE_MODES

# From here on the amounts stand; what is paid or settled needs no setting off.
OPEN_STATES = ("reviewed", "invoiced")


class ScrmSettlementStatement(models.Model):
    """Both sides of one dealer: what may be set off is shown, never netted in one document."""

    _inherit = "scrm.settlement.statement"

    netting_count = fields.Integer(
        string="To Set Off",
        compute="_compute_netting_count",
        help="Open statements of this dealer in the same currency in which the debt runs the "
        "other way. Finance may set their documents off when paying.",
    )

    def _is_owed_by_us(self):
        return (self.document_mode not in RECEIVABLE_MODES) == (self._get_sign() > 0)

    def _compute_netting_count(self):
        opposite = self._get_opposite()
        for statement in self:
            statement.netting_count = len(opposite[statement])

    def _get_opposite(self):
        """Return {statement: open statements of its dealer that run the other way}."""
        open_ones = self.filtered(lambda statement: statement.state in OPEN_STATES)
        result = dict.fromkeys(self, self.browse())
        if not open_ones:
            return result
        found = self.search(
            [
                ("company_id", "in", open_ones.company_id.ids),
                ("partner_id", "in", open_ones.partner_id.ids),
                ("state", "in", OPEN_STATES),
            ]
        ).grouped(lambda s: (s.company_id, s.partner_id, s.currency_id, s._is_owed_by_us()))
        for statement in open_ones:
            key = (statement.company_id, statement.partner_id, statement.currency_id)
            result[statement] = found.get((*key, not statement._is_owed_by_us()), self.browse())
        return result

    def action_open_netting(self):
        """Open this statement and those that `netting_count` counts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_statement_action"
        )
        action["domain"] = [("id", "in", (self | self._get_opposite()[self]).ids)]
        action["context"] = {}
        return action
