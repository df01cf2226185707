from odoo import models
from odoo.exceptions import UserError
from odoo.tools import float_compare, float_repr

from ..tools.statement_book import Column, Sheet, write_book

REPORT = "scrm_settlement.action_report_settlement_statement"
# The address of a download has to fit into what proxies let through.
MOST_AT_ONCE = 500
# What corrects what was settled: paper names it apart.
CORRECTIONS = ("adjustment", "return", "trueup")


class ScrmSettlementStatement(models.Model):
    """Paper and spreadsheets of statements: what is in them, in the reader's language."""

    # One concern a file.
    _inherit = "scrm.settlement.statement"  # pylint: disable=consider-merging-classes-inherited

    def _get_paper_name(self):
        """Return the file's name without its ending."""
        self.ensure_one()
        return self.name.replace("/", "-")

    # === ACTIONS === #

    def action_export_xlsx(self):
        """Download the chosen statements as one spreadsheet."""
        self.check_access("read")
        if len(self) > MOST_AT_ONCE:
            raise UserError(
                self.env._(
                    "%(count)s statements are too many for one file. Choose at most %(limit)s.",
                    count=len(self),
                    limit=MOST_AT_ONCE,
                )
            )
        return {
            "type": "ir.actions.act_url",
            "url": f"/scrm_settlement/xlsx?ids={','.join(map(str, self.ids))}",
            "target": "download",
        }

    # === PDF === #

    def _render_paper(self):
        """Return (content, kind) of the printed statement; kind is pdf, or html without a printer.

        For who may read the statement: it is rendered in superuser mode.
        """
        self.check_access("read")
        report = self.env["ir.actions.report"].sudo()  # sudo: portal users read no reports
        if report.get_wkhtmltopdf_state() in ("install", "broken"):
            return report._render_qweb_html(REPORT, self.ids)
        return report._render_qweb_pdf(REPORT, self.ids)

    def _get_paper_kinds(self):
        """Return what was settled by kind: (label, number of lines, amount)."""
        self.ensure_one()
        labels = dict(self.line_ids._fields["source_type"]._description_selection(self.env))
        by_kind = self.line_ids.grouped("source_type")
        return [
            (labels[kind], len(by_kind[kind]), sum(by_kind[kind].mapped("amount")))
            for kind in labels
            if kind in by_kind
        ]

    def _get_price_digits(self, price):
        """Return how many decimals a unit price is printed with: the currency's, if they do."""
        digits = self.currency_id.decimal_places
        exact = float_compare(price, self.currency_id.round(price), precision_digits=6) == 0
        return digits if exact else 6

    def _get_paper_lines(self):
        return self.line_ids.sorted(lambda line: (line.date, line.id))

    def _get_paper_corrections(self):
        return self._get_paper_lines().filtered(lambda line: line.source_type in CORRECTIONS)

    def _get_paper_disputes(self):
        return self.dispute_ids.filtered(lambda dispute: dispute.state != "withdrawn").sorted("id")

    def _get_paper_taxes(self):
        """Return (tax, base, amount) of each tax as the document in Invoicing has them.

        A statement that was not submitted has no document: its taxes are told as one sum.
        """
        self.ensure_one()
        document = self.sudo().move_id  # sudo: its readers need not read Invoicing
        if not document:
            taxed = not self.currency_id.is_zero(self.amount_tax)
            return [(self.env._("Taxes"), self.amount_untaxed, self.amount_tax)] if taxed else []
        base_lines, _tax_lines = document._get_rounded_base_and_tax_lines()
        AccountTax = self.env["account.tax"].sudo()
        details = AccountTax._aggregate_base_lines_tax_details(
            base_lines, lambda _line, tax_data: tax_data and tax_data["tax"]
        )
        totals = AccountTax._aggregate_base_lines_aggregated_values(details)
        # A negative statement has the opposite document, with positive amounts.
        sign = -1 if self.currency_id.compare_amounts(self.amount_total, 0) < 0 else 1
        return [
            (
                tax.name,
                sign * values["base_amount_currency"],
                sign * values["tax_amount_currency"],
            )
            for tax, values in totals.items()
            if tax
        ]

    # === SPREADSHEET === #

    def _make_xlsx(self):
        """Return the .xlsx file of these statements: one with its head, several as two tables."""
        self.check_access("read")
        # sudo: readable statements are exported with the names of what they are about
        statements = self.sudo()
        if len(statements) == 1:
            return write_book([statements._prepare_sheet()])
        return write_book([statements._prepare_list_sheet(), statements._prepare_lines_sheet()])

    def _get_line_columns(self):
        return [
            Column(self.env._("Day"), "date", 12),
            Column(self.env._("Kind"), width=14),
            Column(self.env._("Description"), width=44),
            Column(self.env._("Quantity"), "quantity", 10),
            Column(self.env._("Unit"), width=10),
            Column(self.env._("Unit Price"), "price", 14),
            Column(self.env._("Amount"), "money", 16),
        ]

    def _prepare_line_rows(self):
        kinds = dict(self.line_ids._fields["source_type"]._description_selection(self.env))
        return [
            [
                line.date,
                kinds[line.source_type],
                line.name,
                line.quantity,
                line.uom_id.name,
                line.price_unit,
                float_repr(line.amount, line.currency_id.decimal_places),
            ]
            for line in self._get_paper_lines()
        ]

    def _get_state_label(self):
        return dict(self._fields["state"]._description_selection(self.env))[self.state]

    def _prepare_sheet(self):
        self.ensure_one()
        return Sheet(
            name=self.env._("Statement"),
            title=self.env._("Settlement Statement %s", self.name),
            head=[
                (self.env._("Dealer"), self.partner_id.name),
                (self.env._("Level"), self.grade_id.name),
                (self.env._("First Day"), self.date_from),
                (self.env._("Last Day"), self.date_to),
                (self.env._("Status"), self._get_state_label()),
                (self.env._("Currency"), self.currency_id.name),
            ],
            columns=self._get_line_columns(),
            rows=self._prepare_line_rows(),
            totals=[
                (self.env._("Untaxed Amount"), self.amount_untaxed),
                *((name, amount) for name, _base, amount in self._get_paper_taxes()),
                (self.env._("Total"), self.amount_total),
            ],
            decimals=self.currency_id.decimal_places,
        )

    def _prepare_list_sheet(self):
        modes = dict(self._fields["document_mode"]._description_selection(self.env))
        return Sheet(
            name=self.env._("Statements"),
            columns=[
                Column(self.env._("Number"), width=18),
                Column(self.env._("Dealer"), width=30),
                Column(self.env._("Level"), width=12),
                Column(self.env._("First Day"), "date", 12),
                Column(self.env._("Last Day"), "date", 12),
                Column(self.env._("Settled by"), width=18),
                Column(self.env._("Status"), width=12),
                Column(self.env._("Currency"), width=10),
                Column(self.env._("Untaxed Amount"), "money", 16),
                Column(self.env._("Taxes"), "money", 16),
                Column(self.env._("Total"), "money", 16),
            ],
            rows=[
                [
                    statement.name,
                    statement.partner_id.name,
                    statement.grade_id.name,
                    statement.date_from,
                    statement.date_to,
                    modes[statement.document_mode],
                    statement._get_state_label(),
                    statement.currency_id.name,
                    statement.amount_untaxed,
                    statement.amount_tax,
                    statement.amount_total,
                ]
                for statement in self
            ],
            # What the dealer gets and what he owes is never one sum.
            totals=[
                (
                    self.env._(
                        "Total %(currency)s, %(mode)s", currency=currency.name, mode=modes[mode]
                    ),
                    sum(alike.mapped("amount_total")),
                )
                for (mode, currency), alike in self.grouped(
                    lambda statement: (statement.document_mode, statement.currency_id)
                ).items()
            ],
            decimals=max(self.currency_id.mapped("decimal_places"), default=2),
        )

    def _prepare_lines_sheet(self):
        return Sheet(
            name=self.env._("Lines"),
            columns=[
                Column(self.env._("Statement"), width=18),
                Column(self.env._("Dealer"), width=30),
                *self._get_line_columns(),
            ],
            rows=[
                [statement.name, statement.partner_id.name, *row]
                for statement in self
                for row in statement._prepare_line_rows()
            ],
            decimals=max(self.currency_id.mapped("decimal_places"), default=2),
        )
