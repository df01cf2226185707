"""What a person decides about imported rows that are not clear."""

from odoo import models
from odoo.fields import Domain


class ScrmCustomerImportLine(models.Model):
    _inherit = "scrm.customer.import.line"  # pylint: disable=consider-merging-classes-inherited

    def action_retry(self):
        """Recognise rows in conflict again and import those that are clear now."""
        self.import_id.check_access("write")
        # sudo: rows are written by the system alone; the right to import was checked above
        for record, lines in self.sudo().grouped("import_id").items():
            if record.state not in ("importing", "done"):
                continue
            lines = lines.filtered(lambda line: line.status == "conflict")
            lines._match_again()
            if any(line.result == "pending" for line in lines):
                record = record.sudo(False)
                record._move_along("retry") if record.state == "done" else record._enqueue()
        return True

    def _match_again(self):
        """Match rows of one import as its preview did, with the rows above them."""
        if not self:
            return
        handles = Domain.OR(
            Domain(name, "in", [value for value in self.mapped(name) if value])
            for name in ("phone", "email", "code")
        )
        first_rows = {}
        twins = {
            line.id: line._find_twin(first_rows)
            for line in self.search(
                handles & Domain("import_id", "=", self.import_id.id), order="row_number, id"
            )
            if line.status != "error"
        }
        recognised = self._recognise()
        self.write({"status": "new", "result": "pending", "reason": False})
        for line in self:
            line._write_match(*recognised[line.id], twins.get(line.id))

    def action_dismiss(self):
        """Leave rows in conflict out for good; nobody is asked about them again."""
        self.import_id.check_access("write")
        conflicts = self.filtered(lambda line: line.status == "conflict")
        # sudo: see action_retry
        conflicts.sudo().write(
            {
                "status": "error",
                "reason": self.env._("%s decided to leave this row out.", self.env.user.name),
            }
        )
        return True
