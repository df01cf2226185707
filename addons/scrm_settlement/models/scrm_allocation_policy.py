from odoo import api, fields, models, tools
from odoo.tools import SQL


class ScrmAllocationPolicy(models.Model):
    """How scarce stock of a product is divided among dealers: its classes, multiples and quotas.

    A model of its own, because Odoo's reservation knows a star and a date, and no dealers.
    """

    _name = "scrm.allocation.policy"
    _description = "Allocation Policy"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    warehouse_id = fields.Many2one(
        comodel_name="stock.warehouse",
        ondelete="restrict",
        check_company=True,
        help="Empty: every warehouse of the company.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        domain=[("is_storable", "=", True)],
    )
    categ_id = fields.Many2one(
        comodel_name="product.category",
        string="Product Category",
        ondelete="restrict",
        index="btree_not_null",
        help="Each product of the category and of those below is allocated on its own. The "
        "policy of a product goes before that of its category.",
    )
    unit_quantity = fields.Float(
        string="Multiple of",
        digits="Product Unit",
        default=1,
        required=True,
        help="Dealers get whole multiples of this quantity, such as a carton.",
    )
    scarce_percent = fields.Integer(
        string="Scarce from (%)",
        default=100,
        required=True,
        help="The policy acts when the open demand exceeds this share of the supply.",
    )
    is_automatic = fields.Boolean(
        string="Allocate by Itself",
        default=True,
        help="Allocates anew when goods arrive, and every night.",
    )
    line_ids = fields.One2many(
        comodel_name="scrm.allocation.policy.line",
        inverse_name="policy_id",
        string="Classes",
        copy=True,
    )
    quota_ids = fields.One2many(
        comodel_name="scrm.allocation.quota", inverse_name="policy_id", string="Quotas"
    )

    _target_check = models.Constraint(
        "CHECK (num_nonnulls(product_id, categ_id) = 1)",
        "A policy is for a product or for a category: name one of them.",
    )
    _unit_check = models.Constraint(
        "CHECK (unit_quantity > 0)", "Dealers get multiples of a quantity above zero."
    )
    _scarce_check = models.Constraint(
        "CHECK (scarce_percent BETWEEN 1 AND 100)",
        "Stock is scarce from a share between 1 and 100 % on.",
    )
    _target_uniq = models.UniqueIndex(
        "(company_id, COALESCE(warehouse_id, 0), COALESCE(product_id, 0), COALESCE(categ_id, 0))"
        " WHERE active",
        "There is a policy for this already. Change that one, or archive it first.",
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        self.env.registry.clear_cache()
        return policies

    def write(self, vals):
        res = super().write(vals)
        self.env.registry.clear_cache()
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res

    # === WHICH POLICY === #

    @api.model
    @tools.ormcache("company_id")
    def _get_targets(self, company_id):
        """Return ``({(product, warehouse): policy}, {(category, warehouse): policy})``, all ids.

        Every reservation asks this, so it is kept in memory; the warehouse of a policy for all
        of them is 0.
        """
        products, categories = {}, {}
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT id, product_id, categ_id, COALESCE(warehouse_id, 0)"
                " FROM scrm_allocation_policy WHERE active AND company_id = %s",
                company_id,
            )
        )
        for policy_id, product_id, categ_id, warehouse_id in rows:
            if product_id:
                products[product_id, warehouse_id] = policy_id
            else:
                categories[categ_id, warehouse_id] = policy_id
        return products, categories

    @api.model
    def _find(self, company, warehouse, product):
        """Return the policy of a product in a warehouse, or none.

        The product's own goes before its categories', the deepest first; then the one of the
        warehouse before the one of all.
        """
        products, categories = self._get_targets(company.id)
        if not products and not categories:
            return self.browse()
        warehouses = (warehouse.id, 0)
        for warehouse_id in warehouses:
            if policy_id := products.get((product.id, warehouse_id)):
                return self.browse(policy_id)
        if categories:
            path = (product.sudo().categ_id.parent_path or "").split("/")[:-1]
            for categ_id in reversed(path):
                for warehouse_id in warehouses:
                    if policy_id := categories.get((int(categ_id), warehouse_id)):
                        return self.browse(policy_id)
        return self.browse()

    def _get_lines_by_grade(self):
        """Return {grade id: line}; the class of all other dealers stands under 0."""
        self.ensure_one()
        return {line.grade_id.id or 0: line for line in self.line_ids}

    # === ACTIONS === #

    def action_open_products(self):
        """Open how the products of this policy were divided."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_settlement.scrm_allocation_run_product_action"
        )
        action["domain"] = [("policy_id", "=", self.id)]
        return action
