from odoo import fields, models


class ScrmSegmentSnapshot(models.Model):
    """How large a segment was on a day, and how many came and went: what its curve is drawn of."""

    _name = "scrm.segment.snapshot"
    _description = "Size of a Segment on a Day"
    _order = "taken_on desc, id desc"
    _rec_name = "taken_on"
    _log_access = False

    segment_id = fields.Many2one(
        comodel_name="scrm.segment", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    taken_on = fields.Date(string="Day", required=True, readonly=True)
    size = fields.Integer(readonly=True, aggregator="avg")
    entered_count = fields.Integer(string="Entered", readonly=True)
    left_count = fields.Integer(string="Left", readonly=True)

    _day_uniq = models.Constraint(
        "UNIQUE (segment_id, taken_on)", "A segment has one size for each day."
    )
