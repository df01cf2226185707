from odoo import models

# The way of a statement as a dealer sees it, by where it ends.
_WAY = ("submitted", "reviewed", "invoiced", "paid")
_OTHER_WAYS = {
    "settled": ("submitted", "settled"),
    "reversed": ("submitted", "reviewed", "invoiced", "reversed"),
}


class ScrmSettlementStatement(models.Model):
    _name = "scrm.settlement.statement"
    _inherit = ["scrm.settlement.statement", "scrm.settlement.dealer.mixin"]

    _dealer_fields = frozenset(
        {
            "id",
            "display_name",
            "name",
            "company_id",
            "partner_id",
            "document_mode",
            "currency_id",
            "date_from",
            "date_to",
            "line_ids",
            "line_count",
            "state",
            "amount_untaxed",
            "amount_tax",
            "amount_total",
            "submitted_at",
            "reviewed_at",
            "dispute_ids",
            "dispute_count",
            "open_dispute_count",
            "dealer_confirmed_at",
            "dealer_confirmed_by_id",
        }
    )

    def _get_portal_steps(self):
        """Return where the statement stands on its way: dicts with label, state and date."""
        self.ensure_one()
        way = _OTHER_WAYS.get(self.state, _WAY)
        current = way.index(self.state)
        moments = {"submitted": self.submitted_at, "reviewed": self.reviewed_at}
        return [
            {
                "key": state,
                "label": self._get_portal_label(state),
                "state": "done" if place < current else "current" if place == current else "todo",
                "at": moments.get(state) if place <= current else None,
            }
            for place, state in enumerate(way)
        ]

    def _get_portal_label(self, state):
        """Return a state as the dealer calls it: what is still to be done is not his affair."""
        return {
            "submitted": self.env._("Submitted"),
            "reviewed": self.env._("Reviewed"),
            "invoiced": self.env._("Billed"),
            "paid": self.env._("Paid"),
            "settled": self.env._("Settled at zero"),
            "reversed": self.env._("Reversed"),
        }[state]

    def _get_portal_document(self):
        """Return the posted bill or invoice of the statement, in superuser mode, or none.

        Drafts are finance's own; what is posted stands on the dealer's /my/invoices as well.
        """
        self.ensure_one()
        document = self.sudo().move_id
        return document if document.state == "posted" else document.browse()

    def _get_portal_direction(self):
        """Say in a word who pays whom, which the sign of the total alone does not."""
        self.ensure_one()
        negative = self.currency_id.compare_amounts(self.amount_total, 0) < 0
        if (self.document_mode == "customer_invoice") == negative:
            return self.env._("You receive")
        return self.env._("You pay")
