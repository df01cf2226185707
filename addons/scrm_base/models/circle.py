from odoo import api, fields, models
from odoo.fields import Domain


class ScrmCircle(models.Model):
    """People who belong together: a household, colleagues, friends who share an interest.

    What contacts and their companies tell (who works where) is derived from them and not here.
    """

    _name = "scrm.circle"
    _description = "Circle of Customers"
    _order = "name, id"

    name = fields.Char(required=True)
    kind = fields.Selection(
        selection=[
            ("household", "Household"),
            ("colleague", "Colleagues"),
            ("friends", "Friends"),
            ("interest", "Interest"),
            ("community", "Community"),
        ],
        required=True,
        default="household",
    )
    source = fields.Char(
        default=lambda self: self.env._("By hand"), help="How the company knows of the circle."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    note = fields.Text()
    member_ids = fields.One2many(
        comodel_name="scrm.circle.member", inverse_name="circle_id", string="Members", copy=False
    )
    member_count = fields.Integer(compute="_compute_member_count")

    @api.depends("member_ids.customer_id", "member_ids.left_on")
    def _compute_member_count(self):
        counts = dict(
            self.env["scrm.circle.member"]._read_group(
                Domain("circle_id", "in", self.ids) & Domain("left_on", "=", False),
                ["circle_id"],
                ["customer_id:count_distinct"],
            )
        )
        for circle in self:
            circle.member_count = counts.get(circle, 0)

    def action_view_members(self):
        """Open the customers that ``member_count`` counts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("scrm_base.scrm_customer_action")
        members = [("circle_id", "=", self.id), ("left_on", "=", False)]
        return {
            **action,
            "name": self.name,
            "domain": [("circle_member_ids", "any", members)],
            "context": {},
        }
