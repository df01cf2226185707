from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from odoo.addons.scrm_base.tools.append_only import protect
from odoo.addons.scrm_base.tools.flow import Transition

_lt = LazyTranslate(__name__)

CHANNEL_MANAGER = "scrm_settlement.group_scrm_settlement_channel_manager"
# Products that one request or one job divides.
BATCH = 100


class ScrmAllocationRun(models.Model):
    """One division of scarce stock among dealers: simulated, corrected by hand, applied, kept.

    A model of its own, because "who got how much, and why" must be readable after the goods
    have left.
    """

    _name = "scrm.allocation.run"
    _inherit = ["scrm.flow.mixin"]
    _description = "Allocation Run"
    _order = "id desc"
    _check_company_auto = True

    _flow_transitions = (
        Transition("start", "draft", "applying", _lt("Apply"), (CHANNEL_MANAGER,)),
        Transition("apply", ("draft", "applying"), "applied", _lt("Apply"), (CHANNEL_MANAGER,)),
        Transition("discard", "draft", "discarded", _lt("Discard"), (CHANNEL_MANAGER,)),
    )

    name = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: self.env._("New")
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    warehouse_id = fields.Many2one(
        comodel_name="stock.warehouse",
        required=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self._default_warehouse(),
    )
    product_ids = fields.Many2many(
        comodel_name="product.product",
        string="Products",
        check_company=True,
        domain=[("is_storable", "=", True)],
        # An archived product is still one that was chosen
        context={"active_test": False},
        help="Empty: every product with a policy and an open order.",
    )
    origin = fields.Selection(
        selection=[
            ("manual", "Manually"),
            ("receipt", "Goods arrived"),
            ("schedule", "Every night"),
        ],
        string="Started",
        default="manual",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        selection=[
            ("draft", "Simulation"),
            ("applying", "Being applied"),
            ("applied", "Applied"),
            ("discarded", "Discarded"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    applied_at = fields.Datetime(readonly=True, copy=False)
    applied_by_id = fields.Many2one(
        comodel_name="res.users", string="Applied by", readonly=True, copy=False
    )
    run_product_ids = fields.One2many(
        comodel_name="scrm.allocation.run.product", inverse_name="run_id", string="Per Product"
    )
    line_ids = fields.One2many(
        comodel_name="scrm.allocation.run.line", inverse_name="run_id", string="Who Gets What"
    )
    product_count = fields.Integer(compute="_compute_counts")
    line_count = fields.Integer(compute="_compute_counts")
    override_count = fields.Integer(string="By Hand", compute="_compute_counts")
    progress = fields.Integer(string="Progress (%)", compute="_compute_counts")

    def init(self):
        protect(self.env.cr, self._table, when=SQL("OLD.state = 'applied'"))

    @api.model
    def _default_warehouse(self):
        # sudo: a channel manager has no role in Inventory
        return (
            self.env["stock.warehouse"]
            .sudo()
            .search([("company_id", "=", self.env.company.id)], limit=1)
        )

    @api.depends("state", "run_product_ids.state", "line_ids.reason")
    def _compute_counts(self):
        # The rows stand under the saved run, also while its form is being edited.
        saved = self._origin.ids
        rows = self.env["scrm.allocation.run.product"]._read_group(
            [("run_id", "in", saved)],
            ["run_id", "state"],
            ["__count"],
        )
        counts = {}
        for run, state, count in rows:
            counts.setdefault(run, {})[state] = count
        lines = dict(
            self.env["scrm.allocation.run.line"]._read_group(
                [("run_id", "in", saved)], ["run_id"], ["__count"]
            )
        )
        by_hand = dict(
            self.env["scrm.allocation.run.line"]._read_group(
                [("run_id", "in", saved), ("reason", "=", "override")], ["run_id"], ["__count"]
            )
        )
        for run in self:
            by_state = counts.get(run._origin, {})
            total = sum(by_state.values())
            waiting = "simulated" if run.state == "applying" else "new"
            done = total - by_state.get(waiting, 0)
            run.product_count = total
            run.line_count = lines.get(run._origin, 0)
            run.override_count = by_hand.get(run._origin, 0)
            run.progress = 100 * done // total if total else 100

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["name"] = (
                # sudo: numbers are given whoever begins the run
                self.env["ir.sequence"].sudo().next_by_code("scrm.allocation.run")
                or self.env._("New")
            )
        return super().create(vals_list)

    def write(self, vals):
        by_hand = self._flow_field not in vals and not self.env.su
        if by_hand and vals.keys() - {"warehouse_id", "product_ids", "line_ids"}:
            raise UserError(self.env._("Only what is to be divided is chosen by hand."))
        res = super().write(vals)
        if vals.keys() & {"warehouse_id", "product_ids"}:
            # sudo: nobody has the right to delete rows; these answer another question
            self.sudo().run_product_ids.unlink()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_applied(self):
        if any(run.state in ("applying", "applied") for run in self):
            raise UserError(
                self.env._(
                    "An applied allocation is kept. Start a new one to change who gets what."
                )
            )

    # === ACTIONS === #

    def action_simulate(self):
        """Divide the stock as it is now; nothing is reserved yet."""
        for run in self:
            run._check_may_decide()
            run._simulate()

    def action_apply(self):
        """Reserve for each dealer what the run gives him, and no more."""
        for run in self:
            run._check_may_decide()
            if not run.run_product_ids:
                raise UserError(run.env._("Simulate first, then look at who gets how much."))
            # sudo: the decision is the channel manager's, the reservation is stock's own work
            run_sudo = run.sudo()
            if len(run.run_product_ids) > BATCH:
                # Jobs have nobody to refuse it to
                run_sudo._check_question(run_sudo.run_product_ids)
                run_sudo.run_product_ids._check_supply()
                run._move_along("start")
                run._enqueue()
                continue
            run_sudo._apply_products(run_sudo.run_product_ids)
            run._finish()

    def action_discard(self):
        for run in self:
            run._move_along("discard")

    def action_open_lines(self):
        """Open who gets how much: products, levels, dealers."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_allocation_run_line_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        action["context"] = {"search_default_product": 1, "search_default_grade": 1}
        action["name"] = self.env._("Who gets how much: %s", self.name)
        return action

    def action_open_products(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_allocation_run_product_action"
        )
        action["domain"] = [("run_id", "=", self.id)]
        return action

    # === BUSINESS === #

    def _check_may_decide(self):
        """The run is the user's to change, and stands where it can be changed."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            raise UserError(
                self.env._(
                    "%(run)s is not a simulation any more. Start a new allocation.", run=self.name
                )
            )

    def _finish(self):
        self._move_along("apply", applied_at=fields.Datetime.now(), applied_by_id=self.env.uid)

    def _enqueue(self):
        for run in self:
            waiting = len(run.run_product_ids.filtered(lambda row: row.state != "applied"))
            run.with_company(run.company_id).with_delay(
                channel="root.scrm",
                identity_key=f"scrm.allocation.run:{run.id}:{run.state}:{run.progress}:{waiting}",
                description=run.env._("Divide scarce stock: %s", run.name),
            )._run_batch()

    def _run_batch(self):
        """Divide the next products and plan the next batch; the body of the job.

        A job that is run twice, or stopped half way, finds the products that still wait.
        """
        self.ensure_one()
        # sudo: the flow has checked who started the run; the work needs rights on stock.
        run_sudo = self.sudo().with_company(self.company_id)
        waiting_for = {"draft": "new", "applying": "simulated"}.get(run_sudo.state)
        if not waiting_for:
            return
        rows = run_sudo.run_product_ids.filtered(lambda row: row.state == waiting_for)
        batch = rows[:BATCH]
        if waiting_for == "new":
            run_sudo._simulate_products(batch)
        else:
            run_sudo._apply_batch(batch)
        if len(rows) > BATCH:
            run_sudo._enqueue()
        elif waiting_for == "simulated":
            run_sudo._finish()
        elif run_sudo.origin != "manual":
            run_sudo._move_along("start")
            run_sudo._enqueue()
