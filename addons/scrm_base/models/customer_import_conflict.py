"""Rows that name two customers: not imported, but perhaps the two are one."""

from odoo import models

IMPORT_WEIGHT = 0.8


class ScrmCustomerImport(models.Model):
    _inherit = "scrm.customer.import"  # pylint: disable=consider-merging-classes-inherited

    def _propose_conflicts(self):
        """Put before a person the customers that one row takes for one."""
        lines = self.env["scrm.customer.import.line"].search(
            [("import_id", "in", self.ids), ("status", "=", "conflict")]
        )
        proposals = []
        for line_id, (owners, _partner) in lines._recognise().items():
            first, *others = owners.sorted("id") or [owners]
            proposals += [
                {
                    "left_id": first._get_first_identity().id,
                    "right_id": other._get_first_identity().id,
                    "rule": "import",
                    "reason": "import",
                    "weight": IMPORT_WEIGHT,
                    "evidence": {"import_line_id": line_id},
                }
                for other in others
            ]
        self.env["scrm.match.candidate"]._propose(proposals)
