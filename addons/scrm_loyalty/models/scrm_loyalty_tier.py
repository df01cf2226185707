from odoo import api, fields, models

from ..tools import points, tiers


class ScrmLoyaltyTier(models.Model):
    """A rung of a ladder: what it takes, and what it gives.

    Core's ``res.partner.grade`` is one manual level per contact; a tier follows from the ledger.
    """

    _name = "scrm.loyalty.tier"
    _description = "Tier"
    _inherit = ["scrm.system.mixin"]
    _order = "tier_group_id, threshold, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    tier_group_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier.group",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="tier_group_id.company_id", store=True, index=True, precompute=True
    )
    threshold = fields.Integer(
        string="From Points",
        help="Qualifying points within the window that give this tier.",
        aggregator=None,
    )
    multiplier = fields.Float(
        default=1.0,
        digits=(5, 2),
        help="The points of an order are multiplied by this. Qualifying points are not.",
        aggregator=None,
    )
    color = fields.Integer(string="Colour", aggregator=None)
    benefits = fields.Text(
        translate=True, help="What members read about this tier. One benefit a line."
    )
    member_count = fields.Integer(string="Members", compute="_compute_member_count")

    _threshold_uniq = models.UniqueIndex(
        "(tier_group_id, threshold) WHERE active", "Two tiers cannot start at the same points."
    )
    _threshold_positive = models.Constraint(
        "CHECK (threshold >= 0)", "A tier starts at zero points or above."
    )
    _multiplier_least = models.Constraint(
        "CHECK (multiplier >= 1)",
        "No tier earns less than the programme gives: the multiplier is 1 or more.",
    )

    def _compute_member_count(self):
        counts = dict(
            self.env["scrm.loyalty.membership"]._read_group(
                [("tier_id", "in", self.ids)], ["tier_id"], ["__count"]
            )
        )
        for tier in self:
            tier.member_count = counts.get(tier, 0)

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.tier_group_id._mark_dirty()
        return records

    def write(self, vals):
        res = super().write(vals)
        if {"threshold", "active", "tier_group_id"} & vals.keys():
            self.tier_group_id._mark_dirty()
        return res

    def action_view_members(self):
        """Open the members who stand on this tier."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_loyalty.scrm_loyalty_membership_action"
        )
        action["domain"] = [("tier_id", "in", self.ids)]
        return action

    def _get_rung(self):
        """Give the tier as the arithmetic knows it."""
        self.ensure_one()
        return tiers.Rung(self.id, self.threshold * points.UNIT)
