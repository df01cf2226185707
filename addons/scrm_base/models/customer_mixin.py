from odoo import api, fields, models
from odoo.exceptions import AccessError


class ScrmCustomerMixin(models.AbstractModel):
    """A business record that has a customer.

    The record keeps the handle that it came by for ever; its customer is a cache of that handle's
    customer, so a merge or its undoing moves no record, the cache follows. Both are the system's
    to write: who may edit a record may not put it on another customer's page.
    """

    _name = "scrm.customer.mixin"
    _description = "Record with a Customer"

    identity_id = fields.Many2one(
        comodel_name="scrm.identity",
        string="Handle",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    # Precomputed and shown only: what a new record's values or defaults say of it is dropped.
    customer_id = fields.Many2one(
        comodel_name="scrm.customer",
        string="Customer",
        related="identity_id.customer_id",
        store=True,
        precompute=True,
        index="btree_not_null",
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            default = self.env.context.get("default_identity_id")
            named = {vals.get("identity_id", default) for vals in vals_list}
            self.env["scrm.identity"].browse(filter(None, named)).check_access("read")
        return super().create(vals_list)

    def write(self, vals):
        owned = [
            self._fields[name]
            for name in ("identity_id", "customer_id")
            if name in vals and self._fields[name].readonly
        ]
        if owned and not self.env.su:
            raise AccessError(
                self.env._(
                    "“%(field)s” of “%(model)s” follows from whom the record is about and is not "
                    "written by hand. Change its contact where it has one, or merge the two "
                    "customers if they are one.",
                    field=owned[0]._description_string(self.env),
                    model=self._description,
                )
            )
        return super().write(vals)

    def action_open_customer(self):
        """Open the customer's page."""
        self.ensure_one()
        return self.customer_id._get_form_action()
