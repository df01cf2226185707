import base64

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ..tools.flow import Transition
from ..tools.spreadsheet_write import write_sheet

_lt = LazyTranslate(__name__)

_IMPORTERS = ("scrm_base.group_scrm_base_operator",)


class ScrmCustomerImport(models.Model):
    """A list of customers on its way from a file into the database.

    Core's import has no preview of who is known already, no errors per row to repair and stops
    at the first bad row of a batch; this one imports the good rows and hands the bad ones back.
    """

    _name = "scrm.customer.import"
    _description = "Customer Import"
    _inherit = ["scrm.flow.mixin"]
    _order = "id desc"

    _flow_transitions = (
        Transition("preview", "draft", "previewed", _lt("Preview"), _IMPORTERS),
        Transition("reset", "previewed", "draft", _lt("Choose another file"), _IMPORTERS),
        Transition("start", "previewed", "importing", _lt("Import"), _IMPORTERS),
        Transition("retry", "done", "importing", _lt("Try again"), _IMPORTERS),
        Transition("finish", "importing", "done", _lt("Finish"), _IMPORTERS),
        Transition(
            "cancel", ("draft", "previewed", "importing"), "cancelled", _lt("Stop"), _IMPORTERS
        ),
    )

    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    state = fields.Selection(
        [
            ("draft", "New"),
            ("previewed", "Preview"),
            ("importing", "Importing"),
            ("done", "Done"),
            ("cancelled", "Stopped"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
        help="The customers become known to the recognition pool of this company.",
    )
    file = fields.Binary(attachment=True, copy=False)
    filename = fields.Char("File Name", copy=False)
    line_ids = fields.One2many("scrm.customer.import.line", "import_id", readonly=True)
    row_count = fields.Integer("Rows", compute="_compute_counts")
    new_count = fields.Integer("New", compute="_compute_counts")
    matched_count = fields.Integer("Known", compute="_compute_counts")
    conflict_count = fields.Integer("Conflicts", compute="_compute_counts")
    error_count = fields.Integer("Errors", compute="_compute_counts")
    imported_count = fields.Integer("Imported", compute="_compute_counts")
    pending_count = fields.Integer("Waiting", compute="_compute_counts")
    rejected_count = fields.Integer("Not Imported", compute="_compute_counts")
    progress = fields.Integer("Progress (%)", compute="_compute_counts", aggregator=None)
    errors_file = fields.Binary(compute="_compute_errors_file")
    errors_filename = fields.Char(compute="_compute_errors_file")

    # === COMPUTE === #

    @api.depends("filename")
    def _compute_name(self):
        for record in self:
            record.name = record.name or record.filename

    @api.depends("line_ids.status", "line_ids.result")
    def _compute_counts(self):
        groups = self.env["scrm.customer.import.line"]._read_group(
            [("import_id", "in", self.ids)], ["import_id", "status", "result"], ["__count"]
        )
        counts = {record.id: {} for record in self}
        for record, status, result, count in groups:
            counts[record.id][status, result] = count
        for record in self:
            count = counts.get(record.id, {})

            def total(status=None, result=None, count=count):
                return sum(
                    n for (s, r), n in count.items() if status in (None, s) and result in (None, r)
                )

            record.row_count = total()
            record.new_count = total("new")
            record.matched_count = total("matched")
            record.conflict_count = total("conflict")
            record.error_count = total("error")
            record.imported_count = total(result="done")
            record.pending_count = total(result="pending")
            record.rejected_count = total(result="rejected")
            finished = record.row_count - record.pending_count
            record.progress = 100 * finished // record.row_count if record.row_count else 0

    def _compute_errors_file(self):
        for record in self:
            record.errors_file = base64.b64encode(record._make_errors_file())
            record.errors_filename = self.env._("Rows to repair %s.xlsx", record.id)

    # === CRUD === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_imported(self):
        if any(record.state in ("importing", "done") for record in self):
            raise UserError(
                self.env._("Imports that brought customers are kept: their timelines refer to it.")
            )

    # === PREVIEW === #

    def action_preview(self):
        """Read the file and say of each row what would become of it.

        Again after columns or sheet were changed. Where no column says who is who, nothing is
        previewed; the columns then wait for a person to choose.
        """
        for record in self:
            if record.state == "previewed":
                record._move_along("reset")
            if record._read_file():
                record._move_along("preview")
        return True

    def action_reset(self):
        """Go back to choose another file."""
        self._move_along("reset")
        return True

    # === IMPORT === #

    def action_start(self):
        """Import the rows that can be imported, in the background."""
        self._move_along("start")
        return True

    def action_resume(self):
        """Plan the rest again, after a job was lost or has failed."""
        self.check_access("write")
        self.filtered(lambda record: record.state == "importing")._enqueue()
        return True

    def action_cancel(self):
        """Stop; what is imported stays."""
        self._move_along("cancel")
        return True

    def _flow_check(self, transition, vals):
        if transition.key == "start" and not self.pending_count:
            raise UserError(
                self.env._(
                    "No row of the file can be imported. Download the rows to repair, correct "
                    "them and upload that file."
                )
            )
        return super()._flow_check(transition, vals)

    def _flow_after(self, transition):
        if transition.key == "start":
            self._propose_conflicts()
        if transition.key in ("start", "retry"):
            self._enqueue()
        if transition.key == "reset":
            self._delete_lines()
        return super()._flow_after(transition)

    def _notice_get_responsible(self):
        return self.create_uid

    def _enqueue(self):
        for record in self:
            record.with_company(record.company_id).with_delay(
                channel="root.scrm.import",
                identity_key=f"scrm.customer.import:{record.id}:{record.pending_count}",
                description=self.env._("Import customers from %s", record.name),
            )._run_batch()

    def _run_batch(self):
        """Import the next rows and plan the next batch; the body of the job.

        A job that is run twice, or stopped half way, finds the rows that still wait.
        """
        self.ensure_one()
        if self.state != "importing":
            return
        # sudo: whoever may import makes contacts and customers by it, also without the right
        # to edit contacts by hand; the flow has checked the user's role.
        self_sudo = self.sudo().with_company(self.company_id)
        if self_sudo.env["scrm.customer.import.line"]._import_next_batch(self_sudo):
            self._enqueue()
        else:
            self_sudo._move_along("finish")

    # === ERRORS === #

    def action_download_errors(self):
        """Hand back the rows that were not imported, with the reasons, to be repaired."""
        self.ensure_one()
        if not self.rejected_count:
            raise UserError(self.env._("Every row was imported; there is nothing to repair."))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/scrm.customer.import/{self.id}/errors_file"
            "?download=true&filename_field=errors_filename",
            "target": "download",
        }

    def _make_errors_file(self):
        """Return an .xlsx of the rejected rows as they were, with row number and reason."""
        self.ensure_one()
        lines = self.line_ids.search_fetch(
            [("import_id", "=", self.id), ("result", "=", "rejected")],
            ["cells", "row_number", "reason"],
        )
        titles = [title or "" for title in self.column_ids.mapped("title")]
        return write_sheet(
            [*titles, self.env._("Row in the file"), self.env._("Reason")],
            ([*(line.cells or []), line.row_number, line.reason or ""] for line in lines),
        )

    def action_open_lines(self):
        """Open the rows behind a number of the form."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_base.scrm_customer_import_line_action"
        )
        action["domain"] = [("import_id", "=", self.id)]
        chosen = self.env.context.get("scrm_import_filter")
        action["context"] = {f"search_default_{chosen}": 1} if chosen else {}
        return action
