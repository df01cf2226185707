from odoo import fields, models


class ResPartnerGrade(models.Model):
    _inherit = "res.partner.grade"

    scrm_role = fields.Selection(
        selection=[
            ("general_agent", "General agent"),
            ("distributor", "Distributor"),
            ("store", "Store"),
            ("other", "Other"),
        ],
        string="Role in the Channel",
        default="other",
        help="What a partner of this level is in the distribution channel.",
    )
    scrm_rank = fields.Integer(
        string="Rank",
        default=100,
        help="0 is the best. Settlement itself goes by its rules; the rank orders lists.",
    )
