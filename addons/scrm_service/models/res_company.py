from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    scrm_outlet_location_id = fields.Many2one(
        comodel_name="stock.location",
        string="Service Outlets' Location",
        check_company=True,
        help="The view location under which each service outlet keeps its own stock.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._scrm_service_make_sequence()
        return companies

    def _scrm_service_make_sequence(self):
        """Give each company that has none its own ticket numbers."""
        # sudo: whoever may create a company need not be allowed to configure sequences
        sequence_sudo = self.env["ir.sequence"].sudo()
        code = "scrm.service.ticket"
        known = sequence_sudo.search([("code", "=", code), ("company_id", "in", self.ids)])
        sequence_sudo.create(
            [
                {
                    "name": f"Service ticket ({company.name})",
                    "code": code,
                    "prefix": "ST%(y)s%(month)s",
                    "padding": 4,
                    "use_date_range": False,
                    "company_id": company.id,
                }
                for company in self - known.company_id
            ]
        )

    def _scrm_get_outlet_location(self):
        """Return the view location of the company's outlets, made when first needed.

        It stands outside of every warehouse, so that what an outlet holds is neither offered nor
        reserved for the warehouse's own deliveries.
        """
        self.ensure_one()
        if not self.scrm_outlet_location_id:
            # sudo: a dispatcher who opens an outlet has no rights on the company or on locations
            company_sudo = self.sudo()
            company_sudo.scrm_outlet_location_id = (
                self.env["stock.location"]
                .sudo()
                .create(
                    {
                        "name": self.env._("Service Outlets"),
                        "usage": "view",
                        "company_id": self.id,
                    }
                )
            )
        return self.scrm_outlet_location_id
