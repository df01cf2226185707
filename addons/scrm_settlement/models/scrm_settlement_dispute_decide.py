from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, float_compare
from odoo.tools.misc import formatLang

from .scrm_settlement_line_journal import PRICE_DIGITS
from .scrm_settlement_statement_dispute import SHOWN_STATES


class ScrmSettlementDispute(models.Model):
    # One concern a file.
    _inherit = "scrm.settlement.dispute"  # pylint: disable=consider-merging-classes-inherited

    # === ACTIONS === #

    def action_accept(self):
        """Settle the difference by a line of its own; the disputed one is settled as it stands."""
        for dispute in self:
            dispute._flow_lock()
            dispute._weigh_again()
            dispute._check_may_accept()
            adjustment = dispute._record_adjustment()
            dispute._resolve("accept", adjustment_line_id=adjustment.id)

    def action_reject(self):
        for dispute in self:
            dispute._resolve("reject")

    def action_withdraw(self):
        for dispute in self:
            dispute._resolve("withdraw")

    def action_open_adjustment(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.settlement.line",
            "res_id": self.adjustment_line_id.id,
            "views": [(False, "form")],
        }

    # === THE DEALER === #

    def _withdraw_as_dealer(self):
        """Take back a dispute that the dealer who is logged in has opened."""
        self.ensure_one()
        self.check_access("read")
        dealer = self.env.user.partner_id.commercial_partner_id
        opened_by = self.sudo().create_uid.partner_id.commercial_partner_id
        if self.partner_id != dealer or opened_by != dealer:
            raise AccessError(self.env._("Only who opened a dispute withdraws it."))
        self.sudo().action_withdraw()  # sudo: dealers have no rights to write

    def _attach_evidence(self, files):
        """Keep the files with each of the disputes.

        :param files: list of (name, content)
        """
        # sudo: dealers have no rights to write; callers hand over what was opened just now
        self.env["ir.attachment"].sudo().create(
            [
                {"name": name, "raw": content, "res_model": self._name, "res_id": dispute.id}
                for dispute in self
                for name, content in files
            ]
        )

    # === FLOW === #

    def _resolve(self, key, **vals):
        self.ensure_one()
        self._move_along(
            key,
            note=self.resolution,
            resolved_by_id=self.env.uid,
            resolved_at=fields.Datetime.now(),
            **vals,
        )

    def _flow_check(self, transition, vals):
        result = super()._flow_check(transition, vals)
        if transition.key != "withdraw" and not (self.resolution or "").strip():
            raise UserError(
                self.env._(
                    "Say in “Resolution” why %s is decided so: the dealer reads it.", self.name
                )
            )
        return result

    def _flow_after(self, transition):
        # A held line waits for a statement again; one on a reviewed statement never left it.
        # sudo: the journal is written by the system alone
        held = self.line_id.sudo().filtered(lambda line: line.state == "disputed")
        held.write({"state": "pending"})
        return super()._flow_after(transition)

    def _check_may_accept(self):
        self.ensure_one()
        if self.state != "open":
            self._flow_refuse("accept", self.state, True)
        if self.create_uid == self.env.user:
            raise UserError(
                self.env._(
                    "%(user)s opened %(dispute)s and cannot accept it as well. Ask another "
                    "reviewer.",
                    user=self.env.user.name,
                    dispute=self.name,
                )
            )
        self._check_covers_returns()
        if self.kind == "missing" and not self.product_id:
            raise UserError(
                self.env._("Choose the product under which “%s” is settled.", self.item)
            )
        if self.currency_id.is_zero(self.amount_agreed):
            raise UserError(
                self.env._(
                    "%s would change nothing with the agreed value. Reject it, or agree to "
                    "another value.",
                    self.name,
                )
            )

    def _check_covers_returns(self):
        """Refuse a quantity below what came back already: it would be taken back twice."""
        line = self.line_id.sudo()  # sudo: as in _flow_after
        if self.kind != "quantity" or line.quantity <= 0:
            return
        returned = line.quantity - self._get_kept_quantity()
        if float_compare(self.agreed_value, returned, precision_digits=PRICE_DIGITS) < 0:
            raise UserError(
                self.env._(
                    "%(returned)s of “%(line)s” came back already. Agree to at least as much, or "
                    "call the line “Not ours”.",
                    returned=formatLang(self.env, returned, dp="Product Unit"),
                    line=line.name,
                )
            )

    @api.model
    def _notice_get_events(self):
        return [("open", self.env._("Opened")), *super()._notice_get_events()]

    def _notice_get_customer(self):
        """Return the dealer, if he sees the dispute: of an issued statement, or his own."""
        # sudo: who sets off a notice reads no users
        is_own = self.sudo().create_uid.share
        if is_own or self.statement_id.state in SHOWN_STATES:
            return super()._notice_get_customer()
        return self.env["scrm.customer"]

    def _notice_get_responsible(self):
        """Return who prepared the statement; nobody is told of their own step."""
        return super()._notice_get_responsible() - self.env.user

    # === MONEY === #

    def _get_difference(self, value):
        """Return the money between the statement and what it would say with ``value``.

        The difference of two rounded amounts: line and adjustment add up to the right amount.
        """
        self.ensure_one()
        currency, line = self.currency_id, self.line_id
        if not currency:  # a form that is being filled in
            return 0.0
        if self.kind == "missing":
            return currency.round(value)
        if not line:
            return 0.0
        if self.kind == "quantity":
            return currency.round(currency.round(value * line.price_unit) - line.amount)
        # What came back was taken back at the old price: only the rest is left to correct.
        kept = self._get_kept_quantity()
        # sudo: dealers read no corrections
        [(returned,)] = line.sudo()._read_group(
            [("origin_line_id", "=", line.id), ("source_type", "=", "return")],
            aggregates=["amount:sum"],
        )
        borne, borne_back = self._get_borne()
        settled = line.amount + (returned or 0.0) + borne
        right = 0.0
        if self.kind == "price":
            right = currency.round(line.quantity * value)
            back = line.quantity - kept
            # As `_record_returns` reckons: a commission comes back by its value
            by_value = line.source_type == "commission"
            right -= currency.round(right * back / line.quantity if by_value else back * value)
            right += borne - borne_back
        return currency.round(right - settled)

    def _get_borne(self):
        """Return what the dealer bore of the line by an adjustment, and what of it came back."""
        line = self.line_id
        borne, since = line._get_borne()
        left = line.quantity - since
        if not borne or not left:
            return borne, 0.0
        after = line._get_returned_measure() - since
        return borne, self.currency_id.round(borne * after / left)

    def _get_kept_quantity(self):
        """Return how much of the disputed line did not come back."""
        line = self.line_id.sudo()  # sudo: as in _get_difference
        if not line:
            return 0.0
        if line.source_type == "commission":  # comes back by value
            returned = line._get_returned_measure() / (abs(line.source_amount) or 1.0)
            return line.quantity * (1 - returned)
        return line.quantity - line._get_returned_measure()

    def _weigh_again(self):
        """Compute the difference on what is left of the line now, and let nobody return more."""
        self.ensure_one()
        line = self.line_id
        self.env.cr.execute(
            SQL(
                "UPDATE scrm_settlement_line SET write_date = write_date"
                " WHERE id = %s AND company_id = %s",
                line.id or None,
                self.company_id.id,
            )
        )
        self.env.add_to_compute(self._fields["amount_agreed"], self)

    def _get_adjustment_terms(self):
        """Return (quantity, unit price) of the line that makes up the agreed difference."""
        self.ensure_one()
        line, amount, kept = self.line_id, self.amount_agreed, self._get_kept_quantity()
        quantity, price = {
            "price": (kept, self.agreed_value - line.price_unit),
            "quantity": (self.agreed_value - line.quantity, line.price_unit),
            "not_ours": (-kept, line.price_unit),
            "missing": (1.0, amount),
        }[self.kind]
        if self.currency_id.compare_amounts(quantity * price, amount):
            # The bill multiplies again: a cent that no unit price makes becomes one piece.
            return 1.0, amount
        return quantity, price

    def _record_adjustment(self):
        """Write the agreed difference into the journal, once for this dispute."""
        self.ensure_one()
        # sudo: nobody writes the journal by hand
        lines = self.env["scrm.settlement.line"].sudo()
        adjustment = lines._insert_rows([lines._prepare_dispute_row(self)])
        if not adjustment:
            raise UserError(self.env._("%s is settled in the journal already.", self.name))
        lines._hold_twins(self.company_id)
        return adjustment.sudo(False)
