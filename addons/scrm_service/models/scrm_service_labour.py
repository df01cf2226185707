from odoo import api, fields, models


class ScrmServiceLabour(models.Model):
    """Work done on a ticket, by a service product and its quantity.

    Timesheets would need projects and employees, which an outlet of a dealer does not have.
    """

    _name = "scrm.service.labour"
    _description = "Service Labour"
    _inherit = ["scrm.system.mixin"]
    _order = "ticket_id, sequence, id"
    _check_company_auto = True

    ticket_id = fields.Many2one(
        comodel_name="scrm.service.ticket",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, precompute=True)
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="Service",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain=[("type", "=", "service")],
    )
    name = fields.Char(
        string="Description", compute="_compute_name", store=True, readonly=False, precompute=True
    )
    quantity = fields.Float(digits="Product Unit", default=1.0, required=True)
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Done By",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )

    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "The quantity of labour must be more than zero."
    )

    @api.depends("product_id")
    def _compute_name(self):
        for labour in self:
            labour.name = labour.name or labour.product_id.name

    @api.depends("ticket_id")
    def _compute_user_id(self):
        for labour in self:
            labour.user_id = labour.user_id or labour.ticket_id.user_id

    @api.model_create_multi
    def create(self, vals_list):
        labour = super().create(vals_list)
        labour.ticket_id._check_work_open()
        return labour

    def write(self, vals):
        self.ticket_id._check_work_open()
        result = super().write(vals)
        if "ticket_id" in vals:
            self.ticket_id._check_work_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        self.ticket_id._check_work_open()
