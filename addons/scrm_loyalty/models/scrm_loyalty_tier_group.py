from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import tiers


class ScrmLoyaltyTierGroup(models.Model):
    """The ladder of one loyalty programme, and how long its points count.

    Not columns of the programme: core's programme serves coupons and gift cards too, and a
    ladder is opened, changed and closed on its own.
    """

    _name = "scrm.loyalty.tier.group"
    _description = "Tier Group"
    _inherit = ["scrm.system.mixin"]
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    program_id = fields.Many2one(
        comodel_name="loyalty.program",
        string="Programme",
        required=True,
        ondelete="restrict",
        domain="[('program_type', '=', 'loyalty'), ('company_id', '!=', False)]",
    )
    company_id = fields.Many2one(
        related="program_id.company_id", store=True, index=True, precompute=True
    )
    window_unit = fields.Selection(
        selection=[("days", "Days"), ("months", "Months")], required=True, default="months"
    )
    window_length = fields.Integer(
        string="Points Count For",
        required=True,
        default=12,
        help="Qualifying points count from the day they were earned to the end of this period.",
    )
    keep = fields.Selection(
        selection=[
            (tiers.KEEP_MONTH, "To the end of the month"),
            (tiers.KEEP_NONE, "No longer"),
        ],
        string="A Lost Tier Is Kept",
        required=True,
        default=tiers.KEEP_MONTH,
        help="A higher tier is given at once. A lower one comes into force on the first day of "
        "the month after the points fell short, or at once.",
    )
    tz = fields.Char(
        string="Time Zone",
        compute="_compute_tz",
        help="The company's; it decides where a day begins.",
    )
    tier_ids = fields.One2many(
        comodel_name="scrm.loyalty.tier", inverse_name="tier_group_id", string="Tiers", copy=True
    )
    member_count = fields.Integer(string="Members", compute="_compute_member_count")

    _program_uniq = models.Constraint(
        "UNIQUE (program_id)", "This programme has its tiers already. Open those."
    )
    _window_positive = models.Constraint(
        "CHECK (window_length > 0)", "Points count for at least one day or month."
    )

    @api.depends("company_id.partner_id.tz")
    def _compute_tz(self):
        # sudo: core's own fallback for the programme's days (sale.order._get_program_timezone)
        default = self.env["ir.config_parameter"].sudo().get_param("loyalty.timezone", "UTC")
        for group in self:
            group.tz = group.company_id.partner_id.tz or default

    def _compute_member_count(self):
        counts = dict(
            self.env["scrm.loyalty.membership"]._read_group(
                [("tier_group_id", "in", self.ids)], ["tier_group_id"], ["__count"]
            )
        )
        for group in self:
            group.member_count = counts.get(group, 0)

    @api.constrains("program_id")
    def _check_program_id(self):
        for group in self:
            if group.program_id.program_type != "loyalty" or not group.program_id.is_nominative:
                raise ValidationError(
                    self.env._(
                        "“%s” gives no points to members. Choose a programme of the type "
                        "loyalty cards.",
                        group.program_id.name,
                    )
                )
            if not group.program_id.company_id:
                raise ValidationError(
                    self.env._(
                        "“%s” belongs to no company. Tiers count the days of one company: set "
                        "the company on the programme first.",
                        group.program_id.name,
                    )
                )

    def write(self, vals):
        res = super().write(vals)
        if {"window_unit", "window_length", "keep", "active"} & vals.keys():
            self._mark_dirty()
        return res

    # === ACTIONS === #

    def action_enroll(self):
        """Make every holder of a card a member, and look at all members anew."""
        self.check_access("write")
        cards = self.env["loyalty.card"].search([("program_id", "in", self.program_id.ids)])
        cards._scrm_join()
        self._get_memberships()._evaluate()
        return self.action_view_members()

    def action_view_members(self):
        """Open the members."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_loyalty.scrm_loyalty_membership_action"
        )
        action["domain"] = [("tier_group_id", "in", self.ids)]
        return action

    # === BUSINESS === #

    def _get_window(self):
        """Give the window (``tools.tiers.Window``)."""
        self.ensure_one()
        return tiers.Window(self.window_unit, self.window_length)

    def _get_rungs(self):
        """Give the ladder (list of ``tools.tiers.Rung``) of the tiers in use."""
        self.ensure_one()
        return [tier._get_rung() for tier in self.tier_ids if tier.active]

    def _get_today(self):
        """Give the company's day."""
        self.ensure_one()
        return tiers.local_day(fields.Datetime.now(), self.tz)

    def _get_memberships(self):
        # sudo: everybody's standing, whoever changes the ladder
        return (
            self.env["scrm.loyalty.membership"]
            .sudo()
            .with_context(active_test=False)
            .search([("tier_group_id", "in", self.ids)])
        )

    def _mark_dirty(self):
        """Let the cron look at all members: the ladder has changed."""
        memberships = self._get_memberships()
        if memberships:
            memberships.dirty = True
            self.env.ref("scrm_loyalty.ir_cron_review_memberships").sudo()._trigger()
