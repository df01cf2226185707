from odoo import fields, models
from odoo.tools import float_compare


class StockMove(models.Model):
    """Reservation obeys the allocation in force, and asks nobody where there is no policy."""

    _inherit = "stock.move"

    scrm_is_capped = fields.Boolean(string="Allocated by a Run", copy=False, readonly=True)
    scrm_alloc_qty = fields.Float(
        string="Allocated",
        digits="Product Unit",
        copy=False,
        readonly=True,
        help="The most that this move may reserve, in the product's own unit.",
    )

    # === HOOKS === #

    def _scrm_get_held_moves(self):
        """Return those of the moves that must not reserve now; credit holds extend this."""
        return self.browse()

    # === WHICH MOVES === #

    def _scrm_get_allocation_policy(self):
        """Return the policy that this move's demand is under, or none.

        Moves of other kinds (production, transfers, what other moves brought) take what they
        need, as ever.
        """
        self.ensure_one()
        Policy = self.env["scrm.allocation.policy"].sudo()  # who reserves need not know them
        if (
            not any(Policy._get_targets(self.company_id.id))
            or self.procure_method != "make_to_stock"
            or not (self.location_dest_usage == "customer" or self.sale_line_id)
            or self.location_id.usage != "internal"
            or self.move_orig_ids
        ):
            return Policy
        return Policy._find(self.company_id, self.location_id.warehouse_id, self.product_id)

    def _scrm_get_reservable(self, need):
        """Return how much of the need the move may reserve, in the product's unit."""
        self.ensure_one()
        if not self._scrm_get_allocation_policy():
            return need
        if self.scrm_is_capped:
            reserved = sum(self.move_line_ids.mapped("quantity_product_uom"))
            return min(need, self.scrm_alloc_qty - reserved)
        state = self.env["scrm.allocation.state"]
        # What came after the division waits for the next one.
        is_scarce = state._is_scarce(self.location_id.warehouse_id, self.product_id)
        return 0 if is_scarce else need

    def _update_reserved_quantity(
        self, need, location_id, lot_id=None, package_id=None, owner_id=None, strict=True
    ):
        need = self._scrm_get_reservable(need)
        if float_compare(need, 0, precision_rounding=self.product_id.uom_id.rounding) <= 0:
            return 0
        return super()._update_reserved_quantity(
            need, location_id, lot_id, package_id, owner_id, strict
        )

    # === IN WHICH ORDER === #

    def _action_assign(self, force_qty=False):
        return super(StockMove, self._scrm_sort_by_class())._action_assign(force_qty=force_qty)

    def _scrm_sort_by_class(self):
        """Put the moves under a policy in the order of class, rank and date; leave the others."""
        Policy = self.env["scrm.allocation.policy"]
        if not any(any(Policy._get_targets(company_id)) for company_id in self.company_id.ids):
            return self
        keys = {}
        for move in self:
            policy = move._scrm_get_allocation_policy()
            if policy:
                keys[move] = move._scrm_get_class_key(policy)
        ordered = iter(sorted(keys, key=keys.get))
        return self.browse((next(ordered) if move in keys else move).id for move in self)

    def _scrm_get_class_key(self, policy):
        self.ensure_one()
        # sudo: whoever reserves need not read dealers and their levels
        move_sudo = self.sudo()
        source = move_sudo.sale_line_id.order_id or move_sudo.picking_id or move_sudo
        grade = source.partner_id.commercial_partner_id.grade_id
        classes = policy._get_lines_by_grade()
        line = classes.get(grade.id) or classes.get(0)
        return (
            line.position if line else 1_000_000,
            grade.scrm_rank if grade else 1_000_000,
            self.date,
            self.id,
        )

    # === WHEN GOODS ARRIVE === #

    def _trigger_assign(self):
        self._scrm_allocate_arrivals()
        return super()._trigger_assign()

    def _scrm_allocate_arrivals(self):
        """Divide anew what has arrived, where a policy does so by itself."""
        Policy = self.env["scrm.allocation.policy"].sudo()  # whoever receives need not know them
        arrived = {}
        for move in self:
            if not any(Policy._get_targets(move.company_id.id)):
                continue
            warehouse = move.location_dest_id.warehouse_id
            policy = warehouse and Policy._find(move.company_id, warehouse, move.product_id)
            if policy and policy.is_automatic:
                arrived.setdefault(warehouse, self.env["product.product"])
                arrived[warehouse] |= move.product_id
        for warehouse, products in arrived.items():
            self.env["scrm.allocation.run"]._allocate(warehouse, products, "receipt")

    def _scrm_reserve_as_allocated(self):
        """Take back what moves hold beyond their share, then reserve in the order of classes."""
        losers = self.filtered(
            lambda move: (
                move.scrm_is_capped
                and not move.picked
                and float_compare(
                    sum(move.move_line_ids.mapped("quantity_product_uom")),
                    move.scrm_alloc_qty,
                    precision_rounding=move.product_id.uom_id.rounding,
                )
                > 0
            )
        )
        losers._do_unreserve()
        waiting = self.filtered(
            lambda move: (
                move.state in ("confirmed", "partially_available")
                and (not move.scrm_is_capped or move.scrm_alloc_qty)
            )
        )
        (waiting - waiting._scrm_get_held_moves())._action_assign()

    # === PARTIAL DELIVERIES === #

    def _prepare_move_split_vals(self, qty):
        """What was allocated and is not delivered stays with the rest of the order."""
        vals = super()._prepare_move_split_vals(qty)
        if self.scrm_is_capped:
            rest = self.product_uom._compute_quantity(qty, self.product_id.uom_id)
            delivered = max(self.product_qty - rest, 0)
            vals["scrm_is_capped"] = True
            vals["scrm_alloc_qty"] = max(self.scrm_alloc_qty - delivered, 0)
        return vals
