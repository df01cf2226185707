from odoo import fields, models


class ScrmMetric(models.Model):
    """What a customer amounts to for one company, in numbers: a cache, made again set-based.

    Not columns of the customer, whose companies differ, nor of the contact, whose every index
    would be written again with a million rows.
    """

    _name = "scrm.metric"
    _description = "Customer Figures"
    _order = "amount_ordered desc, id desc"
    _rec_name = "customer_id"
    _log_access = False

    customer_id = fields.Many2one(
        comodel_name="scrm.customer", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    order_count = fields.Integer(string="Orders", readonly=True)
    amount_ordered = fields.Monetary(
        string="Ordered",
        readonly=True,
        help="Confirmed orders of this company, with taxes, at the rate of each order.",
    )
    amount_average = fields.Monetary(
        string="Average Order", readonly=True, help="Ordered, by the number of orders."
    )
    first_ordered_on = fields.Date(string="First Order", readonly=True)
    last_ordered_on = fields.Date(string="Last Order", readonly=True)
    order_count_year = fields.Integer(
        string="Orders in 365 Days",
        readonly=True,
        help="Today and the 364 days before, in the company's time zone, as of the last refresh.",
    )
    amount_year = fields.Monetary(
        string="Ordered in 365 Days",
        readonly=True,
        help="Today and the 364 days before, in the company's time zone, as of the last refresh.",
    )
    category_count = fields.Integer(
        string="Product Categories",
        readonly=True,
        help="Different categories of the products on confirmed orders.",
    )
    interaction_count = fields.Integer(string="Interactions", readonly=True)
    interaction_count_quarter = fields.Integer(
        string="Interactions in 90 Days",
        readonly=True,
        help="Today and the 89 days before, in the company's time zone, as of the last refresh.",
    )
    message_count_quarter = fields.Integer(
        string="Messages in 90 Days",
        readonly=True,
        help="Messages received today and in the 89 days before, in the company's time zone, as of"
        " the last refresh.",
    )
    last_interaction_at = fields.Datetime(string="Last Interaction", readonly=True)
    recency_score = fields.Integer(
        string="Recency",
        readonly=True,
        aggregator="avg",
        help="1 to 5: how lately the customer ordered, against the cut points in force.",
    )
    frequency_score = fields.Integer(
        string="Frequency",
        readonly=True,
        aggregator="avg",
        help="1 to 5: how often the customer ordered in 365 days, against the cut points in force.",
    )
    monetary_score = fields.Integer(
        string="Value",
        readonly=True,
        aggregator="avg",
        help="1 to 5: how much the customer ordered in 365 days, against the cut points in force.",
    )
    rfm_cell = fields.Char(
        string="RFM",
        readonly=True,
        help="The scores of recency, frequency and value side by side; 555 is the best.",
    )
    refreshed_at = fields.Datetime(
        string="Changed",
        required=True,
        readonly=True,
        help="When a refresh last found other figures. Everybody's are made again each night.",
    )

    _customer_company_uniq = models.Constraint(
        "UNIQUE (customer_id, company_id)", "A customer has one row of figures in a company."
    )

    # === ACTIONS === #

    def action_open_customer(self):
        """Open the page of the customer whose figures these are."""
        self.ensure_one()
        return self.customer_id._get_form_action()
