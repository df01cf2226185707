"""Whose figures a contact's documents are in."""

from odoo import models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    def _scrm_touch_customers(self, company):
        """Mark the customers that these contacts' documents count for as out of date.

        Those of the contacts and of everybody above them; who is no customer is passed over.

        :param company: res.company whose documents changed
        """
        # sudo: contacts are looked up, not shown.
        above, parents = self.sudo(), self.sudo().parent_id
        while parents:
            above, parents = above | parents, parents.parent_id - above
        identities = (
            self.env["scrm.identity"]
            .sudo()
            .search(
                Domain("partner_id", "in", above.ids)
                & Domain("pool_id", "=", company.sudo().scrm_pool_id.id)
            )
        )
        self.env["scrm.customer.touch"]._touch(identities, company)
