from random import randint

from odoo import api, fields, models
from odoo.fields import Domain


class ScrmTag(models.Model):
    """Something that is known of customers: an interest, a behaviour, what they are worth.

    Not a tag of contacts (``res.partner.category``), which people give by hand and which stays
    until they take it away: a tag is given by what happens, weighs something and expires.
    """

    _name = "scrm.tag"
    _description = "Customer Tag"
    _order = "kind, name, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        selection=[
            ("interest", "Interest"),
            ("behaviour", "Behaviour"),
            ("value", "Value"),
            ("other", "Other"),
        ],
        required=True,
        default="interest",
    )
    color = fields.Integer(default=lambda self: self._default_color())
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company", help="Empty: the companies of the database share the tag."
    )
    rule_ids = fields.One2many(comodel_name="scrm.tag.rule", inverse_name="tag_id", string="Rules")
    customer_count = fields.Integer(string="Customers", compute="_compute_customer_count")

    @api.model
    def _default_color(self):
        return randint(1, 11)

    @api.depends_context("company")
    def _compute_customer_count(self):
        counts = dict(
            self.env["scrm.tag.assign"]._read_group(
                self.env["scrm.tag.assign"]._get_valid_domain() & Domain("tag_id", "in", self.ids),
                ["tag_id"],
                ["customer_id:count_distinct"],
            )
        )
        for tag in self:
            tag.customer_count = counts.get(tag, 0)

    def action_view_customers(self):
        """Open the customers that ``customer_count`` counts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("scrm_base.scrm_customer_action")
        return {**action, "domain": [("tag_ids", "in", self.ids)], "context": {}}
