from odoo import api, models

MEMBER = "member"


class ScrmIdentity(models.Model):
    _inherit = "scrm.identity"

    @api.model
    def _write_customers(self, customer_by_id):
        """Customers became one, or two again: so did their points towards the tier."""
        # sudo: standing follows from the evidence, whoever gave it
        changed = self.sudo().browse(customer_by_id)
        before = changed.customer_id
        res = super()._write_customers(customer_by_id)
        self.env["scrm.loyalty.membership"].sudo().with_context(active_test=False).search(
            [("customer_id", "in", (before | changed.customer_id).ids)]
        )._evaluate()
        return res

    def _scrm_become_members(self):
        """Move the customers of these handles on to the stage of members, unless past it."""
        Stage = self.env["scrm.lifecycle.stage"]
        member = Stage.search([("code", "=", MEMBER)], limit=1)
        # a company that has no such stage keeps its customers where they are
        if not self or not member:
            return
        reasons = {identity: self.env._("Joined the loyalty programme") for identity in self}
        for stage in Stage.search([("sequence", "<=", member.sequence)]):
            if stage._get_rank() < member._get_rank():
                self.customer_id._advance_stage(stage.code, MEMBER, reasons)
