from odoo import api, fields, models

STRATEGIES = [
    ("win", "Win: served in full, first"),
    ("gain", "Gain: keeps what it has, and may get more"),
    ("redistribute", "Redistribute: may get more or less"),
    ("fill", "Fill: keeps what it has, gets more only of free stock"),
    ("lose", "Lose: what is left"),
]
METHODS = [
    ("fifo", "First come, first served"),
    ("proportional", "In proportion to demand"),
    ("weight", "By weight"),
    ("quota", "Up to the quota"),
]


class ScrmAllocationPolicyLine(models.Model):
    """What dealers of one level may count on: their class within a policy."""

    _name = "scrm.allocation.policy.line"
    _inherit = ["scrm.system.mixin"]
    _description = "Allocation Class"
    _order = "position, id"
    _rec_name = "grade_id"

    policy_id = fields.Many2one(
        comodel_name="scrm.allocation.policy", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    position = fields.Integer(
        string="Class",
        default=10,
        required=True,
        help="Smaller is served earlier. Levels with the same class, strategy and method share.",
    )
    grade_id = fields.Many2one(
        comodel_name="res.partner.grade",
        string="Level",
        ondelete="restrict",
        index="btree_not_null",
        help="Empty: every other customer.",
    )
    strategy = fields.Selection(selection=STRATEGIES, required=True, default="redistribute")
    method = fields.Selection(selection=METHODS, required=True, default="fifo")
    weight = fields.Integer(
        compute="_compute_weight", store=True, readonly=False, required=True, precompute=True
    )
    guarantee = fields.Float(
        string="Minimum",
        digits="Product Unit",
        help="What each dealer of the level gets before anything is shared, as far as he asks "
        "for it. When there is not enough for all minimums and quotas, they shrink together.",
    )

    _weight_check = models.Constraint("CHECK (weight > 0)", "A weight is at least 1.")
    _guarantee_check = models.Constraint("CHECK (guarantee >= 0)", "A minimum is zero or above.")
    _grade_uniq = models.UniqueIndex(
        "(policy_id, COALESCE(grade_id, 0))",
        "A level stands once in a policy. Change its line instead of adding another.",
    )

    @api.depends("grade_id")
    def _compute_weight(self):
        for line in self:
            line.weight = line.grade_id.scrm_alloc_weight or 1
