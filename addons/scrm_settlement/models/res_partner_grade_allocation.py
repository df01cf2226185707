from odoo import fields, models


class ResPartnerGrade(models.Model):
    _inherit = "res.partner.grade"

    scrm_alloc_weight = fields.Integer(
        string="Allocation Weight",
        default=1,
        help="How much a dealer of this level counts where scarce stock is shared by weight. "
        "A policy may say otherwise.",
    )

    _scrm_alloc_weight_positive = models.Constraint(
        "CHECK (scrm_alloc_weight > 0)", "The allocation weight of a level is at least 1."
    )
