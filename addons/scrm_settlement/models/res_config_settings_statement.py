from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    scrm_settlement_poster_apart = fields.Boolean(
        related="company_id.scrm_settlement_poster_apart", readonly=False
    )
    scrm_settlement_by_product = fields.Boolean(
        related="company_id.scrm_settlement_by_product", readonly=False
    )
    scrm_settlement_grace_days = fields.Integer(
        related="company_id.scrm_settlement_grace_days", readonly=False
    )
