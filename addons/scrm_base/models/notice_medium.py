from odoo import api, fields, models


class ScrmNoticeMedium(models.Model):
    """One of the media of a notice rule, at its place in their order."""

    _name = "scrm.notice.medium"
    _description = "Medium of a Notice Rule"
    _order = "rule_id, sequence, id"
    _rec_name = "medium"

    rule_id = fields.Many2one("scrm.notice.rule", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="rule_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    medium = fields.Selection(selection="_selection_medium", required=True, default="email")

    _medium_once = models.Constraint(
        "UNIQUE (rule_id, medium)", "A rule names each medium once. Remove the second entry."
    )

    @api.model
    def _selection_medium(self):
        return self.env["scrm.outbox"]._fields["medium"]._description_selection(self.env)

    @api.depends("medium")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._selection_medium())
        for line in self:
            line.display_name = labels.get(line.medium) or line.medium
