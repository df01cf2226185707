from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    scrm_claim_policy = fields.Selection(related="company_id.scrm_claim_policy", readonly=False)
