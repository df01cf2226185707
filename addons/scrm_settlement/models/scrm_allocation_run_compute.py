from collections import defaultdict
from decimal import ROUND_FLOOR, Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.allocation import Demand, allocate, fingerprint, share, spread
from ..tools.pricing import decimal_of
from .scrm_allocation_run import BATCH

# Moves that ask for stock of a warehouse on behalf of a customer, and still can.
OPEN_STATES = ("waiting", "confirmed", "partially_available", "assigned")


class ScrmAllocationRun(models.Model):
    _inherit = "scrm.allocation.run"

    def _simulate(self):
        """Put the question for every product anew; what does not fit in a request, by jobs."""
        self.ensure_one()
        run_sudo = self.sudo().with_company(self.company_id)  # see action_apply
        run_sudo.run_product_ids.unlink()
        found = run_sudo._find_products()
        if not found:
            raise UserError(
                self.env._(
                    "Nothing to divide: no open order asks for a product with an allocation "
                    "policy in %(warehouse)s. Make a policy first, or choose another warehouse.",
                    warehouse=run_sudo.warehouse_id.name,
                )
            )
        rows = run_sudo.env["scrm.allocation.run.product"].create(
            [
                {"run_id": run_sudo.id, "product_id": product.id, "policy_id": policy.id}
                for product, policy in found
            ]
        )
        if len(rows) > BATCH:
            run_sudo._enqueue()
        else:
            run_sudo._simulate_products(rows)

    def _find_products(self):
        """Return [(product, policy)] of what is asked for here and has a policy."""
        self.ensure_one()
        Policy = self.env["scrm.allocation.policy"]
        if not any(Policy._get_targets(self.company_id.id)):
            return []
        products = self.product_ids or self._get_asked_products()
        found = [
            (product, Policy._find(self.company_id, self.warehouse_id, product))
            for product in products.sorted("id")
        ]
        return [(product, policy) for product, policy in found if policy]

    def _get_asked_products(self, products=None):
        query = self._get_demand_query(products)
        rows = self.env.execute_query(SQL("SELECT DISTINCT product_id FROM (%s) d", query))
        return self.env["product.product"].browse(sorted(row[0] for row in rows))

    # === WHAT IS ASKED, WHAT THERE IS === #

    def _get_demand_query(self, products=None):
        """Return SQL of the open demands of the warehouse, one row for each move."""
        self.ensure_one()
        self.env.flush_all()
        return SQL(
            """
            SELECT m.id AS move_id, m.product_id, m.product_qty AS demand,
                   COALESCE(r.reserved, 0) AS reserved,
                   COALESCE(o.date_order, m.create_date) AS ordered_at,
                   c.id AS partner_id, g.id AS grade_id, COALESCE(g.scrm_rank, 1000000) AS rank,
                   COALESCE(m.picked, FALSE) OR COALESCE(p.printed, FALSE) AS is_fixed
              FROM stock_move m
              JOIN stock_location l ON l.id = m.location_id AND l.parent_path LIKE %(path)s
              JOIN stock_location d ON d.id = m.location_dest_id
              LEFT JOIN stock_picking p ON p.id = m.picking_id
              LEFT JOIN sale_order_line s ON s.id = m.sale_line_id
              LEFT JOIN sale_order o ON o.id = s.order_id
              LEFT JOIN res_partner a
                ON a.id = COALESCE(o.partner_id, p.partner_id, m.partner_id)
              LEFT JOIN res_partner c ON c.id = a.commercial_partner_id
              LEFT JOIN res_partner_grade g ON g.id = c.grade_id
              LEFT JOIN LATERAL (
                   SELECT SUM(quantity_product_uom) AS reserved FROM stock_move_line
                    WHERE move_id = m.id) r ON TRUE
             WHERE m.company_id = %(company)s
               AND m.state IN %(states)s
               AND m.procure_method = 'make_to_stock'
               AND m.product_qty > 0
               AND (d.usage = 'customer' OR m.sale_line_id IS NOT NULL)
               AND (m.reservation_date IS NULL OR m.reservation_date <= %(today)s
                    OR r.reserved > 0)
               AND NOT EXISTS (SELECT FROM stock_move_move_rel WHERE move_dest_id = m.id)
               AND %(products)s
            """,
            path=f"{self.warehouse_id.lot_stock_id.parent_path}%",
            company=self.company_id.id,
            states=OPEN_STATES,
            today=fields.Date.today(),
            products=SQL("m.product_id = ANY(%s)", products.ids) if products else SQL("TRUE"),
        )

    def _get_demands(self, products):
        """Return {product id: [row of a demand as dict]}."""
        self.env.cr.execute(self._get_demand_query(products))
        demands = defaultdict(list)
        rows = self.env.cr.dictfetchall()
        moves = self.env["stock.move"].browse([row["move_id"] for row in rows])
        held = set(moves._scrm_get_held_moves().ids)
        for row in rows:
            row["demand"] = decimal_of(row["demand"])
            row["reserved"] = decimal_of(row["reserved"])
            row["is_held"] = row["move_id"] in held
            demands[row["product_id"]].append(row)
        return demands

    def _get_free(self, products):
        """Return {product id: what nobody holds}; less than nothing counts as nothing."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT q.product_id, SUM(q.quantity - q.reserved_quantity)
                  FROM stock_quant q
                  JOIN stock_location l ON l.id = q.location_id AND l.usage = 'internal'
                 WHERE l.parent_path LIKE %s AND q.company_id = %s AND q.product_id = ANY(%s)
                 GROUP BY q.product_id
                """,
                f"{self.warehouse_id.lot_stock_id.parent_path}%",
                self.company_id.id,
                products.ids,
            )
        )
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        step = Decimal(1).scaleb(-digits)
        # Quants are floats: 0.1 + 0.2 is 0.3 here, and no unit is lost to the last digit.
        return {
            product_id: max(decimal_of(quantity).quantize(step), Decimal(0))
            for product_id, quantity in rows
        }

    # === THE ANSWER === #

    def _simulate_products(self, rows):
        """Divide these products and write down who gets how much, and why."""
        self.ensure_one()
        products = rows.product_id
        demands, free = self._get_demands(products), self._get_free(products)
        previous = self._get_previous(products)
        quotas = self.env["scrm.allocation.quota"]._get_left(self, rows)
        line_vals = []
        for row in rows:
            question = self._put_question(
                row.policy_id,
                quotas.get((row.policy_id.id, row.product_id.id), {}),
                demands.get(row.product_id.id, []),
                free.get(row.product_id.id, Decimal(0)),
            )
            grants = allocate(question["supply_units"], question["demands"])
            row.write(
                {
                    **question["vals"],
                    "state": "simulated",
                    "inputs": [question["supply_units"], question["demands"]],
                    "result_hash": fingerprint(
                        question["supply_units"], question["demands"], grants
                    ),
                }
            )
            line_vals += self._prepare_lines_vals(row, question, grants, previous)
        self.env["scrm.allocation.run.line"].create(line_vals)

    def _get_previous(self, products):
        """Return {move id: what the run in force gives it}."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.move_id, l.allocated
                  FROM scrm_allocation_state s
                  JOIN scrm_allocation_run_line l ON l.run_product_id = s.run_product_id
                 WHERE s.warehouse_id = %s AND s.product_id = ANY(%s) AND l.move_id IS NOT NULL
                """,
                self.warehouse_id.id,
                products.ids,
            )
        )
        return dict(rows)

    def _put_question(self, policy, quotas, rows, free):
        """Return the question of one product in whole multiples, and what it was made of.

        A part of a multiple that somebody holds and may keep is set aside for them before.
        """
        unit = decimal_of(policy.unit_quantity)
        classes = policy._get_lines_by_grade()
        active = [row for row in rows if not row["is_fixed"] and not row["is_held"]]
        for row in rows:
            line = classes.get(row["grade_id"]) or classes.get(0)
            row["line"] = line
            row["strategy"] = line.strategy if line else "lose"
            keeps = row["strategy"] in ("gain", "fill")
            row["fraction"] = row["reserved"] % unit if keeps else Decimal(0)
            row["units"] = _floor((row["demand"] - row["fraction"]) / unit)
        supply = free + sum(row["reserved"] for row in rows if not row["is_fixed"])
        demand = sum((row["demand"] for row in active), Decimal(0))
        set_aside = sum((row["fraction"] for row in active), Decimal(0))
        supply_units = max(_floor((supply - set_aside) / unit), 0)
        left = {
            who: value if kind == "quantity" else supply * value / 100
            for who, (kind, value) in quotas.items()
        }
        demands = self._prepare_demands(active, unit, left)
        return {
            "supply_units": supply_units,
            "demands": sorted(demands),
            "rows": rows,
            "unit": unit,
            "vals": {
                "unit_quantity": unit,
                "supply": supply,
                "demand": demand,
                "is_scarce": demand * 100 > supply * policy.scarce_percent,
            },
        }

    def _prepare_demands(self, rows, unit, quotas):
        demands = []
        for row in rows:
            line = row["line"]
            demands.append(
                Demand(
                    key=row["move_id"],
                    quantity=row["units"],
                    date=fields.Datetime.to_string(row["ordered_at"]),
                    owner=row["partner_id"] or -row["move_id"],
                    position=line.position if line else 1_000_000,
                    strategy=row["strategy"],
                    method=line.method if line else "fifo",
                    weight=line.weight if line else 1,
                    rank=row["rank"],
                    reserved=_floor(row["reserved"] / unit),
                )
            )
        minimums = self._spread_minimums(rows, demands, unit)
        promised = self._spread_quotas(rows, demands, quotas, unit)
        return [
            demand._replace(
                guaranteed=max(minimums.get(demand.key, 0), promised.get(demand.key, 0)),
                ceiling=promised.get(demand.key, 0) if demand.method == "quota" else None,
            )
            for demand in demands
        ]

    def _spread_minimums(self, rows, demands, unit):
        """Return {move id: units} of the minimum that each dealer of a class gets."""
        by_owner = defaultdict(list)
        minimum = {}
        for row, demand in zip(rows, demands, strict=True):
            if row["line"] and row["line"].guarantee:
                by_owner[demand.owner].append(demand)
                minimum[demand.owner] = _floor(decimal_of(row["line"].guarantee) / unit)
        result = {}
        for owner, of_owner in by_owner.items():
            result.update(spread(minimum[owner], of_owner))
        return result

    def _spread_quotas(self, rows, demands, quotas, unit):
        """Return {move id: units} of what is left of the quotas; a level's is shared by demand."""
        result = {}
        by_quota = defaultdict(list)
        for row, demand in zip(rows, demands, strict=True):
            key = ("partner", row["partner_id"])
            if key not in quotas:
                key = ("grade", row["grade_id"])
            if key in quotas:
                by_quota[key].append(demand)
        for key, members in by_quota.items():
            members.sort(key=lambda demand: demand.key)
            wants = [demand.quantity for demand in members]
            if not any(wants):
                continue
            members = [demand for demand in members if demand.quantity]
            wants = [demand.quantity for demand in members]
            if key[0] == "partner":
                result.update(spread(_floor(quotas[key] / unit), members))
                continue
            ties = [(demand.rank, demand.date, demand.key) for demand in members]
            parts = share(_floor(quotas[key] / unit), wants, wants, ties)
            result.update(zip((demand.key for demand in members), parts, strict=True))
        return result

    @api.model
    def _get_reason(self, demand, entitled, has_ceiling):
        if entitled >= demand:
            return "full"
        if has_ceiling:
            return "quota"
        return "part" if entitled else "none"

    def _prepare_lines_vals(self, product_row, question, grants, previous):
        """Return the values of one line for each demand, those that take no part included."""
        unit = question["unit"]
        ceilings = {demand.key: demand.ceiling for demand in question["demands"]}
        scarce = product_row.is_scarce
        result = []
        for row in question["rows"]:
            move_id = row["move_id"]
            kept = guaranteed = shared = Decimal(0)
            if row["is_fixed"] or row["is_held"]:
                entitled = row["reserved"] if row["is_fixed"] else Decimal(0)
                reason = "fixed" if row["is_fixed"] else "held"
                kept = entitled
            elif not scarce:
                entitled, reason, shared = row["demand"], "full", row["demand"]
            else:
                kept, guaranteed, shared = (units * unit for units in grants[move_id])
                kept += row["fraction"]
                entitled = kept + guaranteed + shared
                reason = self._get_reason(row["demand"], entitled, ceilings[move_id] is not None)
            line = row["line"]
            result.append(
                {
                    "run_product_id": product_row.id,
                    "run_id": self.id,
                    "company_id": self.company_id.id,
                    "product_id": product_row.product_id.id,
                    "move_id": move_id,
                    "partner_id": row["partner_id"],
                    "grade_id": row["grade_id"],
                    "rank": row["rank"],
                    "position": line.position if line else 1_000_000,
                    "strategy": row["strategy"],
                    "method": line.method if line else "fifo",
                    "demand": row["demand"],
                    "reserved": row["reserved"],
                    "kept": kept,
                    "guaranteed": guaranteed,
                    "shared": shared,
                    "entitled": min(entitled, row["demand"]),
                    "allocated": min(entitled, row["demand"]),
                    "previous": previous.get(move_id, 0),
                    "reason": reason,
                }
            )
        return result


def _floor(quantity):
    return int(quantity.to_integral_value(rounding=ROUND_FLOOR))
