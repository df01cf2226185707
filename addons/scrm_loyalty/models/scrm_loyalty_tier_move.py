from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.scrm_base.tools.append_only import protect

from ..tools.fields import BigInteger
from ..tools.points import format_minor


class ScrmLoyaltyTierMove(models.Model):
    """One step of a member up or down a ladder, with what it was decided from."""

    _name = "scrm.loyalty.tier.move"
    _description = "Tier Move"
    _inherit = ["scrm.customer.mixin", "scrm.notice.mixin"]
    _order = "moved_at desc, id desc"

    membership_id = fields.Many2one(
        comodel_name="scrm.loyalty.membership",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    identity_id = fields.Many2one(required=True, readonly=True)
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="restrict"
    )
    kind = fields.Selection(
        selection=[
            ("initial", "Joined"),
            ("upgrade", "Upgrade"),
            ("downgrade", "Downgrade"),
        ],
        required=True,
        readonly=True,
    )
    from_tier_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier", string="From", readonly=True, ondelete="restrict"
    )
    to_tier_id = fields.Many2one(
        comodel_name="scrm.loyalty.tier", string="To", readonly=True, ondelete="restrict"
    )
    moved_at = fields.Datetime(
        string="When", required=True, readonly=True, default=fields.Datetime.now
    )
    qualifying = BigInteger(string="Qualifying Hundredths", readonly=True)
    threshold = fields.Integer(
        readonly=True, aggregator=None, help="The threshold that decided, as it was then."
    )
    window_from = fields.Date(readonly=True)
    window_to = fields.Date(readonly=True)
    res_model = fields.Char(string="Source Model", readonly=True)
    res_id = fields.Many2oneReference(string="Source Id", model_field="res_model", readonly=True)
    reference = fields.Char(string="Source", readonly=True)
    reason = fields.Text(
        compute="_compute_reason",
        help="Why, from the figures that were frozen with the step, in the reader's language.",
    )

    _differs = models.Constraint(
        "CHECK (from_tier_id IS DISTINCT FROM to_tier_id)", "A step leads to another tier."
    )

    def init(self):
        protect(self.env.cr, self._table, ("customer_id",))

    # === COMPUTE === #

    @api.depends("from_tier_id", "to_tier_id", "kind")
    def _compute_display_name(self):
        for move in self:
            names = [tier.name for tier in (move.from_tier_id, move.to_tier_id) if tier]
            move.display_name = " → ".join(names) or self.env._("No tier")

    @api.depends("kind", "qualifying", "threshold", "window_from", "window_to", "reference")
    @api.depends_context("lang")
    def _compute_reason(self):
        for move in self:
            move.reason = move._get_reason()

    def _get_reason(self):
        """Say why: which points, in which window, against which threshold, by which document."""
        self.ensure_one()
        figures = {
            "points": format_minor(self.qualifying),
            "start": format_date(self.env, self.window_from),
            "end": format_date(self.env, self.window_to),
            "threshold": f"{self.threshold:,}",
            "tier": self.to_tier_id.name or self.env._("no tier"),
            "old": self.from_tier_id.name or self.env._("no tier"),
        }
        if self.kind == "initial":
            sentence = self.env._(
                "Joined as %(tier)s: %(points)s qualifying points from %(start)s to %(end)s.",
                **figures,
            )
        elif self.kind == "upgrade":
            sentence = self.env._(
                "%(points)s qualifying points from %(start)s to %(end)s reach the %(threshold)s "
                "of %(tier)s.",
                **figures,
            )
        else:
            sentence = self.env._(
                "%(points)s qualifying points from %(start)s to %(end)s are below the "
                "%(threshold)s of %(old)s.",
                **figures,
            )
        if self.reference:
            sentence = self.env._(
                "%(sentence)s Decided by %(document)s.", sentence=sentence, document=self.reference
            )
        return sentence

    def _get_summary(self):
        """Say the step and why, for the timeline."""
        self.ensure_one()
        return self.reason if self.kind == "initial" else f"{self.display_name}. {self.reason}"

    # === CRUD === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(self.env._("The log of tiers is kept as it was written."))

    # === ACTIONS === #

    def action_open_source(self):
        """Open the document that decided, or the membership."""
        self.ensure_one()
        if self.res_model and self.res_id:
            return self.env[self.res_model].browse(self.res_id).get_formview_action()
        return self.membership_id.get_formview_action()

    # === LOG === #

    @api.model
    def _notice_get_events(self):
        """Each kind of step is an event of its name."""
        return self._fields["kind"]._description_selection(self.env)

    @api.model
    def _log(self, vals_list):
        """Write the steps, put them on the timeline, and tell who rose."""
        moves = self.create(vals_list)
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": move.identity_id.id,
                    "company_id": move.company_id.id,
                    "kind": "tier",
                    "summary": move._get_summary(),
                    "dedupe_key": f"{move._name},{move.id}",
                    "record": move,
                }
                for move in moves
            ]
        )
        for kind, steps in moves.grouped("kind").items():
            self.env["scrm.notice.rule"]._raise_event(steps, kind)
        return moves
