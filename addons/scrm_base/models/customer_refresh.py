"""What is made again of a customer whom something happened to: hooks of the refresh."""

from odoo import api, models


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _refresh_derived(self, customer_ids, company):
        """Make the derived figures of some customers again, set-based; a hook.

        An extension calls super() first: what it reads has been made then. Merged customers are
        among the ids; they have nothing any more.

        :param list customer_ids: ids of scrm.customer
        :param company: res.company whose figures these are, also the environment's
        """

    @api.model
    def _refresh_all(self, company):
        """Make the derived figures of all customers of a company again, set-based; a hook.

        :param company: res.company whose figures these are, also the environment's
        """
