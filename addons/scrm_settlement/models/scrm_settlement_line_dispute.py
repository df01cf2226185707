from odoo import fields, models


class ScrmSettlementLine(models.Model):
    # One concern a file.
    _inherit = "scrm.settlement.line"  # pylint: disable=consider-merging-classes-inherited

    dispute_ids = fields.One2many(
        comodel_name="scrm.settlement.dispute", inverse_name="line_id", string="Disputes"
    )

    def _prepare_dispute_row(self, dispute):
        """Return the journal row that settles what was agreed in a dispute."""
        line, statement = dispute.line_id.sudo(), dispute.statement_id.sudo()
        quantity, price = dispute._get_adjustment_terms()
        # A held line is settled again for its own day, and what corrects it beside it.
        moment = line.occurred_at if line.state == "disputed" else fields.Datetime.now()
        row = self._prepare_row(
            {
                "source_type": "adjustment",
                "source_model": dispute._name,
                "source_id": dispute.id,
                "company_id": dispute.company_id.id,
                "partner_id": dispute.partner_id.id,
                "product_id": (line.product_id or dispute.product_id).id,
                "quantity": quantity,
                "occurred_at": moment,
                "scenario_id": line.scenario_id.id,
                "name": self.env._(
                    "Dispute %(dispute)s: %(subject)s",
                    dispute=dispute.name,
                    subject=line.name or dispute.item,
                ),
            }
        )
        return {
            **row,
            "state": "pending",
            "origin_line_id": line.id or None,
            "tier_id": line.tier_id.id or None,
            "document_mode": line.document_mode or statement.document_mode,
            "rule_id": line.rule_id.id or None,
            "grade_id": (line.grade_id or dispute.partner_id.grade_id).id or None,
            # The standard value of a corrected price stands on the line itself already.
            "base_price": 0.0 if dispute.kind == "price" else line.base_price,
            "price_unit": price,
            "currency_id": statement.currency_id.id,
            "amount": dispute.amount_agreed,
            "explanation": {"note": dispute.resolution},
        }
