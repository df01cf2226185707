from odoo import models
from odoo.tools import format_amount

from ..tools.credit import COMPONENTS


class ScrmCreditAccount(models.Model):
    _inherit = "scrm.credit.account"

    def _prepare_portal_values(self):
        """Return what the dealer may know of the account: figures and what happens next."""
        self.ensure_one()
        return {
            "company": self.company_id.name,
            "is_limited": self.limit_source != "none",
            "is_over": self.limit_source != "none" and self.amount_free < 0,
            "percent": min(100, max(0, round(self.utilisation))),
            "limit": self._get_limit_label(),
            "used": self._format_own(self.amount_exposure),
            "free": (
                self.env._("No limit")
                if self.limit_source == "none"
                else self._format_own(self.amount_free)
            ),
            "parts": [
                {
                    "label": self._fields[name]._description_string(self.env),
                    "amount": self._format_own(self[name]),
                }
                for name in (f"amount_{component}" for component in COMPONENTS)
                if self[name]
            ],
            "holds": [self._prepare_portal_hold_values(hold) for hold in self._get_portal_holds()],
        }

    def _get_portal_holds(self):
        """Return the latest hold of each order that waits or was not released."""
        blocked = self.hold_ids.order_id.filtered(
            lambda order: order.scrm_credit_state in ("held", "rejected")
        )
        return blocked.scrm_credit_hold_id

    def _prepare_portal_hold_values(self, hold):
        order = hold.order_id
        return {
            "order": order.name,
            "url": order.get_portal_url(),
            "amount": format_amount(self.env, order.amount_total, order.currency_id),
            "reason": hold.reason,
            "next": (
                self.env._("A credit manager decides on it; we tell you as soon as it is released.")
                if hold.state == "open"
                else self.env._(
                    "It was not released: %s Pay open invoices or talk to your salesperson.",
                    hold.decision_note,
                )
            ),
        }

    def _format_own(self, amount):
        return format_amount(self.env, amount, self.company_currency_id)
