from collections import Counter

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round, format_amount, format_date

from ..tools import content

PRICE_DIGITS = 6


class ScrmSettlementStatement(models.Model):
    _inherit = "scrm.settlement.statement"

    def _get_sign(self):
        """Return -1 when the total is negative: then the document is the opposite one."""
        return -1 if self.currency_id.compare_amounts(self.amount_total, 0) < 0 else 1

    def _get_document_type(self):
        return content.document_type(self.document_mode, self._get_sign() < 0)

    def _needs_document(self):
        """Tell whether there is anything to bill; tax may be left where the total is zero."""
        return not (
            self.currency_id.is_zero(self.amount_total)
            and self.currency_id.is_zero(self.amount_tax)
        )

    # === CREATION === #

    def _create_document(self):
        """Return the draft document, empty for a statement that comes to zero."""
        self.ensure_one()
        # sudo: preparers have no rights in Invoicing; they get a draft that finance reviews
        Move = self.env["account.move"].sudo().with_company(self.company_id)
        if not self._needs_document():
            return Move.browse().sudo(False)
        # What is due at once is so on the company's day, not on the preparer's
        Move = Move.with_context(tz=self.company_id._scrm_get_zone())
        return Move.create(self._prepare_document_vals()).with_env(self.env).sudo(False)

    def _prepare_document_vals(self):
        self.ensure_one()
        sign = self._get_sign()
        fiscal_position = self._get_fiscal_position()
        rows = self._fetch_billed_rows()[self.id]
        # Not the whole lines: a thousand statements have a hundred thousand of them
        self.env["scrm.settlement.line"].browse(row.id for row in rows).fetch(["date", "name"])
        taxes = self._get_row_taxes(rows, fiscal_position)
        return {
            "move_type": self._get_document_type(),
            "scrm_is_settlement": True,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "fiscal_position_id": fiscal_position.id,
            "invoice_date": self.company_id._scrm_local_day(fields.Datetime.now()),
            "ref": self.name,
            "invoice_origin": self.name,
            "invoice_line_ids": [
                Command.create(self._prepare_document_line_vals(row, sign, taxes)) for row in rows
            ],
        }

    def _prepare_document_line_vals(self, row, sign, taxes):
        quantity, price = self._get_billed_of(row)
        return {
            "product_id": row.product_id,
            "name": self._describe_row(row),
            "product_uom_id": row.uom_id,
            "quantity": sign * quantity,
            "price_unit": price,
            "discount": 0.0,
            "tax_ids": [Command.set(taxes[row.product_id].ids)],
        }

    def _describe_row(self, row):
        if self.company_id.scrm_settlement_by_product:
            product = self.env["product.product"].browse(row.product_id)
            # As the dealer's own document would say it
            name = product.with_context(lang=self.partner_id.lang).display_name
            return f"{self._get_period_label()} {name}"
        line = self.env["scrm.settlement.line"].browse(row.id)
        return f"{line.date} {line.name}"

    def _get_row_taxes(self, rows, fiscal_position):
        """Return {product id: taxes}."""
        # sudo: who prepares or posts need not read taxes nor the dealer's settings
        products = self.env["product.product"].sudo().browse({row.product_id: None for row in rows})
        taxes = self.sudo()._map_taxes(products, fiscal_position.sudo())
        return {product.id: mapped for product, mapped in taxes.items()}

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
                [content_hash] = statement._get_content_hashes().values()
                statement._write_derived({"content_hash": content_hash})

    def _rebuild_document(self):
        """Write the statement's lines into its draft document, or exchange it for another kind."""
        self.ensure_one()
        document = self.move_id.sudo()  # sudo: as in _create_document
        if self._needs_document() and document.move_type == self._get_document_type():
            document.write(
                {
                    "invoice_line_ids": [
                        *(Command.delete(line.id) for line in document.invoice_line_ids),
                        *self._prepare_document_vals()["invoice_line_ids"],
                    ]
                }
            )
            return
        self._write_derived({"move_id": self._create_document().id})
        document._scrm_drop_settlement_document()

    # === COMPARISON === #

    def _get_document_differences(self, rows):
        """Return in which words the document says something else than the statement.

        :param rows: all its lines, see `_fetch_rows`
        """
        self.ensure_one()
        document = self.move_id
        sign = self._get_sign()
        differences = []
        # A dealer may have become part of a company meanwhile
        dealer = self.partner_id | self.partner_id.commercial_partner_id
        if document.commercial_partner_id not in dealer:
            differences.append(self.env._("the partner is %s", document.partner_id.display_name))
        if document.company_id != self.company_id:
            differences.append(self.env._("the company is %s", document.company_id.name))
        if document.move_type != self._get_document_type():
            differences.append(self.env._("the kind of document was changed"))
        if document.currency_id != self.currency_id:
            differences.append(self.env._("the currency is %s", document.currency_id.name))
        else:
            differences += self._get_amount_differences(document, sign)
        if not self._says_lines(document, rows, sign):
            differences.append(self.env._("products, quantities, prices or taxes were changed"))
        return differences

    def _get_amount_differences(self, document, sign):
        return [
            self.env._(
                "%(label)s is %(bill)s instead of %(statement)s",
                label=label,
                bill=format_amount(self.env, ours, self.currency_id),
                statement=format_amount(self.env, sign * expected, self.currency_id),
            )
            for label, ours, expected in (
                (self.env._("the untaxed amount"), document.amount_untaxed, self.amount_untaxed),
                (self.env._("the tax"), document.amount_tax, self.amount_tax),
                (self.env._("the total"), document.amount_total, self.amount_total),
            )
            if self.currency_id.compare_amounts(ours, sign * expected)
        ]

    def _count_document_lines(self, document):
        return Counter(
            (
                line.product_id.id,
                self._get_quantity_key(line.quantity, line.product_uom_id),
                float_round(
                    line.price_unit * (1 - line.discount / 100), precision_digits=PRICE_DIGITS
                ),
                tuple(sorted(line.tax_ids.ids)),
            )
            for line in document.invoice_line_ids
            if line.display_type == "product"
        )

    def _says_lines(self, document, rows, sign):
        """Tell whether the document has these rows, each for itself or added up by product."""
        said = self._count_document_lines(document)
        taxes = self._get_row_taxes(rows, self._get_fiscal_position())
        # The company may have changed its mind since the document was made
        return said == self._count_rows(rows, sign, taxes) or said == self._count_rows(
            self._fetch_product_rows()[self.id], sign, taxes
        )

    def _count_rows(self, rows, sign, taxes):
        return Counter(
            (
                row.product_id,
                self._get_quantity_key(sign * quantity, self.env["uom.uom"].browse(row.uom_id)),
                float_round(price, precision_digits=PRICE_DIGITS),
                tuple(sorted(taxes[row.product_id].ids)),
            )
            for row in rows
            for quantity, price in [self._get_billed_of(row)]
        )

    def _get_quantity_key(self, quantity, uom):
        # A line typed by hand has no unit
        return uom.id, uom.round(quantity) if uom else quantity

    def _check_document_agrees(self):
        """Refuse a document that says something else than what was submitted."""
        billed = self.filtered("move_id")
        rows = billed._fetch_rows()
        for statement in billed:
            differences = statement._get_document_differences(rows[statement.id])
            if differences:
                raise UserError(
                    self.env._(
                        "The document of %(statement)s no longer says what was submitted: "
                        "%(differences)s. Restore it, or return the settlement to %(preparer)s.",
                        statement=statement.name,
                        differences="; ".join(differences),
                        preparer=statement.submitter_id.name,
                    )
                )

    # === POSTING === #

    def _check_may_post(self):
        """Refuse to post what nobody has reviewed, what differs, or what one has prepared."""
        self._check_reviewed()
        self._check_content()
        self._check_document_agrees()

    def _check_reviewed(self):
        """Refuse to post what nobody has reviewed, or what one has prepared."""
        for statement in self:
            if statement.state not in ("reviewed", "invoiced", "paid"):
                raise UserError(
                    self.env._(
                        "%(bill)s belongs to the settlement %(statement)s of %(dealer)s, which "
                        "has not been reviewed. A reviewer other than %(preparer)s approves it "
                        "first, with “Review settlement” on the document.",
                        bill=statement.move_id.display_name,
                        statement=statement.name,
                        dealer=statement.partner_id.display_name,
                        preparer=statement.submitter_id.name,
                    )
                )
        self._check_poster()

    def _check_poster(self):
        """Refuse to post, or to leave to the clock, what one has prepared oneself."""
        for statement in self:
            preparers = (statement.submitter_id, statement.create_uid)
            if statement.company_id.scrm_settlement_poster_apart and self.env.user in preparers:
                raise UserError(
                    self.env._(
                        "%(user)s prepared or submitted %(statement)s and may not post its "
                        "document: in %(company)s somebody else posts it.",
                        user=self.env.user.name,
                        statement=statement.name,
                        company=statement.company_id.name,
                    )
                )

    def _follow_document(self, wanted_dates=None):
        """Bring the statements to where their documents are: posted, paid, reversed or in draft.

        :param wanted_dates: accounting dates before posting: {document id: date}
        """
        posted = self.filtered(lambda s: s.move_id.state == "posted")
        posted.filtered(lambda s: s.state == "reviewed")._follow_posting(wanted_dates or {})
        for statement in posted:
            statement._follow_payment()
        for statement in self - posted:
            if statement.move_id.state == "draft" and statement.state in ("invoiced", "paid"):
                statement._move_along("unpost", wanted_date=False)

    def _follow_posting(self, wanted_dates):
        """Note the posting, and tell when a lock date has moved an accounting date."""
        moved = {
            statement: wanted_dates[statement.move_id.id]
            for statement in self
            if wanted_dates.get(statement.move_id.id, statement.move_id.date)
            != statement.move_id.date
        }
        self._move_many("invoice", lambda statement: {"wanted_date": moved.get(statement, False)})
        for statement, wanted in moved.items():
            body = self.env._(
                "The books are closed on %(wanted)s: %(document)s was posted on %(posted)s. The "
                "settlement's period stays %(period)s.",
                wanted=format_date(self.env, wanted),
                posted=format_date(self.env, statement.move_id.date),
                document=statement.move_id.display_name,
                period=statement._get_period_label(),
            )
            statement.message_post(body=body)
            statement.move_id.message_post(body=body)

    def _follow_payment(self):
        self.ensure_one()
        document = self.move_id
        reversed_ = document._scrm_is_reversed()
        # Set off against another document than its reversal, it is paid as by money.
        paid = document.payment_state in ("paid", "in_payment", "reversed") and not reversed_
        if self.state == "reversed" and not reversed_:
            self._check_not_replaced()
            self._move_along("unreverse")
        if reversed_ and self.state in ("invoiced", "paid"):
            self._move_along("reverse")
        elif paid and self.state == "invoiced":
            self._move_along("pay")
        elif not paid and self.state == "paid":
            self._move_along("unpay")

    def _check_not_replaced(self):
        for statement in self.filtered("successor_ids"):
            names = ", ".join(statement.successor_ids.mapped("name"))
            if all(successor.state == "cancel" for successor in statement.successor_ids):
                # Nobody knows any more which lines they were: prices may have changed since.
                raise UserError(
                    self.env._(
                        "The lines of %(statement)s went back to the journal when %(successors)s "
                        "was cancelled. Leave the reversal as it is: the period's next statement "
                        "settles them.",
                        statement=statement.name,
                        successors=names,
                    )
                )
            raise UserError(
                self.env._(
                    "The lines of %(statement)s are settled again by %(successors)s. Leave the "
                    "reversal as it is, or reverse that one too.",
                    statement=statement.name,
                    successors=names,
                )
            )
