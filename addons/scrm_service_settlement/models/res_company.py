from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    scrm_claim_policy = fields.Selection(
        selection=[("precredit", "We bear it"), ("postcredit", "The dealer bears it")],
        string="Work That Manufacturers Do Not Accept",
        required=True,
        default="precredit",
    )
