from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from odoo.addons.scrm_base.tools.append_only import protect

from .scrm_allocation_policy_line import METHODS, STRATEGIES

# What a person may decide otherwise than the arithmetic.
OVERRIDE_FIELDS = {"allocated", "override_reason"}


class ScrmAllocationRunLine(models.Model):
    """What one order line asked of a run, what it was entitled to, what it got, and why."""

    _name = "scrm.allocation.run.line"
    _description = "Allocation"
    _order = "run_id desc, run_product_id, position, rank, id"
    _rec_name = "partner_id"

    run_product_id = fields.Many2one(
        comodel_name="scrm.allocation.run.product",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    run_id = fields.Many2one(
        comodel_name="scrm.allocation.run",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    run_state = fields.Selection(related="run_id.state")
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    # Moves may be deleted by whoever cancels their order; the line stays.
    move_id = fields.Many2one(
        comodel_name="stock.move",
        string="Stock Move",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    picking_id = fields.Many2one(related="move_id.picking_id", string="Delivery")
    order_id = fields.Many2one(related="move_id.sale_line_id.order_id", string="Order")
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Dealer",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    grade_id = fields.Many2one(
        comodel_name="res.partner.grade",
        string="Level",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    rank = fields.Integer(readonly=True, aggregator=None)
    position = fields.Integer(string="Class", readonly=True, aggregator=None)
    strategy = fields.Selection(selection=STRATEGIES, readonly=True)
    method = fields.Selection(selection=METHODS, readonly=True)
    demand = fields.Float(digits="Product Unit", readonly=True)
    reserved = fields.Float(string="Held Before", digits="Product Unit", readonly=True)
    kept = fields.Float(digits="Product Unit", readonly=True)
    guaranteed = fields.Float(digits="Product Unit", readonly=True)
    shared = fields.Float(digits="Product Unit", readonly=True)
    entitled = fields.Float(digits="Product Unit", readonly=True)
    allocated = fields.Float(digits="Product Unit")
    previous = fields.Float(
        string="Last Run",
        digits="Product Unit",
        readonly=True,
        help="What the run in force before gave to this order.",
    )
    difference = fields.Float(
        string="Change",
        digits="Product Unit",
        compute="_compute_difference",
        store=True,
        help="Against the run before.",
    )
    missing = fields.Float(
        string="Shortfall", digits="Product Unit", compute="_compute_missing", aggregator=None
    )
    reason = fields.Selection(
        selection=[
            ("full", "Everything asked"),
            ("part", "What its class had left"),
            ("quota", "Up to its quota"),
            ("none", "Nothing left for its class"),
            ("fixed", "Being picked already"),
            ("held", "On hold"),
            ("override", "By hand"),
        ],
        readonly=True,
    )
    override_reason = fields.Char(string="Why by Hand")
    override_by_id = fields.Many2one(comodel_name="res.users", string="Changed by", readonly=True)
    explanation = fields.Char(string="Why", compute="_compute_explanation")
    # Of the line itself, because a trigger sees no other table.
    is_applied = fields.Boolean(readonly=True)

    _allocated_check = models.Constraint(
        "CHECK (allocated >= 0 AND allocated <= demand)",
        "A dealer gets between nothing and what he asked for.",
    )
    _override_check = models.Constraint(
        "CHECK (allocated = entitled OR override_reason ~ '\\S')",
        "Say why a dealer gets something else than the policy gives him.",
    )

    def init(self):
        protect(self.env.cr, self._table, ("move_id", "partner_id"), when=SQL("OLD.is_applied"))

    @api.depends("allocated", "previous")
    def _compute_difference(self):
        for line in self:
            line.difference = line.allocated - line.previous

    @api.depends("demand", "allocated")
    def _compute_missing(self):
        for line in self:
            line.missing = line.demand - line.allocated

    @api.depends("entitled", "kept", "guaranteed", "shared", "reason", "override_reason")
    def _compute_explanation(self):
        labels = dict(self._fields["reason"]._description_selection(self.env))
        for line in self:
            parts = [labels.get(line.reason), line.override_reason, *line._get_parts()]
            line.explanation = " · ".join(part for part in parts if part)

    def _get_parts(self):
        """Return of what the quantity is made up; of a person's, what it stands for instead."""
        told = {
            "override": ((self.env._("by the policy %s"), self.entitled),),
            "part": (
                (self.env._("kept %s"), self.kept),
                (self.env._("guaranteed %s"), self.guaranteed),
                (self.env._("shared %s"), self.shared),
            ),
        }
        told["quota"] = told["part"]
        return [
            label % formatLang(self.env, quantity, dp="Product Unit")
            for label, quantity in told.get(self.reason, ())
            if quantity or self.reason == "override"
        ]

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        if vals.keys() - OVERRIDE_FIELDS:
            raise UserError(self.env._("Only what a dealer gets, and why, is changed by hand."))
        if any(line.run_id.state != "draft" for line in self):
            raise UserError(
                self.env._("This allocation is applied. Start a new one to change who gets what.")
            )
        for line in self:
            line._override(vals)
        return True

    def _override(self, vals):
        """Write a person's decision, its reason, and who it was."""
        self.ensure_one()
        self.check_access("write")
        allocated = vals.get("allocated", self.allocated)
        reason = (vals.get("override_reason", self.override_reason) or "").strip()
        if self.reason in ("fixed", "held"):
            raise UserError(
                self.env._(
                    "%s: what is being picked or on hold is not divided.", self.partner_id.name
                )
            )
        is_override = allocated != self.entitled
        if is_override and not reason:
            raise UserError(
                self.env._(
                    "Say why %(dealer)s gets %(allocated)s instead of %(entitled)s.",
                    dealer=self.partner_id.name,
                    allocated=formatLang(self.env, allocated, dp="Product Unit"),
                    entitled=formatLang(self.env, self.entitled, dp="Product Unit"),
                )
            )
        # sudo: access was checked; the reason code and the author are not the user's to write
        self.sudo().write(
            {
                "allocated": allocated,
                "override_reason": reason if is_override else False,
                "override_by_id": self.env.uid if is_override else False,
                "reason": "override" if is_override else self._get_reason(),
            }
        )

    def _get_reason(self):
        """Return why the arithmetic gave what it gave."""
        self.ensure_one()
        supply_row = self.run_product_id
        _supply, demands = supply_row._get_question()
        demand = next((d for d in demands if d.key == self.move_id.id), None)
        return self.env["scrm.allocation.run"]._get_reason(
            self.demand, self.entitled, demand and demand.ceiling is not None
        )

    def action_open_move(self):
        """Open the delivery of this line."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "stock.picking",
            "res_id": self.picking_id.id,
            "view_mode": "form",
        }

    def action_open_run(self):
        """Open the run that decided this, on its workbench."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.allocation.run",
            "res_id": self.run_id.id,
            "views": [(False, "form")],
        }
