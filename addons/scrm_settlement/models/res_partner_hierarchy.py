from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.sql import column_exists, create_column

# How close a region of each kind is to the dealer; designated accounts are closest.
REGION_CLOSENESS = {"accounts": 0, "city": 1, "group": 1, "province": 2, "nation": 3}
ADDRESS = ("country_id", "state_id", "city_id", "city")


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Not parent_id: whoever may read a company reads its children's invoices, too.
    scrm_upline_id = fields.Many2one(
        comodel_name="res.partner",
        string="Upline",
        tracking=True,
        index="btree_not_null",
        domain="[('parent_id', '=', False), ('id', '!=', id)]",
        help="The dealer who stands above this one in the channel. Settlement rules may hold for "
        "a dealer and everybody below; neither sees the other's documents for it.",
    )
    scrm_upline_path = fields.Char(
        compute="_compute_scrm_upline_path",
        store=True,
        recursive=True,
        index=True,
        help="IDs of the dealers above this one, from the top: 7/12/.",
    )
    scrm_downline_ids = fields.One2many(
        comodel_name="res.partner", inverse_name="scrm_upline_id", string="Direct Downline"
    )
    scrm_downline_count = fields.Integer(string="Downline", compute="_compute_scrm_downline_count")

    def _auto_init(self):
        # Nobody has an upline yet: no reason to compute a path for each contact of the company.
        if not column_exists(self.env.cr, "res_partner", "scrm_upline_path"):
            create_column(self.env.cr, "res_partner", "scrm_upline_path", "varchar")
        return super()._auto_init()

    # === COMPUTE === #

    @api.depends("scrm_upline_id.scrm_upline_path")
    def _compute_scrm_upline_path(self):
        for partner in self:
            upline = partner.scrm_upline_id
            path = f"{upline.scrm_upline_path or ''}{upline.id}/" if upline.id else False
            partner.scrm_upline_path = path

    def _compute_scrm_downline_count(self):
        saved = self._origin
        below = self._read_group(
            Domain.OR(Domain(partner._scrm_get_downline_domain()) for partner in saved),
            ["scrm_upline_path"],
            ["__count"],
        )
        counts = Counter()
        for path, count in below:
            counts.update(dict.fromkeys(map(int, path.strip("/").split("/")), count))
        for partner in self:
            partner.scrm_downline_count = counts[partner._origin.id]

    # === CONSTRAINTS === #

    @api.constrains("scrm_upline_id", "company_id", "parent_id")
    def _check_scrm_upline(self):
        for partner in self.filtered("scrm_upline_id"):
            upline = partner.scrm_upline_id
            if upline != upline.commercial_partner_id or partner.parent_id:
                raise ValidationError(
                    self.env._(
                        "Dealers stand above dealers as companies: neither %(partner)s nor its "
                        "upline %(upline)s may be a contact of another company.",
                        partner=partner.display_name,
                        upline=upline.display_name,
                    )
                )
            if upline.company_id and upline.company_id != partner.company_id:
                raise ValidationError(
                    self.env._(
                        "%(upline)s belongs to %(company)s alone; %(partner)s does not, and "
                        "cannot stand below it.",
                        upline=upline.display_name,
                        company=upline.company_id.name,
                        partner=partner.display_name,
                    )
                )
        if self._has_cycle("scrm_upline_id"):
            raise ValidationError(
                self.env._("A dealer cannot stand above itself, not even by way of others.")
            )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        """Give a partner that is created with a level its pricelist; core does so on write only."""
        return super().create([self._scrm_add_grade_pricelist(vals) for vals in vals_list])

    def _scrm_add_grade_pricelist(self, vals):
        grade = self.env["res.partner.grade"].browse(vals.get("grade_id") or [])
        if not grade.default_pricelist_id:
            return vals
        pricelist = vals.get("specific_property_product_pricelist") or vals.get(
            "property_product_pricelist"
        )
        if pricelist and pricelist != grade.default_pricelist_id.id:
            raise UserError(
                self.env._(
                    "Two different pricelists are given: one directly and one by the level "
                    "%(grade)s. Leave one of them out.",
                    grade=grade.name,
                )
            )
        return {**vals, "specific_property_product_pricelist": grade.default_pricelist_id.id}

    # === ACTIONS === #

    def action_scrm_downline(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Downline of %s", self.name),
            "res_model": "res.partner",
            "view_mode": "list,form",
            "domain": list(self._scrm_get_downline_domain()),
        }

    # === BUSINESS === #

    def _scrm_get_downline_domain(self):
        """Return the domain of all dealers below this one."""
        self.ensure_one()
        path = f"{self.scrm_upline_path or ''}{self.id}/"
        return [("scrm_upline_path", "=like", f"{path}%")]

    def _scrm_get_uplines(self):
        """Return the dealers above this one, nearest first."""
        self.ensure_one()
        uplines = self.browse()
        # sudo: whose prices apply does not depend on who asks
        above = self.sudo().scrm_upline_id
        while above and above not in uplines:
            uplines |= above
            above = above.scrm_upline_id
        return uplines

    def _scrm_get_region_closeness(self):
        """Return `{partner id: {region id: closeness}}`, asking once for each address.

        A dealer's regions follow from its address and from the accounts that name it.
        """
        Region = self.env["scrm.region"].sudo()
        accounts = {}
        for region in Region.search([("kind", "=", "accounts"), ("partner_ids", "in", self.ids)]):
            for partner in region.with_context(active_test=False).partner_ids:
                accounts.setdefault(partner.id, {})[region.id] = REGION_CLOSENESS["accounts"]
        by_address, found = {}, {}
        for partner in self.sudo():
            address = tuple(partner[name] for name in ADDRESS)
            if address not in by_address:
                by_address[address] = {
                    region.id: REGION_CLOSENESS[region.kind]
                    for region in Region._get_regions_of_partner(partner)
                    if region.kind != "accounts"
                }
            found[partner.id] = {**by_address[address], **accounts.get(partner.id, {})}
        return found
