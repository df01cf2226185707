from odoo import fields, models
from odoo.exceptions import UserError

from .sale_order_credit import BLOCKING


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # === WHAT IT ASKS FOR === #

    def _scrm_get_credit_accounts(self):
        """Return ``{order: account}`` of the dealers who have one; one look-up per company."""
        found = {}
        for company, orders in self.grouped("company_id").items():
            accounts = self.env["scrm.credit.account"]._find_accounts(
                orders.partner_invoice_id, company
            )
            for order in orders if accounts else ():
                if order.partner_invoice_id in accounts:
                    found[order] = accounts[order.partner_invoice_id]
        return found

    def _scrm_get_credit_amount(self):
        """Return the order's total in the company's currency: what a release has to cover.

        What was delivered beyond it is part of it: it is invoiced with the order. What was paid
        with the order and is not booked yet asks for no credit.
        """
        self.ensure_one()
        order_sudo = self.sudo()  # payments are read for their amount alone
        paid = sum(
            tx.amount
            for tx in order_sudo.transaction_ids
            if tx.state == "done"
            and tx.operation != "validation"
            and not tx.payment_id
            and len(tx.sale_order_ids) == 1
        )
        total = order_sudo.amount_total + order_sudo._scrm_get_over_amount()
        return self._scrm_convert_credit(max(0.0, total - paid))

    def _scrm_get_open_amount(self, extra=0.0):
        """Return what of the total is not invoiced yet: invoices are among what is used.

        :param extra: what leaves beyond what was ordered, in the company's currency
        """
        self.ensure_one()
        invoiced = self._scrm_convert_credit(self.sudo().amount_invoiced)  # sudo: the sum alone
        return max(0.0, self._scrm_get_credit_amount() + extra - invoiced)

    def _scrm_get_extra_amount(self, moves):
        """Return what leaves with these moves beyond what was ordered."""
        self.ensure_one()
        extra = self._scrm_get_over_amount(moves) - self._scrm_get_over_amount()
        return self._scrm_convert_credit(extra)

    def _scrm_get_over_amount(self, moves=None):
        """Return what is delivered beyond what was ordered, once these moves have left."""
        leaving = moves.grouped(self._scrm_find_line) if moves else {}
        over = sum(map(self._scrm_get_added_amount, leaving.pop(self.order_line.browse(), ())))
        for line in self.order_line:
            delivered = line.qty_delivered + sum(
                move.product_uom._compute_quantity(move.quantity, line.product_uom_id)
                for move in leaving.get(line, ())
                if move.product_id == line.product_id  # no parts of a kit
            )
            beyond = max(0.0, delivered - line.product_uom_qty)
            over += beyond * (line.price_reduce_taxinc or line.price_unit)
        return over

    def _scrm_find_line(self, move):
        """Return the line that a move is for; of one that was added by hand, its product's."""
        same = self.order_line.filtered(lambda line: line.product_id == move.product_id)
        return move.sale_line_id or same[:1]

    def _scrm_get_added_amount(self, move):
        """Return the price of what was added to a delivery, as core will put it on the order."""
        product = move.product_id
        price = self.pricelist_id._get_product_price(
            product, 1.0, currency=self.currency_id, date=self.date_order
        )
        return price * move.product_uom._compute_quantity(move.quantity, product.uom_id)

    def _scrm_convert_credit(self, amount):
        company_sudo = self.company_id.sudo()
        return self.currency_id._convert(
            amount,
            company_sudo.currency_id,
            company_sudo,
            company_sudo._scrm_local_day(fields.Datetime.now()),
        )

    def _scrm_is_credit_open(self):
        """Tell whether the order still has something to confirm or to deliver."""
        self.ensure_one()
        return self.state in ("draft", "sent") or (
            self.state == "sale" and self.delivery_status != "full"
        )

    # === CHECK === #

    def _scrm_assess(self, account, extra=0.0):
        """Return what the check found, or None when a release covers the order.

        :param extra: what leaves beyond what was ordered, in the company's currency
        """
        self.ensure_one()
        latest_sudo = self.sudo().scrm_credit_hold_id  # sudo: the check decides, not its asker
        today = self.company_id.sudo()._scrm_local_day(fields.Datetime.now())
        is_his = latest_sudo.account_id == account  # the order may be another dealer's by now
        if is_his and latest_sudo._covers(self._scrm_get_credit_amount() + extra, today):
            return None
        return account._assess(self, extra)

    def _scrm_check_confirm(self, account):
        """Return (whether to confirm now, an action that asks the user or None)."""
        self.ensure_one()
        policy_sudo = account.policy_id
        checked = policy_sudo.on_confirm
        if checked == "none" or self._confirmation_error_message():
            return True, None
        assessment = self._scrm_assess(account)
        if not assessment or not assessment.reasons:
            self.sudo()._scrm_lift_holds("close")  # sudo: the check decided
            return True, None
        if checked == "warn":
            self._scrm_note_credit(account, assessment)
            return True, None
        if self.env.context.get("scrm_credit_ask") and not self.env.su:
            if checked == "block":
                raise UserError(self._scrm_explain_refusal(account, assessment))
            return False, self.env["scrm.credit.request"]._open(self, account, assessment)
        self._scrm_hold(account, assessment, "confirm")
        # Whoever signs or pays on the portal acts in superuser mode, and so do crons.
        is_left = checked == "block" or (self.env.su and policy_sudo.on_portal == "quote")
        return not is_left, None

    def _scrm_check_increase(self, before):
        """Check the orders that ask for more than before.

        :param before: ``{order: (account, amount)}``
        """
        for order, (account, amount) in before.items():
            currency = account.company_id.currency_id
            if account.policy_id.on_confirm in ("none", "warn"):
                continue
            if currency.compare_amounts(order._scrm_get_credit_amount(), amount) <= 0:
                continue
            assessment = order._scrm_assess(account)
            if assessment and assessment.reasons:
                order._scrm_hold(account, assessment, "increase")

    def _scrm_check_dealer(self):
        """Check orders that another dealer pays now; what held the old one ends.

        Nothing is raised: an order is never lost by a correction of its address.
        """
        accounts = self._scrm_get_credit_accounts()
        for order in self:
            was_held = order.scrm_credit_state in BLOCKING
            order.sudo()._scrm_lift_holds("close")  # sudo: the holds follow the order
            account = accounts.get(order)
            checked = account.policy_id.on_confirm if account else "none"
            assessment = order._scrm_assess(account) if checked != "none" else None
            if assessment and assessment.reasons and checked != "warn":
                order._scrm_hold(account, assessment, "confirm")
                continue
            if assessment and assessment.reasons:
                order._scrm_note_credit(account, assessment)
            if was_held:
                order._scrm_go_on()

    def _scrm_check_issue(self, account, moves):
        """Return why goods of the order may not leave now (a sentence), or None.

        :param moves: stock.move that would leave
        """
        self.ensure_one()
        checked = account.policy_id.on_issue
        if checked == "none":
            return None
        held_sudo = self.sudo().scrm_credit_hold_id if self.scrm_credit_state in BLOCKING else None
        if held_sudo and checked != "warn":
            return self.env._(
                "%(order)s is on credit hold: %(reason)s Ask a credit manager to release it.",
                order=self.name,
                reason=held_sudo.reason,
            )
        assessment = self._scrm_assess(account, self._scrm_get_extra_amount(moves))
        if not assessment or not assessment.reasons:
            return None
        if checked == "warn":
            self._scrm_note_credit(account, assessment)
            return None
        if checked == "hold":
            self._scrm_hold(account, assessment, "issue")
        return self._scrm_explain_refusal(account, assessment)

    # === WHAT FOLLOWS === #

    def _scrm_hold(self, account, assessment, checkpoint):
        """Put the order on hold; one that waits for at least as much already goes on waiting."""
        self.ensure_one()
        order_sudo = self.sudo()  # the holds are written by the check alone
        waiting = order_sudo.scrm_credit_hold_ids.filtered(lambda hold: hold.state == "open")
        if waiting:
            asked = assessment.total
            if waiting.currency_id.compare_amounts(asked, waiting.amount_requested) <= 0:
                return waiting
            waiting._move_along("close")
        hold = account._open_hold(
            self, assessment, checkpoint, self.env.context.get("scrm_credit_note")
        )
        # Others can have what was reserved, but for what lies in the box already.
        order_sudo.picking_ids.move_ids.filtered(
            lambda move: move.state in ("assigned", "partially_available") and not move.picked
        )._scrm_get_credit_held("on_reserve")._do_unreserve()
        return hold

    def _scrm_lift_holds(self, transition):
        """End what waits or was refused; the caller has checked that it may."""
        self.scrm_credit_hold_id.filtered(
            lambda hold: hold.state in ("open", "rejected")
        )._move_along(transition)

    def _scrm_go_on(self):
        """Do what the hold kept back: confirm a quotation, procure and reserve."""
        for order in self:
            if order.state in ("draft", "sent"):
                order.with_context(send_email=True).action_confirm()
            elif order.state == "sale":
                order.order_line._action_launch_stock_rule()
                order.picking_ids.move_ids.filtered(
                    lambda move: (
                        move.state in ("confirmed", "waiting", "partially_available")
                        and move._should_assign_at_confirm()
                    )
                )._action_assign()

    def _scrm_note_credit(self, account, assessment):
        """Leave a note for colleagues that the order went on all the same."""
        # sudo: whoever confirms or ships may not be allowed to write on the order
        self.sudo()._message_log(body=self._scrm_explain_refusal(account, assessment))

    def _scrm_explain_refusal(self, account, assessment):
        draft = (
            self.env["scrm.credit.hold"]
            .sudo()
            .new(  # sudo: only its sentences are used
                account._prepare_hold_vals(self.sudo(), assessment, "confirm", None)
            )
        )
        return self.env._(
            "%(order)s exceeds the credit of %(dealer)s: %(reason)s",
            order=self.name,
            dealer=account.partner_id.name,
            reason=" ".join(draft._get_sentences()),
        )

    def _scrm_tell_credit(self, body):
        """Write to the dealer on the order; the notice rules are what is mailed."""
        self.ensure_one()
        self.message_post(
            body=body,
            author_id=self.env.ref("base.partner_root").id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            notify_skip_followers=True,
        )

    def _scrm_watch_increase(self):
        """Return ``{order: (account, amount)}`` of confirmed orders whose credit is controlled."""
        confirmed = self.filtered(lambda order: order.state == "sale")
        if not confirmed:
            return {}
        return {
            order: (account, order._scrm_get_credit_amount())
            for order, account in confirmed._scrm_get_credit_accounts().items()
        }
