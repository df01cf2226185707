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
    scrm_stale_months = fields.Integer(
        string="Customers Are Stale After",
        default=12,
        required=True,
        help="Months without a sign of a customer, after which Data Quality counts them as stale.",
    )

    _scrm_stale_months_positive = models.Constraint(
        "CHECK (scrm_stale_months > 0)",
        "Customers become stale after at least one month. Enter a whole number of months.",
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
