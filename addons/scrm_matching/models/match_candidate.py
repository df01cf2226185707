from odoo import api, models


class ScrmMatchCandidate(models.Model):
    _inherit = "scrm.match.candidate"

    @api.model
    def _get_reason_labels(self):
        return {
            **super()._get_reason_labels(),
            "splink": self.env._("Name, handles and city resemble each other."),
        }

    def _read_weights(self):
        city = self.env._("City")
        return [
            {**weight, "label": city if weight["label"] == "city" else weight["label"]}
            for weight in super()._read_weights()
        ]
