from odoo import Command, api, models
from odoo.exceptions import UserError

from .scrm_allocation_run import BATCH


class ScrmAllocationRun(models.Model):
    _inherit = "scrm.allocation.run"

    def _apply_products(self, rows):
        """Cap what each move may reserve, take back from who has too much, and reserve.

        :raises UserError: stock or orders changed since the simulation, so the answer is not the
            answer any more
        """
        self.ensure_one()
        self.env["scrm.allocation.state"]._lock(self.warehouse_id, rows.product_id)
        self._check_question(rows)
        self._write_shares(rows)

    def _write_shares(self, rows):
        """Give these products' demands what they get. Called with the products locked."""
        rows._check_supply()
        lines = rows.line_ids
        moves = lines.move_id
        for line in lines:
            # A person's decision counts where there is enough for all as well.
            is_capped = line.run_product_id.is_scarce or line.reason == "override"
            # Only what differs is written: a receipt divides anew what is mostly the same.
            if line.move_id.scrm_is_capped != is_capped:
                line.move_id.scrm_is_capped = is_capped
            if line.move_id.scrm_alloc_qty != line.allocated:
                line.move_id.scrm_alloc_qty = line.allocated
        lines.is_applied = True
        rows.state = "applied"
        self.env.flush_all()
        self.env["scrm.allocation.state"]._follow(rows)
        moves._scrm_reserve_as_allocated()

    def _apply_batch(self, rows):
        """Apply these products by a job: nobody can be asked, so what changed is divided anew."""
        self.ensure_one()
        self.env["scrm.allocation.state"]._lock(self.warehouse_id, rows.product_id)
        changed = self._find_changed(rows)
        if changed:
            changed.line_ids.unlink()
            self._simulate_products(changed)
        self._write_shares(rows)

    def _check_question(self, rows):
        """Refuse to apply an answer whose question has changed meanwhile."""
        for row in self._find_changed(rows):
            raise UserError(
                self.env._(
                    "%(product)s: stock or orders have changed since the simulation. "
                    "Simulate again, then apply.",
                    product=row.product_id.display_name,
                )
            )

    def _find_changed(self, rows):
        """Return the products whose question is another one than was put to the arithmetic."""
        demands, free = self._get_demands(rows.product_id), self._get_free(rows.product_id)
        quotas = self.env["scrm.allocation.quota"]._get_left(self, rows)
        changed = rows.browse()
        for row in rows:
            question = self._put_question(
                row.policy_id,
                quotas.get((row.policy_id.id, row.product_id.id), {}),
                demands.get(row.product_id.id, []),
                free.get(row.product_id.id, 0),
            )
            if row._get_question() != (question["supply_units"], question["demands"]):
                changed += row
        return changed

    @api.model
    def _allocate(self, warehouse, products, origin):
        """Divide products at once, without asking anybody: goods arrived, or the night came.

        :return: the applied run, or none where there was nothing to divide
        """
        # sudo: who receives goods decides nothing here, the policies do
        self_sudo = self.sudo().with_company(warehouse.company_id)
        run = self_sudo.create(
            {
                "company_id": warehouse.company_id.id,
                "warehouse_id": warehouse.id,
                "product_ids": [Command.set(products.ids)],
                "origin": origin,
            }
        )
        asked = run._get_asked_products(products)
        found = [row for row in run._find_products() if row[0] in asked]
        if not found:
            run.unlink()
            return run.browse()
        rows = run.env["scrm.allocation.run.product"].create(
            [
                {"run_id": run.id, "product_id": product.id, "policy_id": policy.id}
                for product, policy in found
            ]
        )
        if len(rows) > BATCH:
            run._enqueue()  # simulated by jobs, and applied by them because nobody is asked
            return run
        run.env["scrm.allocation.state"]._lock(warehouse, rows.product_id)
        run._simulate_products(rows)
        run._apply_products(rows)
        run._finish()
        return run

    @api.model
    def _cron_allocate(self):
        """Divide anew, each night, what automatic policies are for and somebody asks for."""
        Policy = self.env["scrm.allocation.policy"]
        for company in Policy.search([("is_automatic", "=", True)]).company_id:
            warehouses = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
            for warehouse in warehouses:
                draft = self.with_company(company).new(
                    {"company_id": company.id, "warehouse_id": warehouse.id}
                )
                products = draft._get_asked_products().filtered(
                    lambda product, w=warehouse: Policy._find(w.company_id, w, product).is_automatic
                )
                if products:
                    self._allocate(warehouse, products, "schedule")
            self.env["ir.cron"]._commit_progress(1)
