from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_compare

STATUSES = [
    ("matched", "Matched"),
    ("amount", "Amount difference"),
    ("quantity", "Quantity difference"),
    ("only_ours", "Only ours"),
    ("only_theirs", "Only theirs"),
    ("duplicate", "Duplicate"),
    ("error", "Error"),
    ("total", "Left out as a total"),
]
UNRESOLVED = ("amount", "quantity", "only_ours", "only_theirs", "duplicate", "error")
# Rows whose amounts, if they have any, are in no sum.
UNCOUNTED = ("error", "total")
# Rows of the file that no entry of ours answers.
UNANSWERED = ("only_theirs", "duplicate")
# Noon: the day stays the same in every time zone that is near.
_NOON = time(12)


class ScrmSettlementImportLine(models.Model):
    """One row of a dealer's list with its answer, or an entry of ours that no row asks for."""

    _name = "scrm.settlement.import.line"
    _description = "Row of a Dealer's Spreadsheet"
    _order = "import_id desc, row_number, id"
    _rec_name = "ref"
    # Written by the thousand and by the system alone; who did what stands on the import.
    _log_access = False

    import_id = fields.Many2one(
        comodel_name="scrm.settlement.import", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="import_id.company_id")
    partner_id = fields.Many2one(related="import_id.partner_id", string="Dealer")
    currency_id = fields.Many2one(related="import_id.currency_id")
    import_state = fields.Selection(related="import_id.state", string="Reconciliation Status")
    row_number = fields.Integer(string="Row", readonly=True, aggregator=None)
    cells = fields.Json(readonly=True)
    ref = fields.Char(string="Reference", readonly=True)
    code = fields.Char(string="Product Code", readonly=True)
    serial = fields.Char(string="Serial or Ticket Number", readonly=True)
    date = fields.Date(string="Day", readonly=True)
    description = fields.Char(readonly=True)
    quantity = fields.Float(digits="Product Unit", readonly=True, aggregator=None)
    amount = fields.Monetary(string="Theirs", readonly=True)

    status = fields.Selection(selection=STATUSES, required=True, readonly=True)
    step = fields.Integer(
        string="Found by",
        readonly=True,
        aggregator=None,
        help="1: reference, code, quantity and amount. 2: reference and code. 3: serial or "
        "ticket number. 4: code, day and amount. 0: by hand.",
    )
    resolution = fields.Selection(
        selection=[("manual", "Matched by hand"), ("accepted", "Accepted as a claim")],
        readonly=True,
    )
    is_ambiguous = fields.Boolean(string="Ambiguous", readonly=True)
    reason = fields.Text(readonly=True)
    line_id = fields.Many2one(
        comodel_name="scrm.settlement.line",
        string="Our Entry",
        readonly=True,
        ondelete="restrict",
    )
    line_date = fields.Date(related="line_id.date", string="Our Day")
    product_id = fields.Many2one(related="line_id.product_id", string="Our Product")
    our_quantity = fields.Float(digits="Product Unit", readonly=True, aggregator=None)
    our_amount = fields.Monetary(string="Ours", readonly=True)
    difference = fields.Monetary(string="Theirs − Ours", compute="_compute_difference", store=True)

    _status_idx = models.Index("(import_id, status, row_number)")
    _line_uniq = models.UniqueIndex(
        "(import_id, line_id) WHERE line_id IS NOT NULL",
        "An entry of ours answers one row only.",
    )
    _answered = models.Constraint(
        "CHECK ((line_id IS NOT NULL) = (status IN ('matched', 'amount', 'quantity', "
        "'only_ours')) AND (row_number IS NULL) = (status = 'only_ours'))",
        "A row is answered by an entry of ours, or it is not.",
    )

    # === COMPUTE === #

    @api.depends("amount", "our_amount", "status")
    def _compute_difference(self):
        for row in self:
            # The amount of a row with an error may be anything, a total is in other rows already
            row.difference = 0 if row.status in UNCOUNTED else row.amount - row.our_amount

    @api.depends("row_number", "ref", "line_id")
    def _compute_display_name(self):
        for row in self:
            if row.row_number:
                row.display_name = self.env._(
                    "Row %(number)s %(ref)s",
                    number=row.row_number,
                    ref=row.ref or row.code or row.serial or "",
                ).strip()
            else:
                line = row.line_id
                parts = (line.date, row.ref, line.name, format(row.our_amount, ".2f"))
                row.display_name = " ".join(str(part) for part in parts if part)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_accepted(self):
        if any(row.resolution == "accepted" for row in self):
            raise UserError(
                self.env._("A claim that was accepted keeps its row: the journal refers to it.")
            )

    # === ACTIONS === #

    def action_open_resolve(self):
        """Ask which entry answers this row, or for which product the claim is accepted."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "scrm.settlement.import.resolve",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_row_id": self.id},
        }

    def action_open_entry(self):
        """Open our entry, with the reason of its price."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.settlement.line",
            "res_id": self.line_id.id,
            "views": [(False, "form")],
        }

    def action_unmatch(self):
        """Part rows and entries again; a claim in the journal stays where it is."""
        self._check_may_change()
        paired = self.filtered(lambda row: row.row_number and row.line_id)
        for row in paired:
            if row.resolution == "accepted":
                raise UserError(
                    self.env._(
                        "%(row)s was accepted into the journal. Record an adjustment instead.",
                        row=row.display_name,
                    )
                )
        for row in paired:
            row._log(self.env._("%(row)s unmatched from %(entry)s", **row._get_names()))
        lines = {row: row.line_id | row._get_counted_corrections() for row in paired}
        ours = self.env["scrm.settlement.line"].union(*lines.values())
        entries = {entry.id: entry for entry in ours._get_claim_entries()}
        values = [
            {
                "import_id": row.import_id.id,
                **row.import_id._prepare_only_ours_row(entries[line.id]),
            }
            for row in paired
            for line in lines[row]
        ]
        # sudo: rows are written by the system alone; the right was checked above
        rows_sudo = paired.sudo()
        rows_sudo.write(
            {
                "status": "only_theirs",
                "step": 0,
                "resolution": False,
                "reason": False,
                "line_id": False,
                "our_quantity": 0,
                "our_amount": 0,
            }
        )
        rows_sudo.flush_recordset()  # an entry stands in one row only
        rows_sudo.create(values)
        self.import_id._forget_rows()
        return True

    def _get_counted_corrections(self):
        """Return what corrects the entry and was counted with it."""
        self.ensure_one()
        if not self.currency_id.compare_amounts(self.our_amount, self.line_id.amount):
            return self.line_id.browse()
        corrections = self.line_id.search(
            Domain(self.import_id._get_entry_domain())
            & Domain("origin_line_id", "=", self.line_id.id)
        )
        return corrections - self.import_id.line_ids.line_id

    def action_compare(self):
        """Take rows that were left out as totals for claims after all."""
        self._check_may_change()
        for row in self:
            if row.status != "total":
                raise UserError(self.env._("%s is not left out.", row.display_name))
            if not row.amount:
                raise UserError(
                    self.env._(
                        "%s has no amount that could be compared. Repair the file.",
                        row.display_name,
                    )
                )
            row._log(self.env._("%s is a claim, no total", row.display_name))
        # sudo: as in action_unmatch
        self.sudo().write({"status": "only_theirs", "reason": False})
        self.import_id._forget_rows()
        return True

    # === RESOLUTION === #

    def _check_may_change(self):
        self.check_access("read")
        self.import_id._check_preparer()
        for record in self.import_id:
            # The row of the file is locked: two people do not match the same entry at once
            record._flow_lock()
            if record.state != "compared":
                raise UserError(
                    self.env._(
                        "%(name)s is “%(status)s”: its rows do not change now.",
                        name=record.name,
                        status=record._flow_get_label(record.state),
                    )
                )
        # sudo: who has worked on the rows cannot waive them
        self.import_id.sudo().write(self.import_id._prepare_worker_vals())

    def _match_with(self, entry_row):
        """Answer this row with an entry that no row has asked for.

        :param entry_row: a row of status “only ours” of the same file
        """
        self.ensure_one()
        self._check_may_change()
        if (
            self.status not in UNANSWERED
            or entry_row.status != "only_ours"
            or entry_row.import_id != self.import_id
        ):
            raise UserError(
                self.env._(
                    "Match a row that is only theirs with an entry that is only ours, of the same "
                    "file. Load the page again: somebody may have matched it meanwhile."
                )
            )
        line = entry_row.line_id
        entry_row.sudo().unlink()  # sudo: as in action_unmatch
        self._answer(line, "manual")
        self._log(self.env._("%(row)s matched by hand with %(entry)s", **self._get_names()))

    def _accept(self, product, quantity):
        """Record the claim in the journal, once, at the price our rules give it.

        :return: the line of the journal
        """
        self.ensure_one()
        self._check_may_change()
        if self.status not in UNANSWERED:
            raise UserError(self.env._("%(row)s is answered already.", row=self.display_name))
        if float_compare(quantity, 0, precision_digits=6) == 0:
            raise UserError(self.env._("Give the quantity that is claimed."))
        line = self.env["scrm.settlement.line"]._record_sources(
            [self._prepare_source_vals(product, quantity)]
        )
        if not line:
            raise UserError(self.env._("%(row)s is in the journal already.", row=self.display_name))
        # sudo: looks at sources of any kind
        line.sudo()._hold_twins(self.company_id)
        self._put_on_statement(line)
        self._answer(line, "accepted")
        self._log(self.env._("%(row)s accepted as a claim: %(entry)s", **self._get_names()))
        return line

    def _prepare_source_vals(self, product, quantity):
        day = self.date or self.import_id.date_to
        zone = pytz.timezone(self.company_id._scrm_get_zone())
        moment = zone.localize(datetime.combine(day, _NOON)).astimezone(pytz.utc)
        return {
            "source_type": "import",
            "source_model": self._name,
            "source_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "product_id": product.id,
            "quantity": quantity,
            "occurred_at": moment.replace(tzinfo=None),
            "name": " ".join(
                filter(None, [self.ref or self.serial, self.description or product.display_name])
            ),
        }

    def _put_on_statement(self, line):
        """Put the new line on the statement that is reconciled, while that is a draft."""
        statement = self.import_id.statement_id
        if (
            line.state == "pending"
            and statement.state == "draft"
            and line.document_mode == statement.document_mode
            and line.currency_id == statement.currency_id
            and statement.date_from <= line.date <= statement.date_to
        ):
            # sudo: nobody has the right to write the journal
            line.sudo().write({"statement_id": statement.id, "state": "claimed"})
            statement._refresh_document()

    def _answer(self, line, resolution):
        """Write which entry answers the row, and in what they differ."""
        self.sudo().write(  # sudo: as in action_unmatch
            {
                "status": self._compare_with(line),
                "step": 0,
                "resolution": resolution,
                "is_ambiguous": False,
                "reason": False,
                "line_id": line.id,
                "our_quantity": line.quantity,
                "our_amount": line.amount,
            }
        )

    def _compare_with(self, line):
        digits = self._fields["quantity"].get_digits(self.env)[1]
        # A file without quantities says nothing about them; the reader left NULL
        claimed = self._get_claimed_quantity()
        if claimed is not None and float_compare(claimed, line.quantity, precision_digits=digits):
            return "quantity"
        tolerance = float(self.import_id._get_limits()["tolerance"])
        if self.currency_id.compare_amounts(abs(self.amount - line.amount), tolerance) > 0:
            return "amount"
        return "matched"

    def _get_claimed_quantity(self):
        """Return the quantity of the file, None where it has none."""
        self.flush_recordset(["quantity"])
        self.env.cr.execute(
            "SELECT quantity FROM scrm_settlement_import_line WHERE id = %s", [self.id]
        )
        return self.env.cr.fetchone()[0]

    def _get_names(self):
        return {
            "row": self.display_name,
            "entry": f"{self.line_id.date} {self.line_id.name} ({self.our_amount:.2f})",
        }

    def _log(self, sentence):
        self.import_id.message_post(body=sentence)
        self.import_id._forget_rows()
