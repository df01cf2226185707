from odoo import fields, models


class ScrmCustomerMixin(models.AbstractModel):
    """A business record that has a customer.

    The record keeps the handle that it came by for ever; its customer is a cache of that handle's
    customer, so a merge or its undoing moves no record, the cache follows.
    """

    _name = "scrm.customer.mixin"
    _description = "Record with a Customer"

    identity_id = fields.Many2one(
        comodel_name="scrm.identity",
        string="Handle",
        index="btree_not_null",
        ondelete="restrict",
    )
    customer_id = fields.Many2one(
        comodel_name="scrm.customer",
        string="Customer",
        related="identity_id.customer_id",
        store=True,
        index="btree_not_null",
    )

    def action_open_customer(self):
        """Open the customer's page."""
        self.ensure_one()
        return self.customer_id._get_form_action()
