from odoo import api, fields, models
from odoo.exceptions import UserError


class ScrmServiceSite(models.Model):
    """An outlet that does the work, with its own people, area and stock.

    A warehouse would bring operations and routes of its own for each small outlet.
    """

    _name = "scrm.service.site"
    _description = "Service Outlet"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Run By",
        check_company=True,
        index="btree_not_null",
        tracking=True,
        help="The dealer or contact that runs the outlet.",
    )
    region_id = fields.Many2one(comodel_name="scrm.region")
    location_id = fields.Many2one(
        comodel_name="stock.location",
        string="Stock Location",
        check_company=True,
        copy=False,
        index="btree_not_null",
        domain="[('usage', '=', 'internal'), ('company_id', '=', company_id)]",
        help="Where the outlet's parts are counted. Made by itself when left empty.",
    )
    user_ids = fields.Many2many(
        comodel_name="res.users",
        string="Technicians",
        domain=[("share", "=", False)],
    )
    ticket_count = fields.Integer(string="Open Tickets", compute="_compute_ticket_count")

    _location_uniq = models.UniqueIndex(
        "(location_id)", "Another outlet already keeps its stock in this location."
    )

    def _compute_ticket_count(self):
        counts = dict(
            self.env["scrm.service.ticket"]._read_group(
                [("site_id", "in", self.ids), ("is_closed", "=", False)],
                ["site_id"],
                ["__count"],
            )
        )
        for site in self:
            site.ticket_count = counts.get(site, 0)

    @api.model_create_multi
    def create(self, vals_list):
        sites = super().create(vals_list)
        sites._make_location()
        return sites

    def write(self, vals):
        if vals.get("company_id"):
            moving = self.filtered(lambda site: site.company_id.id != vals["company_id"])
            if moving:
                raise UserError(
                    self.env._(
                        "%(names)s: an outlet keeps its company, as its stock belongs to it. "
                        "Make a new outlet in the other company.",
                        names=", ".join(moving.mapped("name")),
                    )
                )
        return super().write(vals)

    def _make_location(self):
        """Give each outlet that has none a location under its company's outlets."""
        for site in self.filtered(lambda site: not site.location_id):
            # sudo: who opens an outlet need not be allowed to configure the warehouse
            site.location_id = (
                self.env["stock.location"]
                .sudo()
                .create(
                    {
                        "name": site.name,
                        "usage": "internal",
                        "location_id": site.company_id._scrm_get_outlet_location().id,
                        "company_id": site.company_id.id,
                    }
                )
            )

    def action_open_tickets(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "scrm_service.scrm_service_ticket_action"
        )
        action["domain"] = [("site_id", "=", self.id)]
        action["context"] = {"default_site_id": self.id, "search_default_open": 1}
        return action

    def action_open_stock(self):
        """Show what the outlet has on its shelves."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Stock of %(site)s", site=self.name),
            "res_model": "stock.quant",
            "view_mode": "list",
            "domain": [("location_id", "child_of", self.location_id.id)],
            "context": {"create": False, "edit": False},
        }
