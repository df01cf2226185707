from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    scrm_pool_id = fields.Many2one(
        comodel_name="scrm.pool",
        string="Recognition Pool",
        compute="_compute_scrm_pool_id",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        index=True,
        ondelete="restrict",
        help="Companies of one pool share their customers: a phone number means the same person.",
    )

    scrm_erasure_four_eyes = fields.Boolean(
        string="Four Eyes for Erasures",
        help="One privacy officer approves the erasure of a person, another one does it.",
    )

    @api.depends("parent_id")
    def _compute_scrm_pool_id(self):
        # A branch starts in its mother's pool; whoever changes it afterwards means it.
        for company in self:
            company.scrm_pool_id = (
                company.scrm_pool_id
                or company.parent_id.scrm_pool_id
                or self.env["scrm.pool"]._get_default()
            )
