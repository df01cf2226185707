from odoo import api, models


class ScrmIdentityLink(models.Model):
    _inherit = "scrm.identity.link"

    @api.model
    def _get_rule_labels(self):
        return {**super()._get_rule_labels(), "splink": self.env._("Name and handles resemble")}
