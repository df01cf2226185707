import base64
import hashlib

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.flow import Transition
from odoo.addons.scrm_base.tools.spreadsheet import SpreadsheetError, check_size

from .scrm_settlement_import_line import UNCOUNTED, UNRESOLVED
from .scrm_settlement_statement import PREPARER, REVIEWER

_lt = LazyTranslate(__name__)

# What a statement says of the lists about it.
FROM_STATEMENT = ("partner_id", "date_from", "date_to", "currency_id")
# What the file is about; by it the same file is known again.
FACTS = {"file", "filename", "company_id", "statement_id", *FROM_STATEMENT}
# Written by the system alone.
SYSTEM_FIELDS = {
    "file_hash",
    "file_key",
    "uploader_id",
    "preparer_id",
    "worker_ids",
    "is_from_dealer",
    "progress",
    "problem",
    "waiver_id",
    "waived_at",
    "waiver_reason",
}


class ScrmSettlementImport(models.Model):
    """A dealer's own list of what we owe him, compared with the journal row by row.

    A document of its own, because core's import knows neither a second person nor a difference.
    """

    _name = "scrm.settlement.import"
    _inherit = ["scrm.system.mixin", "scrm.flow.mixin", "mail.thread"]
    _system_fields = frozenset(SYSTEM_FIELDS)
    _description = "Reconciliation with a Dealer"
    _order = "id desc"
    _check_company_auto = True

    _flow_transitions = (
        Transition("start", "draft", "reading", _lt("Compare"), (PREPARER,)),
        # These two follow the reading.
        Transition("finish", "reading", "compared", _lt("Compared")),
        Transition("fail", "reading", "draft", _lt("Not readable")),
        Transition("reset", "compared", "draft", _lt("Choose another file"), (PREPARER,)),
        Transition("waive", "compared", "waived", _lt("Waive"), (REVIEWER,)),
        Transition("reopen", "waived", "compared", _lt("Take back"), (PREPARER, REVIEWER)),
        Transition(
            "discard", ("draft", "compared", "waived"), "cancel", _lt("Discard"), (PREPARER,)
        ),
        Transition("restore", "cancel", "draft", _lt("Use again"), (PREPARER,)),
    )

    name = fields.Char(compute="_compute_name", store=True)
    state = fields.Selection(
        selection=[
            ("draft", "New"),
            ("reading", "Reading"),
            ("compared", "Compared"),
            ("waived", "Waived"),
            ("cancel", "Discarded"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    statement_id = fields.Many2one(
        comodel_name="scrm.settlement.statement",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="Compare with this statement. Empty: with what the journal has for the period.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        compute="_compute_from_statement",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        ondelete="restrict",
        index=True,
        check_company=True,
        tracking=True,
    )
    date_from = fields.Date(
        string="First Day",
        compute="_compute_from_statement",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    date_to = fields.Date(
        string="Last Day",
        compute="_compute_from_statement",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_from_statement",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        ondelete="restrict",
    )
    template_id = fields.Many2one(
        comodel_name="scrm.settlement.import.template",
        string="Layout",
        compute="_compute_template_id",
        store=True,
        readonly=False,
        ondelete="restrict",
        check_company=True,
        domain="[('partner_id', 'in', (False, partner_id))]",
        help="How the dealer writes his list. Empty: everything is found in the file.",
    )
    file = fields.Binary(attachment=True, copy=False)
    filename = fields.Char(string="File Name", copy=False)
    file_hash = fields.Char(string="Fingerprint", readonly=True, copy=False)
    # Company, dealer, period and fingerprint: one text, so that a merge of two contacts, which
    # re-points columns, cannot break the constraint.
    file_key = fields.Char(readonly=True, copy=False, groups="base.group_user")
    is_from_dealer = fields.Boolean(string="Uploaded by the Dealer", readonly=True, copy=False)
    uploader_id = fields.Many2one(
        comodel_name="res.users",
        string="Uploaded by",
        readonly=True,
        required=True,
        copy=False,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    preparer_id = fields.Many2one(
        comodel_name="res.users",
        string="Prepared by",
        readonly=True,
        copy=False,
        ondelete="restrict",
        groups="base.group_user",
        help="Compared or matched it last, or submitted the statement.",
    )
    worker_ids = fields.Many2many(
        comodel_name="res.users",
        relation="scrm_settlement_import_worker_rel",
        string="Worked on by",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="All who ever compared or matched it, or submitted the statement.",
    )
    progress = fields.Integer(string="Progress (%)", readonly=True, copy=False, aggregator=None)
    problem = fields.Text(readonly=True, copy=False)
    line_ids = fields.One2many(
        comodel_name="scrm.settlement.import.line", inverse_name="import_id", readonly=True
    )
    subtotal_ids = fields.One2many(
        comodel_name="scrm.settlement.import.subtotal", inverse_name="import_id", readonly=True
    )
    row_count = fields.Integer(
        string="Rows",
        compute="_compute_counts",
        help="All rows of the comparison: the file's, and ours that are not in the file.",
    )
    error_count = fields.Integer(string="Errors", compute="_compute_counts")
    total_count = fields.Integer(
        string="Left out as Totals",
        compute="_compute_counts",
        help="Rows of the file that add up others, so that they are compared with nothing.",
    )
    unresolved_count = fields.Integer(string="Unresolved", compute="_compute_counts")
    amount_theirs = fields.Monetary(string="Dealer's Total", compute="_compute_counts")
    amount_ours = fields.Monetary(string="Our Total", compute="_compute_counts")
    amount_difference = fields.Monetary(string="Difference", compute="_compute_counts")

    waiver_id = fields.Many2one(
        comodel_name="res.users",
        string="Waived by",
        readonly=True,
        copy=False,
        ondelete="restrict",
        groups="base.group_user",
    )
    waived_at = fields.Datetime(
        string="Waived on", readonly=True, copy=False, groups="base.group_user"
    )
    waiver_reason = fields.Text(
        string="Waived because", readonly=True, copy=False, groups="base.group_user"
    )

    _file_uniq = models.Constraint(
        "UNIQUE (file_key)",
        "This very file was uploaded for this dealer and period already.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "The period cannot end before it begins."
    )
    _waiver_is_another_person = models.Constraint(
        "CHECK (waiver_id IS NULL OR (waiver_id <> uploader_id AND waiver_id <> create_uid "
        "AND (preparer_id IS NULL OR waiver_id <> preparer_id)))",
        "Differences are waived by somebody who neither uploaded nor prepared them. Ask another "
        "reviewer.",
    )
    _waived_has_waiver = models.Constraint(
        "CHECK ((state = 'waived') = (waiver_id IS NOT NULL) AND (waiver_id IS NULL OR "
        "(waived_at IS NOT NULL AND waiver_reason IS NOT NULL)) OR state = 'cancel')",
        "A waiver has a person, a time and a reason.",
    )

    # === COMPUTE === #

    @api.depends("filename")
    def _compute_name(self):
        for record in self:
            record.name = record.filename or self.env._("Reconciliation")

    @api.depends("statement_id")
    def _compute_from_statement(self):
        for record in self:
            statement = record.statement_id
            company = statement.company_id or record.company_id or self.env.company
            first = company._scrm_local_day(fields.Datetime.now()) + relativedelta(months=-1, day=1)
            record.partner_id = statement.partner_id or record.partner_id
            record.date_from = statement.date_from or record.date_from or first
            record.date_to = (
                statement.date_to or record.date_to or first + relativedelta(months=1, days=-1)
            )
            record.currency_id = statement.currency_id or record.currency_id or company.currency_id

    @api.depends("partner_id", "company_id")
    def _compute_template_id(self):
        for record in self:
            template = record.template_id
            if template.partner_id and template.partner_id != record.partner_id:
                template = template.browse()
            record.template_id = template or template._find(record.company_id, record.partner_id)

    @api.depends("line_ids.status", "line_ids.amount", "line_ids.our_amount")
    def _compute_counts(self):
        groups = self.env["scrm.settlement.import.line"]._read_group(
            [("import_id", "in", self.ids)],
            ["import_id", "status"],
            ["__count", "amount:sum", "our_amount:sum"],
        )
        by_record = {}
        for record, *group in groups:
            by_record.setdefault(record.id, []).append(group)
        for record in self:
            found = by_record.get(record.id, [])
            record.row_count = sum(n for _status, n, *_rest in found)
            record.error_count = sum(n for status, n, *_rest in found if status == "error")
            record.total_count = sum(n for status, n, *_rest in found if status == "total")
            record.unresolved_count = sum(n for s, n, *_rest in found if s in UNRESOLVED)
            record.amount_theirs = sum(a for s, _n, a, _ours in found if s not in UNCOUNTED)
            record.amount_ours = sum(ours for *_rest, ours in found)
            record.amount_difference = record.amount_theirs - record.amount_ours

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_file_size(vals.get("file"))
        records = super().create(vals_list)
        records._seal()
        return records

    def write(self, vals):
        facts = vals.keys() & FACTS
        if facts:
            self._check_preparer()
            if any(record.state != "draft" for record in self):
                raise UserError(
                    self.env._("The file is compared already. Use “Choose another file” first.")
                )
            self._check_file_size(vals.get("file"))
        result = super().write(vals)
        if "file" in vals:
            self.sudo().write({"uploader_id": self.env.uid})  # sudo: no user names the uploader
        if facts:
            self._seal()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Reconciliations are kept. Discard it instead."))

    def _check_preparer(self):
        """Refuse work on the rows to whom it is not given (a reviewer only reads and waives)."""
        if not self.env.su and not self.env.user.has_group(PREPARER):
            raise AccessError(
                self.env._("Reconciliations are prepared by those who prepare settlements.")
            )

    def _check_file_size(self, file):
        try:
            check_size(len(file or "") * 3 // 4)
        except SpreadsheetError as error:
            raise UserError(self.env._(error.message)) from error

    def _seal(self):
        """Note by what the same file is known again, and refuse one that is here already."""
        for record in self.sudo():  # sudo: the fingerprint is written by the system alone
            record._follow_statement()
            if record.partner_id != record.partner_id.commercial_partner_id:
                record.partner_id = record.partner_id.commercial_partner_id
            if not record.file:
                record.write({"file_hash": False, "file_key": False})
                continue
            digest = hashlib.sha256(base64.b64decode(record.file)).hexdigest()
            parts = (record.company_id.id, record.partner_id.id, record.date_from, record.date_to)
            key = ":".join(map(str, (*parts, digest)))
            record._refuse_known_file(key)
            record.write({"file_hash": digest, "file_key": key})

    def _follow_statement(self):
        """Let the statement say whose list it is, whatever was given beside it."""
        statement = self.statement_id
        other = [name for name in FROM_STATEMENT if statement and self[name] != statement[name]]
        if other:
            self.update({name: statement[name] for name in other})

    def _refuse_known_file(self, key):
        known = self.search([("file_key", "=", key), ("id", "!=", self.id)], limit=1)
        if known:
            raise UserError(
                self.env._(
                    "This very file was uploaded for this dealer and period already, on %(date)s "
                    "as “%(name)s” (%(status)s).",
                    date=format_date(self.env, known.create_date),
                    name=known.name,
                    status=known._flow_get_label(known.state),
                )
            )
