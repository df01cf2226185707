from odoo import api, fields, models

from ..tools.events import PointsBasis
from ..tools.points import from_minor, to_minor


class SaleOrderCouponPoints(models.Model):
    """What an order will give a card, and what it would give without the member's tier."""

    _inherit = "sale.order.coupon.points"

    scrm_base_points = fields.Float(
        string="Points Before Tier",
        digits=(16, 2),
        readonly=True,
        help="Points by the programme's rules. They count towards the tier.",
    )
    scrm_tier_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier", string="Tier", readonly=True, ondelete="restrict"
    )
    scrm_multiplier = fields.Float(string="Multiplier", digits=(5, 2), default=1.0, readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        cards = self.env["loyalty.card"].browse(vals["coupon_id"] for vals in vals_list)
        return super().create(
            [
                {**self._scrm_prepare_basis_vals(card, vals.get("points", 0.0)), **vals}
                for card, vals in zip(cards, vals_list, strict=True)
            ]
        )

    def write(self, vals):
        if "points" not in vals:
            return super().write(vals)
        for row in self:
            basis = self._scrm_prepare_basis_vals(row.coupon_id, vals["points"])
            super(SaleOrderCouponPoints, row).write({**basis, **vals})
        return True

    @api.model
    def _scrm_prepare_basis_vals(self, card, points):
        """Say what ``points`` were before the tier, if the tier made them."""
        basis = PointsBasis.of(self).get(card.program_id.id)
        if basis and basis.total == to_minor(points):
            return {
                "scrm_base_points": from_minor(basis.base),
                "scrm_tier_id": basis.tier_id,
                "scrm_multiplier": basis.multiplier,
            }
        return {"scrm_base_points": points, "scrm_tier_id": False, "scrm_multiplier": 1.0}
