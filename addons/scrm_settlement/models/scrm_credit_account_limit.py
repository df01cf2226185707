from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.credit import Terms


def to_decimal(amount, currency):
    """Return an amount of a currency as the exact number that it is shown as."""
    return Decimal(f"{amount or 0.0:.{currency.decimal_places}f}")


class ScrmCreditAccount(models.Model):
    _inherit = "scrm.credit.account"

    # === THE VALID LIMIT === #

    def _get_level_limit(self):
        """Return the limit of the dealer's level in the company's currency, or None."""
        self.ensure_one()
        grade_sudo = self.partner_id.sudo().grade_id  # a level is no secret to who sees the credit
        return grade_sudo.scrm_credit_limit if grade_sudo.scrm_credit_limited else None

    def _get_limit_source(self):
        """Return whose limit counts: the dealer's, else the level's, else the company's."""
        self.ensure_one()
        if self.limit_mode == "unlimited":
            return "none"
        if self.limit_mode == "amount":
            return "partner"
        if self._get_level_limit() is not None:
            return "level"
        return "company" if self.policy_id.sudo().has_default_limit else "none"

    def _get_terms(self, day=None):
        """Return ``{account id: Terms}``: the limit in the company's currency, and the policy's."""
        today = {
            company: day or company._scrm_local_day(fields.Datetime.now())
            for company in self.company_id
        }
        terms = {}
        for account in self:
            policy_sudo = account.policy_id.sudo()  # the policy decides, whoever asks
            limit, is_expired = account._get_valid_limit(today[account.company_id])
            terms[account.id] = Terms(
                limit=limit,
                is_expired=is_expired,
                max_days_overdue=(
                    policy_sudo.max_days_overdue if policy_sudo.check_overdue else None
                ),
                max_days_open=policy_sudo.max_days_open if policy_sudo.check_open else None,
            )
        return terms

    def _get_valid_limit(self, day):
        """Return (limit in the company's currency or None, whether it has expired)."""
        self.ensure_one()
        company_currency = self.company_id.currency_id
        source = self._get_limit_source()
        is_expired = False
        if source == "none":
            return None, False
        if source == "partner":
            is_expired = bool(self.valid_until) and self.valid_until < day
            limit = 0.0 if is_expired else self._convert_limit(self.own_limit, day)
        elif source == "level":
            limit = self._get_level_limit()
        else:
            limit = self.policy_id.sudo().default_limit
        if self.increase and self.increase_until and self.increase_until >= day:
            limit += self._convert_limit(self.increase, day)
            is_expired = False
        return to_decimal(limit, company_currency), is_expired

    def _convert_limit(self, amount, day):
        return self.currency_id._convert(amount, self.company_id.currency_id, self.company_id, day)

    # === CHANGES === #

    def _request_limit(self, vals, reason):
        """Change the limit, at once or when a second person agrees, and return the review.

        :param vals: values of the limit's fields
        :param reason: why, kept for ever
        """
        self.ensure_one()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the limit changes."))
        self.check_access("write")
        # sudo: decisions are written by the system alone, nobody has the right to create them
        review = (
            self.env["scrm.credit.review"].sudo().create(self._prepare_review_vals(vals, reason))
        )
        if review.needs_second:
            self.env["scrm.notice.rule"]._raise_event(review, "request")
        else:
            review._move_along("apply", **review._prepare_moment_vals())
        return review.sudo(False)

    def _prepare_review_vals(self, vals, reason):
        self.ensure_one()
        old = {
            "limit_mode": self.limit_mode,
            "own_limit": self.own_limit,
            "valid_until": self.valid_until,
            "increase": self.increase,
            "increase_until": self.increase_until,
        }
        new = {**old, **vals}
        return {
            "account_id": self.id,
            "requester_id": self.env.uid,
            "reason": reason,
            "needs_second": not self.env.su and self._needs_second(new),
            **{f"old_{name}": value for name, value in old.items()},
            **{f"new_{name}": value for name, value in new.items()},
        }

    def _needs_second(self, new):
        """Tell whether a limit gives so much more credit that another person must agree."""
        self.ensure_one()
        day = self.company_id._scrm_local_day(fields.Datetime.now())
        before, _expired = self._get_valid_limit(day)
        return self._is_large_raise(before, self._get_limit_with(new, day), day)

    def _find_large_raises(self, before):
        """Return the accounts that got so much more credit that another person must agree.

        :param before: what ``_get_terms`` returned
        """
        after = self._get_terms()
        return self.filtered(
            lambda account: account._is_large_raise(
                before[account.id].limit,
                after[account.id].limit,
                account.company_id._scrm_local_day(fields.Datetime.now()),
            )
        )

    def _is_large_raise(self, before, after, day):
        if before is None:
            return False
        if after is None:
            return True
        threshold = to_decimal(self.policy_id.sudo().review_threshold, self.company_id.currency_id)
        agreed = self._get_agreed_limit(day)
        # Many small steps are one large one.
        return after - (before if agreed is None else min(before, agreed)) > threshold

    def _get_agreed_limit(self, day):
        """Return the limit that a second person agreed to last, else the first there was."""
        applied_sudo = (
            self.env["scrm.credit.review"]
            .sudo()  # sudo: whoever asks, the history decides
            .search([("account_id", "=", self.id), ("state", "=", "applied")])
        )
        agreed, first = applied_sudo.filtered("approver_id")[:1], applied_sudo[-1:]
        moments = [(agreed, "new")] if agreed else [(first, "old"), (first, "new")]
        for review, moment in moments if first else ():
            limit = self._get_limit_with(review._get_limit_vals(moment), day)
            if limit is not None:
                return limit
        return None

    def _get_limit_with(self, vals, day):
        """Return what the valid limit would be with these values of its fields."""
        shadow = self.new(
            {
                **vals,
                "company_id": self.company_id.id,
                "partner_id": self.partner_id.id,
                "policy_id": self.policy_id.id,
                "currency_id": self.currency_id.id,
            }
        )
        return shadow._get_valid_limit(day)[0]

    # === CORE'S BANNER === #

    def _mirror_core_limit(self):
        """Let core's own warning speak of the same limit; there 0 means that nothing is checked."""
        terms = self._get_terms()
        for account in self:
            limit = float(terms[account.id].limit or 0)
            # sudo: the field on the contact is reserved to accountants
            partner = account.partner_id.sudo().with_company(account.company_id)
            if partner.credit_limit != limit:
                partner.credit_limit = limit

    @api.model
    def _cron_mirror_core_limit(self):
        """Follow limits that ended, began or were changed on a level."""
        self.search([("partner_id.active", "=", True)])._mirror_core_limit()
