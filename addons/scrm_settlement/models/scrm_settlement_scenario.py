from odoo import fields, models


class ScrmSettlementScenario(models.Model):
    """Why we deal with a partner (retail, strategic, campaign): a free axis of the tiers.

    A model, because every trade names its own scenarios and rules must be able to point at them.
    """

    _name = "scrm.settlement.scenario"
    _description = "Cooperation Scenario"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short name for imports, unique per company.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        index="btree_not_null",
        help="Empty: every company may use it.",
    )

    _code_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "Another scenario has this code already. Choose a different one.",
    )
