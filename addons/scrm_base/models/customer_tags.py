"""The tags of a customer: those of its contacts, and those that what happens gives."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .tag_assign import MANUAL


class ScrmCustomer(models.Model):
    _inherit = "scrm.customer"  # pylint: disable=consider-merging-classes-inherited

    category_ids = fields.Many2many(
        comodel_name="res.partner.category",
        string="Contact Tags",
        compute="_compute_category_ids",
        inverse="_inverse_category_ids",
        search="_search_category_ids",
        help="Given by hand, on any of the customer's contacts."
        " A new one goes to the main contact.",
    )
    tag_assign_ids = fields.One2many(
        comodel_name="scrm.tag.assign", inverse_name="customer_id", string="Tag Sources"
    )
    tag_ids = fields.Many2many(
        comodel_name="scrm.tag",
        string="Tags",
        compute="_compute_tag_ids",
        inverse="_inverse_tag_ids",
        search="_search_tag_ids",
        help="Interests and behaviour in the current company, given by rules, apps and people.",
    )

    @api.depends("identity_ids.partner_id.category_id")
    def _compute_category_ids(self):
        # sudo: the tags are the customer's, whoever of the colleagues looks after the contact.
        for customer, customer_sudo in zip(self, self.sudo(), strict=True):
            customer.category_ids = customer_sudo.partner_ids.category_id.sudo(False)

    def _inverse_category_ids(self):
        for customer in self:
            wanted = customer.category_ids
            # sudo: who may write the customer may tag it, without rights on its contacts.
            customer_sudo = customer.sudo()
            before = customer_sudo.partner_ids.category_id
            for partner in customer_sudo.partner_ids:
                partner.category_id &= wanted.sudo()
            if wanted - before:
                main = customer_sudo._ensure_partner().sudo()
                main.category_id |= (wanted - before).sudo()

    @api.model
    def _search_category_ids(self, operator, value):
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        tagged = Domain("identity_ids.partner_id.category_id", operator, value)
        if operator == "in" and False in value:
            named = [id_ for id_ in value if id_]
            tagged = Domain("identity_ids.partner_id.category_id", "in", named)
            tagged |= ~Domain("identity_ids.partner_id.category_id", "!=", False)
        return tagged

    @api.depends("tag_assign_ids.tag_id", "tag_assign_ids.expires_at")
    @api.depends_context("company")
    def _compute_tag_ids(self):
        groups = self.env["scrm.tag.assign"]._read_group(
            self.env["scrm.tag.assign"]._get_valid_domain() & Domain("customer_id", "in", self.ids),
            ["customer_id"],
            ["tag_id:recordset"],
        )
        tags_of = dict(groups)
        for customer in self:
            tags = tags_of.get(customer, self.env["scrm.tag"])
            customer.tag_ids = tags.filtered("active").sorted()

    def _inverse_tag_ids(self):
        """Take what people choose as given by hand; what rules give they cannot take away."""
        wanted_of = {customer: customer.tag_ids for customer in self}
        self.invalidate_recordset(["tag_ids"], flush=False)
        # sudo: the write right on the customer was checked; tags are written by their own method.
        Assign = self.env["scrm.tag.assign"].sudo()
        vals_list = []
        for customer, wanted in wanted_of.items():
            sources = Assign.search(
                Assign._get_valid_domain()
                & Domain("customer_id", "=", customer.id)
                & Domain("tag_id.active", "=", True)
            )
            gone = sources.filtered(lambda row, w=wanted: row.tag_id not in w)
            kept = gone.filtered(lambda row: row.source != MANUAL)
            if kept:
                raise UserError(
                    self.env._(
                        "“%(tag)s” was not given by hand: it comes from %(origin)s and goes when"
                        " that no longer holds.",
                        tag=kept[0].tag_id.name,
                        origin=kept[0].rule_id.name or kept[0]._get_source_label(),
                    )
                )
            known = sources.tag_id
            gone.unlink()
            vals_list += [
                {
                    "identity_id": customer.sudo()._get_first_identity().id,
                    "tag_id": tag.id,
                    "source": MANUAL,
                }
                for tag in wanted - known
            ]
        Assign._assign(vals_list)
        self.env["scrm.customer.touch"]._touch(self, self.env.company)

    @api.model
    def _search_tag_ids(self, operator, value):
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        valid = self.env["scrm.tag.assign"]._get_valid_domain()
        if operator != "in":
            return Domain("tag_assign_ids", "any", valid & Domain("tag_id", operator, value))
        domain = Domain(
            "tag_assign_ids", "any", valid & Domain("tag_id", "in", [id_ for id_ in value if id_])
        )
        if False in value:
            domain |= ~Domain("tag_assign_ids", "any", valid)
        return domain

    @api.model
    def _refresh_derived(self, customer_ids, company):
        res = super()._refresh_derived(customer_ids, company)
        self.env["scrm.tag.rule"]._evaluate(company, customer_ids)
        return res

    @api.model
    def _refresh_all(self, company):
        res = super()._refresh_all(company)
        self.env["scrm.tag.assign"]._expire(company)
        self.env["scrm.tag.rule"]._evaluate(company)
        return res
