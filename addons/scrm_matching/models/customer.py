from odoo import api, models


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"

    @api.model
    def _refresh_derived(self, customer_ids, company):
        res = super()._refresh_derived(customer_ids, company)
        self.env["scrm.matching.row"]._set_due(customer_ids)
        return res
