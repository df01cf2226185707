from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .scrm_settlement_import_line import UNRESOLVED


class ScrmSettlementImport(models.Model):
    # One concern a file.
    _inherit = "scrm.settlement.import"  # pylint: disable=consider-merging-classes-inherited

    # === FLOW === #

    def _flow_check(self, transition, vals):
        result = super()._flow_check(transition, vals)
        if transition.key == "start" and not self.file:
            self._refuse_no_file()
        if transition.key in ("reset", "restore"):
            self._check_nothing_accepted()
        if transition.key == "waive":
            self._check_may_waive(vals)
        return result

    def _refuse_no_file(self):
        # Of a file without a byte nothing is kept but its name
        if self.filename:
            raise UserError(
                self.env._(
                    "“%s” is empty. Save the list in it again, then choose it anew.",
                    self.filename,
                )
            )
        raise UserError(self.env._("Choose a file first: .xlsx, .xls or .csv."))

    def _check_may_waive(self, vals):
        if not (vals.get("waiver_reason") or "").strip():
            raise UserError(self.env._("Say why the differences are waived."))
        if not self.unresolved_count:
            raise UserError(self.env._("There is nothing to waive: every row is matched."))
        statement = self.statement_id
        involved = (
            self.create_uid
            | self.uploader_id
            | self.preparer_id
            | self.worker_ids
            | statement.create_uid
            | statement.submitter_id
        )
        # The database refuses it too; here it becomes a sentence with the person's name.
        if vals["waiver_id"] in involved.ids:
            raise UserError(
                self.env._(
                    "%(user)s uploaded or prepared this and cannot waive its differences as well. "
                    "Ask another reviewer.",
                    user=self.env["res.users"].browse(vals["waiver_id"]).name,
                )
            )

    @api.model
    def _prepare_worker_vals(self):
        """Return what is noted of whoever works on a file: they do not waive its differences."""
        return {"preparer_id": self.env.uid, "worker_ids": [Command.link(self.env.uid)]}

    def _check_nothing_accepted(self):
        if self.line_ids.filtered(lambda line: line.resolution == "accepted"):
            raise UserError(
                self.env._(
                    "Claims of this file are in the journal. Discard it and upload the new file."
                )
            )

    def _flow_after(self, transition):
        if transition.key == "start":
            self._begin()
        elif transition.key in ("reset", "restore"):
            self._delete_rows()
            self._seal()
        return super()._flow_after(transition)

    # === ACTIONS === #

    def action_compare(self):
        """Read the file and compare it; a large one in the background."""
        for record in self:
            record._check_preparer()
            record._move_along("start", problem=False, progress=0, **record._prepare_worker_vals())
        return True

    def action_resume(self):
        """Plan the reading again, after its job was lost or has failed."""
        self._check_preparer()
        self.filtered(lambda record: record.state == "reading")._enqueue()
        return True

    def action_reset(self):
        self._move_along("reset")
        return True

    def action_discard(self):
        for record in self:
            record._move_along("discard")
        return True

    def action_restore(self):
        for record in self:
            record._move_along("restore", waiver_id=False, waived_at=False, waiver_reason=False)
        return True

    def action_reopen(self):
        """Take the waiver back, so that rows can be matched again."""
        for record in self:
            record._move_along("reopen", waiver_id=False, waived_at=False, waiver_reason=False)
        return True

    def action_open_waive(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waive Differences"),
            "res_model": "scrm.settlement.import.waive",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_import_id": self.id},
        }

    def action_open_rows(self):
        return self._open_rows()

    def action_open_unresolved(self):
        self.ensure_one()
        action = self._open_rows()
        action["domain"] = [("import_id", "=", self.id), ("status", "in", list(UNRESOLVED))]
        return action

    def action_open_totals(self):
        """Open the rows that are compared with nothing, each with the reason."""
        return self._open_rows("total")

    def _open_rows(self, status=None):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_settlement_import_line_action"
        )
        action["domain"] = [("import_id", "=", self.id)]
        if status:
            action["domain"].append(("status", "=", status))
        action["context"] = {}
        return action

    def _action_waive(self, reason):
        """Let the statement go on with what is left unresolved; a second person's decision."""
        self.ensure_one()
        self._move_along(
            "waive",
            note=reason,
            waiver_id=self.env.uid,
            waived_at=fields.Datetime.now(),
            waiver_reason=reason,
        )
