from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command, Domain

from ..models.lifecycle_stage import AXES

PERIOD_DAYS = 90


class ScrmLifecycleFunnel(models.TransientModel):
    """How many customers stand at each stage, and how many of a period went on to the next.

    Computed when it is opened: where customers stand is kept already, by rules and history.
    """

    _name = "scrm.lifecycle.funnel"
    _description = "Funnel of Stages"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._default_date_from()
    )
    date_to = fields.Date(
        string="To", required=True, default=lambda self: self.env.company._scrm_get_today()
    )
    line_ids = fields.One2many(
        comodel_name="scrm.lifecycle.funnel.line", inverse_name="funnel_id", readonly=True
    )

    @api.model
    def _default_date_from(self):
        return self.env.company._scrm_get_today() - timedelta(days=PERIOD_DAYS)

    @api.depends("date_from", "date_to")
    def _compute_display_name(self):
        self.display_name = self.env._("Funnel")

    @api.model
    def action_open(self):
        """Open the funnel of the last quarter."""
        funnel = self.create({})
        funnel.action_compute()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_base.scrm_lifecycle_funnel_action"
        )
        return {**action, "res_id": funnel.id}

    def action_compute(self):
        """Count again for the period."""
        self.ensure_one()
        axes = [axis for axis, _label in AXES]
        stages = self.env["scrm.lifecycle.stage"].search([("axis", "in", axes)])
        stages = stages.sorted(lambda stage: (axes.index(stage.axis), stage._get_rank()))
        self.line_ids = [
            Command.clear(),
            *(Command.create({"stage_id": stage.id}) for stage in stages),
        ]
        for line in self.line_ids:
            line._count()
        return False

    def _get_period(self, field):
        """Return the domain of a moment that lies in the period, days of the company."""
        start = self.company_id._scrm_get_day_start(self.date_from)
        end = self.company_id._scrm_get_day_start(self.date_to + timedelta(days=1))
        return Domain(field, ">=", start) & Domain(field, "<", end)


class ScrmLifecycleFunnelLine(models.TransientModel):
    """One stage of a funnel."""

    _name = "scrm.lifecycle.funnel.line"
    _description = "Stage of a Funnel"
    _order = "id"

    funnel_id = fields.Many2one(
        comodel_name="scrm.lifecycle.funnel", required=True, index=True, ondelete="cascade"
    )
    stage_id = fields.Many2one(
        comodel_name="scrm.lifecycle.stage", required=True, ondelete="cascade"
    )
    axis = fields.Selection(related="stage_id.axis")
    is_first = fields.Boolean(help="Nobody comes to the first stage from another.")
    here_count = fields.Integer(string="Stand Here Now")
    reached_count = fields.Integer(string="Came in the Period")
    base_count = fields.Integer(
        string="Began in the Period",
        help="Came to the stage before in the period; to the first stage of an axis, everybody who"
        " became known in it.",
    )
    converted_count = fields.Integer(string="Of Them Came Here")
    conversion = fields.Float(digits=(16, 4), help="Of those who began in the period.")

    def _count(self):
        """Count what the domains find, so that a number and its list cannot differ."""
        Customer = self.env["scrm.customer"]
        self.here_count = Customer.search_count(self._get_here_domain())
        self.reached_count = Customer.search_count(self._get_reached_domain(self.stage_id))
        self.is_first = self.stage_id == self.stage_id._get_initial()
        if self.is_first:
            return
        self.base_count = Customer.search_count(self._get_base_domain())
        self.converted_count = Customer.search_count(self._get_converted_domain())
        self.conversion = self.converted_count / self.base_count if self.base_count else 0

    def _get_company_domain(self):
        pool = self.funnel_id.company_id.sudo().scrm_pool_id  # sudo: no secret of the company
        return Domain("pool_id", "=", pool.id)

    def _get_here_domain(self):
        return self._get_company_domain() & Domain("axis_stage_ids", "in", self.stage_id.ids)

    def _get_reached_domain(self, stage):
        """Return the domain of who came to a stage in the period, by whichever of their tracks."""
        if not stage or stage == stage._get_initial():
            return self._get_company_domain() & self.funnel_id._get_period("create_date")
        return self._get_company_domain() & self._get_moved_domain(
            Domain("stage_id", "=", stage.id) & self.funnel_id._get_period("moved_at")
        )

    def _get_moved_domain(self, moves):
        moves &= Domain("company_id", "=", self.funnel_id.company_id.id)
        return Domain("stage_move_ids", "any", moves) | Domain(
            "merged_customer_ids", "any", [("stage_move_ids", "any", moves)]
        )

    def _get_base_domain(self):
        return self._get_reached_domain(self.stage_id._get_previous())

    def _get_converted_domain(self):
        """Return the domain of who came from the stage before to this one or a higher one."""
        further = self.env["scrm.lifecycle.stage"].search([("axis", "=", self.axis)])
        further = further.filtered(lambda stage: stage._get_rank() >= self.stage_id._get_rank())
        moves = Domain("stage_id", "in", further.ids) & self.funnel_id._get_period("moved_at")
        return self._get_base_domain() & self._get_moved_domain(moves)

    # === ACTIONS === #

    def _open_customers(self, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id("scrm_base.scrm_customer_action")
        return {
            **action,
            "display_name": self.stage_id.name,
            "domain": list(domain),
            "context": {},
        }

    def action_view_here(self):
        """Open who stands at the stage now."""
        return self._open_customers(self._get_here_domain())

    def action_view_reached(self):
        """Open who came to the stage in the period."""
        return self._open_customers(self._get_reached_domain(self.stage_id))

    def action_view_base(self):
        """Open who came to the stage before in the period."""
        return self._open_customers(self._get_base_domain())

    def action_view_converted(self):
        """Open who came from the stage before in the period."""
        return self._open_customers(self._get_converted_domain())
