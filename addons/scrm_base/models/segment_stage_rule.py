"""A segment that a stage rule names is there as long as the rule."""

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .lifecycle_rule import SEGMENTS


class ScrmSegment(models.Model):
    _inherit = "scrm.segment"  # pylint: disable=consider-merging-classes-inherited

    @api.constrains("active")
    def _check_not_in_stage_rule(self):
        archived = self.filtered(lambda segment: not segment.active)
        archived._check_no_stage_rule(Domain("active", "=", True))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_stage_rule(self):
        self._check_no_stage_rule(Domain.TRUE)

    def _check_no_stage_rule(self, domain):
        """Raise if one of the stage rules in the domain, archived or not, names these."""
        domain &= Domain.OR(Domain(name, "in", self.ids) for name in SEGMENTS)
        # sudo: a rule counts whoever may read it; it is of the segments' own company.
        Rule = self.env["scrm.lifecycle.rule"].sudo().with_context(active_test=False)
        rule = Rule.search(domain, limit=1)
        if rule:
            raise ValidationError(
                self.env._(
                    "The stage rule %s moves customers by this segment. Name another one in the"
                    " rule first.",
                    rule.name,
                )
            )
