from dataclasses import dataclass

from odoo import api, models
from odoo.tools import SQL

from ..tools.credit import Exposure, Terms, find_reasons
from .scrm_credit_account_limit import to_decimal


@dataclass(frozen=True)
class Assessment:
    """What was found when an order was checked: it may go on when there are no reasons.

    :param amount: what the order asks for, what is invoiced left out
    :param total: what a release has to cover
    """

    amount: float
    total: float
    exposure: Exposure
    terms: Terms
    reasons: tuple[str, ...]


class ScrmCreditAccount(models.Model):
    _inherit = "scrm.credit.account"

    def _assess(self, order, extra=0.0):
        """Check one order of the dealer; no other check of the dealer happens meanwhile.

        The first statement is what serialises them: another transaction waits here, is refused by
        PostgreSQL when this one commits, and runs again on what it finds then.

        :param order: sale.order, left out of what the dealer uses
        :param extra: what leaves beyond what was ordered, in the company's currency
        """
        self.ensure_one()
        self.env.cr.execute(
            SQL("UPDATE scrm_credit_account SET version = version + 1 WHERE id = %s", self.id)
        )
        self.invalidate_recordset(["version"])
        exposure = self._get_exposures(without_orders=order.ids)[self.id]
        terms = self._get_terms()[self.id]
        amount = order._scrm_get_open_amount(extra)
        reasons = find_reasons(exposure, to_decimal(amount, self.company_id.currency_id), terms)
        if terms.limit is not None and not order.currency_id._scrm_has_rate(self.company_id):
            reasons += ("rate",)
        total = order._scrm_get_credit_amount() + extra
        return Assessment(amount, total, exposure, terms, reasons)

    def _open_hold(self, order, assessment, checkpoint, note=None):
        """Put an order on hold and tell the credit manager, the salesperson and the dealer."""
        self.ensure_one()
        # sudo: holds are written by the check alone, nobody has the right to create them
        Hold_sudo = self.env["scrm.credit.hold"].sudo()
        hold_sudo = Hold_sudo.create(
            self._prepare_hold_vals(order.sudo(), assessment, checkpoint, note)
        )
        manager = self._get_credit_manager()
        if manager:
            asked = hold_sudo.with_context(lang=manager.lang)
            asked.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=asked.env._("Decide on credit"),
                note=asked.reason,
                user_id=manager.id,
            )
        self.env["scrm.notice.rule"]._raise_event(hold_sudo, "open")
        told = hold_sudo.with_context(lang=order.sudo().partner_id.lang)
        order.sudo()._scrm_tell_credit(
            told.env._(
                "This order waits for a credit audit: %s We tell you as soon as it is decided.",
                told.reason,
            )
        )
        return hold_sudo

    def _prepare_hold_vals(self, order, assessment, checkpoint, note):
        identities = (
            self.partner_id.with_company(self.company_id)
            .sudo()  # sudo: handles are private; the hold only points at one
            ._scrm_get_identity_map(in_business=True)
        )
        identity = identities.get(self.partner_id.id)
        return {
            **self._prepare_snapshot_vals(assessment.exposure, assessment.terms.limit),
            "company_id": order.company_id.id,
            "account_id": self.id,
            "partner_id": self.partner_id.id,
            "identity_id": identity.id if identity else False,
            "order_id": order.id,
            "checkpoint": checkpoint,
            "reason_codes": ",".join(assessment.reasons),
            "currency_id": self.company_id.currency_id.id,
            "days_overdue": assessment.exposure.days_overdue,
            "days_open": assessment.exposure.days_open,
            "amount_open": assessment.amount,
            "amount_requested": assessment.total,
            "requester_id": self.env.uid,
            "request_note": note,
        }

    @api.model
    def _prepare_snapshot_vals(self, exposure, limit):
        """Return what a decision keeps of the moment in which it was taken."""
        return {
            "snapshot": {
                "parts": {name: str(value) for name, value in exposure.parts.items()},
                "limit": None if limit is None else str(limit),
            },
            "amount_exposure": float(exposure.total),
            "is_limited": limit is not None,
            "amount_limit": float(limit or 0),
        }

    def _get_credit_manager(self):
        """Return who gets the activity: the policy's manager, else one who may decide."""
        self.ensure_one()
        group = "scrm_settlement.group_scrm_settlement_credit_manager"
        manager = self.policy_id.sudo().manager_id
        if manager.active:
            return manager
        return (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("all_group_ids", "in", self.env.ref(group).ids),
                    ("company_ids", "in", self.company_id.ids),
                    ("share", "=", False),
                    ("id", "!=", self.env.uid),
                ],
                order="id desc",
                limit=1,
            )
        )
