from collections import Counter

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round, format_amount

PRICE_DIGITS = 6


class ScrmSettlementStatement(models.Model):
    _inherit = "scrm.settlement.statement"

    # === TOTALS === #

    def _get_fiscal_position(self):
        self.ensure_one()
        return (
            self.env["account.fiscal.position"]
            .with_company(self.company_id)
            ._get_fiscal_position(self.partner_id)
        )

    def _get_taxes(self, line, fiscal_position):
        """Return the purchase taxes of a line, as a vendor bill would choose them."""
        taxes = line.product_id.supplier_taxes_id._filter_taxes_by_company(self.company_id)
        return fiscal_position.map_tax(taxes)

    def _get_sorted_lines(self):
        return self.line_ids.sorted(lambda line: (line.date, line.id))

    def _get_tax_totals(self):
        """Return (untaxed, tax, total) as core computes them for a bill with the same lines.

        Rounding globally or per line is the company's choice: sums of our own rounded amounts
        would differ from the bill.
        """
        self.ensure_one()
        AccountTax = self.env["account.tax"]
        fiscal_position = self._get_fiscal_position()
        base_lines = [
            AccountTax._prepare_base_line_for_taxes_computation(
                line,
                product_id=line.product_id,
                product_uom_id=line.uom_id,
                tax_ids=self._get_taxes(line, fiscal_position),
                price_unit=line.price_unit,
                quantity=line.quantity,
                currency_id=self.currency_id,
                partner_id=self.partner_id,
            )
            for line in self._get_sorted_lines()
        ]
        AccountTax._add_tax_details_in_base_lines(base_lines, self.company_id)
        AccountTax._round_base_lines_tax_details(base_lines, self.company_id)
        totals = AccountTax._get_tax_totals_summary(base_lines, self.currency_id, self.company_id)
        return (
            totals["base_amount_currency"],
            totals["tax_amount_currency"],
            totals["total_amount_currency"],
        )

    # === BILL === #

    def _action_submit(self):
        """Make the draft bill and hand the statement to finance."""
        self.ensure_one()
        self._flow_lock()
        self._check_may_submit()
        self._update_totals()
        # sudo: preparers have no rights in Invoicing; they get a draft that finance reviews
        bill = (
            self.env["account.move"]
            .sudo()
            .with_company(self.company_id)
            .create(self._prepare_bill_vals())
            .sudo(False)
        )
        self._move_along(
            "submit",
            submitter_id=self.env.uid,
            submitted_at=fields.Datetime.now(),
            move_id=bill.id,
            return_reason=False,
        )
        self.sudo()._check_bill_agrees()  # sudo: reads the bill just made

    def _refresh_document(self):
        """Recompute totals and, while submitted, say in the draft document what the lines say.

        For whoever takes a line off a statement or adds one: a dispute, a reconciliation.
        """
        for statement in self:
            statement._flow_lock()
            if statement.state not in ("draft", "submitted"):
                raise UserError(
                    self.env._(
                        "%(statement)s has been reviewed and keeps its lines. Return it, or "
                        "record an adjustment.",
                        statement=statement.name,
                    )
                )
            statement.invalidate_recordset(["line_ids"])
            statement._update_totals()
            if statement.state == "submitted":
                statement._rebuild_document()

    def _rebuild_document(self):
        """Write the statement's lines into its draft document in place of those it has."""
        self.ensure_one()
        vals = self._prepare_bill_vals()
        bill = self.move_id.sudo()  # sudo: as in _action_submit, preparers cannot edit drafts
        bill.write(
            {
                "move_type": vals["move_type"],
                "invoice_line_ids": [
                    *(Command.delete(line.id) for line in bill.invoice_line_ids),
                    *vals["invoice_line_ids"],
                ],
            }
        )

    def _get_bill_sign(self):
        """Return -1 when the dealer owes us: then the document is a refund."""
        return -1 if self.currency_id.compare_amounts(self.amount_total, 0) < 0 else 1

    def _prepare_bill_vals(self):
        self.ensure_one()
        sign = self._get_bill_sign()
        fiscal_position = self._get_fiscal_position()
        return {
            "move_type": "in_invoice" if sign > 0 else "in_refund",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "fiscal_position_id": fiscal_position.id,
            "invoice_date": self.company_id._scrm_local_day(fields.Datetime.now()),
            "ref": self.name,
            "invoice_origin": self.name,
            "invoice_line_ids": [
                Command.create(self._prepare_bill_line_vals(line, sign, fiscal_position))
                for line in self._get_sorted_lines()
            ],
        }

    def _prepare_bill_line_vals(self, line, sign, fiscal_position):
        return {
            "product_id": line.product_id.id,
            "name": f"{line.date} {line.name}",
            "product_uom_id": line.uom_id.id,
            "quantity": sign * line.quantity,
            "price_unit": line.price_unit,
            "discount": 0.0,
            "tax_ids": [Command.set(self._get_taxes(line, fiscal_position).ids)],
        }

    # === COMPARISON === #

    def _get_bill_differences(self):
        """Return in which words the bill says something else than the statement (list of str)."""
        self.ensure_one()
        bill = self.move_id
        sign = self._get_bill_sign()
        differences = []
        if bill.commercial_partner_id != self.partner_id:
            differences.append(self.env._("the vendor is %s", bill.partner_id.display_name))
        if bill.move_type != ("in_invoice" if sign > 0 else "in_refund"):
            differences.append(self.env._("the kind of document was changed"))
        if bill.currency_id != self.currency_id:
            differences.append(self.env._("the currency is %s", bill.currency_id.name))
        else:
            differences += self._get_amount_differences(bill, sign)
        if self._count_bill_lines(bill) != self._count_statement_lines(sign):
            differences.append(self.env._("products, quantities, prices or taxes were changed"))
        return differences

    def _get_amount_differences(self, bill, sign):
        untaxed, tax, total = self._get_tax_totals()
        return [
            self.env._(
                "%(label)s is %(bill)s instead of %(statement)s",
                label=label,
                bill=format_amount(self.env, ours, self.currency_id),
                statement=format_amount(self.env, sign * expected, self.currency_id),
            )
            for label, ours, expected in (
                (self.env._("the untaxed amount"), bill.amount_untaxed, untaxed),
                (self.env._("the tax"), bill.amount_tax, tax),
                (self.env._("the total"), bill.amount_total, total),
            )
            if self.currency_id.compare_amounts(ours, sign * expected)
        ]

    def _count_bill_lines(self, bill):
        return Counter(
            (
                line.product_id.id,
                self._get_quantity_key(line.quantity, line.product_uom_id),
                float_round(
                    line.price_unit * (1 - line.discount / 100), precision_digits=PRICE_DIGITS
                ),
            )
            for line in bill.invoice_line_ids
            if line.display_type == "product"
        )

    def _count_statement_lines(self, sign):
        return Counter(
            (
                line.product_id.id,
                self._get_quantity_key(sign * line.quantity, line.uom_id),
                float_round(line.price_unit, precision_digits=PRICE_DIGITS),
            )
            for line in self.line_ids
        )

    def _get_quantity_key(self, quantity, uom):
        # A line typed by hand has no unit
        return uom.id, uom.round(quantity) if uom else quantity

    def _check_bill_agrees(self):
        for statement in self:
            differences = statement._get_bill_differences()
            if differences:
                raise UserError(
                    self.env._(
                        "The bill of %(statement)s no longer says what was submitted: "
                        "%(differences)s. Restore the bill, or return the settlement to "
                        "%(preparer)s.",
                        statement=statement.name,
                        differences="; ".join(differences),
                        preparer=statement.submitter_id.name,
                    )
                )

    def _check_bill_may_post(self):
        """Refuse to post the bill of a settlement that nobody has reviewed, or that differs."""
        for statement in self:
            if statement.state not in ("reviewed", "invoiced", "paid"):
                raise UserError(
                    self.env._(
                        "%(bill)s belongs to the settlement %(statement)s of %(dealer)s, which "
                        "has not been reviewed. A reviewer other than %(preparer)s approves it "
                        "first, with “Review settlement” on the bill.",
                        bill=statement.move_id.display_name,
                        statement=statement.name,
                        dealer=statement.partner_id.display_name,
                        preparer=statement.submitter_id.name,
                    )
                )
        self._check_bill_agrees()

    def _follow_bill(self):
        """Bring the statements to where their bills are: posted, paid, or back in draft."""
        for statement in self:
            bill = statement.move_id
            if bill.state == "posted":
                paid = bill.payment_state in ("paid", "in_payment")
                if statement.state == "reviewed":
                    statement._move_along("invoice")
                if paid and statement.state == "invoiced":
                    statement._move_along("pay")
                elif not paid and statement.state == "paid":
                    statement._move_along("unpay")
            elif bill.state == "draft" and statement.state in ("invoiced", "paid"):
                statement._move_along("unpost")
