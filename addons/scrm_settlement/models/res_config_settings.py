from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    scrm_region_before_scenario = fields.Boolean(
        related="company_id.scrm_region_before_scenario", readonly=False
    )
