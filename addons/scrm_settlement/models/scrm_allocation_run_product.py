from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, float_compare
from odoo.tools.misc import formatLang

from odoo.addons.scrm_base.tools.append_only import protect

from ..tools.allocation import Demand, allocate, fingerprint


class ScrmAllocationRunProduct(models.Model):
    """One product of a run: what there is, what is asked, and the question as it was put."""

    _name = "scrm.allocation.run.product"
    _description = "Allocated Product"
    _order = "run_id desc, id"
    _rec_name = "product_id"

    run_id = fields.Many2one(
        comodel_name="scrm.allocation.run", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    warehouse_id = fields.Many2one(related="run_id.warehouse_id", store=True)
    product_id = fields.Many2one(
        comodel_name="product.product", required=True, index=True, ondelete="restrict"
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    policy_id = fields.Many2one(
        comodel_name="scrm.allocation.policy", index="btree_not_null", ondelete="restrict"
    )
    state = fields.Selection(
        selection=[("new", "Waiting"), ("simulated", "Simulated"), ("applied", "Applied")],
        default="new",
        required=True,
    )
    unit_quantity = fields.Float(string="Multiple of", digits="Product Unit", readonly=True)
    supply = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="What is free, and what is reserved for these orders and may be given to others.",
    )
    demand = fields.Float(digits="Product Unit", readonly=True)
    allocated = fields.Float(
        digits="Product Unit", compute="_compute_allocated", store=True, readonly=True
    )
    left = fields.Float(
        string="Left Over", digits="Product Unit", compute="_compute_left", aggregator=None
    )
    is_scarce = fields.Boolean(string="Scarce", readonly=True)
    inputs = fields.Json(readonly=True)
    result_hash = fields.Char(string="Fingerprint", readonly=True)
    line_ids = fields.One2many(
        comodel_name="scrm.allocation.run.line", inverse_name="run_product_id", string="Dealers"
    )

    _product_uniq = models.Constraint(
        "UNIQUE (run_id, product_id)", "A run divides a product once."
    )
    _applied_check = models.Constraint(
        "CHECK (state != 'applied' OR NOT is_scarce OR allocated <= supply)",
        "More was given away than there is. Take some back from a dealer.",
    )

    def init(self):
        protect(
            self.env.cr,
            self._table,
            ("company_id", "warehouse_id"),
            when=SQL("OLD.state = 'applied'"),
        )

    @api.depends("line_ids.allocated", "line_ids.reason")
    def _compute_allocated(self):
        totals = {}
        for row in self:
            totals[row] = sum(
                line.allocated for line in row.line_ids if line.reason not in ("fixed", "held")
            )
        for row in self:
            row.allocated = totals[row]

    @api.depends("supply", "allocated")
    def _compute_left(self):
        for row in self:
            row.left = row.supply - row.allocated

    def _replay(self):
        """Divide again what was asked then, and return whether the answer is the same."""
        self.ensure_one()
        supply, demands = self._get_question()
        return self.result_hash == fingerprint(supply, demands, allocate(supply, demands))

    def _get_question(self):
        """Return the supply and the demands in units, as they were put to the arithmetic."""
        self.ensure_one()
        supply, rows = self.inputs or (0, [])
        return supply, [Demand(*row) for row in rows]

    def _check_supply(self):
        """Refuse overrides that give away more than there is."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        for row in self:
            if row.is_scarce and float_compare(row.left, 0, precision_digits=digits) < 0:
                raise UserError(
                    self.env._(
                        "%(product)s: %(allocated)s are given away, there are only %(supply)s. "
                        "Take some back from a dealer.",
                        product=row.product_id.display_name,
                        allocated=formatLang(self.env, row.allocated, dp="Product Unit"),
                        supply=formatLang(self.env, row.supply, dp="Product Unit"),
                    )
                )

    def action_open_lines(self):
        """Open who gets how much of this product."""
        self.ensure_one()
        action = self.run_id.action_open_lines()
        action["domain"] = [("run_product_id", "=", self.id)]
        action["context"] = {"search_default_grade": 1}
        return action
