from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class ScrmCircleMember(models.Model):
    """A customer's place in a circle: since when, in which role, how sure the company is."""

    _name = "scrm.circle.member"
    _description = "Member of a Circle"
    _inherit = ["scrm.customer.mixin"]
    _order = "circle_id, id"
    _rec_name = "circle_id"

    identity_id = fields.Many2one(required=True, readonly=True, index=True)
    circle_id = fields.Many2one(
        comodel_name="scrm.circle", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="circle_id.company_id", store=True, index=True)
    circle_kind = fields.Selection(related="circle_id.kind", string="Kind")
    member_count = fields.Integer(related="circle_id.member_count")
    role = fields.Char(help="What the customer is to the others: mother, colleague, organiser.")
    source = fields.Char(
        default=lambda self: self.env._("By hand"), help="How the company knows of it."
    )
    confidence = fields.Float(
        digits=(3, 2), required=True, default=1, help="From 0 (a guess) to 1 (certain)."
    )
    joined_on = fields.Date(default=fields.Date.context_today)
    left_on = fields.Date()

    _member_uniq = models.UniqueIndex(
        "(circle_id, identity_id) WHERE left_on IS NULL", "This customer is in the circle already."
    )
    _confidence_check = models.Constraint(
        "CHECK (confidence >= 0 AND confidence <= 1)", "The confidence is between 0 and 1."
    )
    _period_check = models.Constraint(
        "CHECK (left_on >= joined_on)", "Nobody leaves a circle before joining it."
    )

    @api.constrains("circle_id", "identity_id")
    def _check_pool(self):
        for member in self:
            # sudo: the pools of both decide, not who may read them.
            member_sudo = member.sudo()
            if member_sudo.identity_id.pool_id != member_sudo.company_id.scrm_pool_id:
                raise ValidationError(
                    self.env._(
                        "%(customer)s is not known to %(company)s, whose circle this is.",
                        customer=member.customer_id.display_name,
                        company=member_sudo.company_id.name,
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """A customer may be given instead of a handle; the first handle stands for it then."""
        prepared = []
        for vals in vals_list:
            vals = dict(vals)
            customer_id = vals.pop("customer_id", False)
            if customer_id and not vals.get("identity_id"):
                customer = self.env["scrm.customer"].browse(customer_id)
                customer.check_access("read")
                vals["identity_id"] = customer._get_first_identity().id
            prepared.append(vals)
        return super().create(prepared)

    def write(self, vals):
        if {"customer_id", "identity_id"}.intersection(vals):
            raise UserError(
                self.env._("A member is not exchanged for another. Remove it and add the other.")
            )
        return super().write(vals)

    def action_view_members(self):
        """Open all customers of the circle."""
        return self.circle_id.action_view_members()
