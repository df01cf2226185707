from odoo import fields, models


class ScrmServiceTeam(models.Model):
    """Who answers tickets together; core has teams for sales only."""

    _name = "scrm.service.team"
    _description = "Service Team"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
    )
    user_ids = fields.Many2many(
        comodel_name="res.users",
        string="Members",
        domain=[("share", "=", False)],
    )
