from odoo import api, fields, models
from odoo.exceptions import ValidationError

COVERED_KINDS = ("nation", "province", "city")


class ScrmRegion(models.Model):
    """A part of the market that rules speak of: a nation, province or city, a group of cities, or
    designated accounts.

    Core's countries and states know neither groups of cities nor accounts, and one tree must
    serve service territories and settlement tiers alike.
    """

    _name = "scrm.region"
    _description = "Region"
    _parent_store = True
    _order = "sequence, code, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    kind = fields.Selection(
        selection=[
            ("nation", "Nation"),
            ("province", "Province"),
            ("city", "City"),
            ("group", "Group of cities"),
            ("accounts", "Designated accounts"),
        ],
        required=True,
        default="city",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    parent_id = fields.Many2one(
        comodel_name="scrm.region",
        string="Part Of",
        index=True,
        ondelete="restrict",
        domain="[('kind', 'in', ('nation', 'province'))]",
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many(
        comodel_name="scrm.region", inverse_name="parent_id", string="Consists Of"
    )
    country_id = fields.Many2one(comodel_name="res.country", ondelete="restrict")
    state_id = fields.Many2one(comodel_name="res.country.state", ondelete="restrict")
    city_id = fields.Many2one(comodel_name="res.city", ondelete="restrict")
    member_ids = fields.Many2many(
        comodel_name="scrm.region",
        relation="scrm_region_member_rel",
        column1="group_id",
        column2="member_id",
        string="Cities",
        domain="[('kind', '=', 'city')]",
    )
    partner_ids = fields.Many2many(comodel_name="res.partner", string="Accounts")

    _code_uniq = models.Constraint("UNIQUE (code)", "Two regions cannot have the same code.")

    @api.depends("name", "parent_id.name")
    def _compute_display_name(self):
        for region in self:
            parent = region.parent_id.name if region.kind == "city" else False
            region.display_name = f"{parent} / {region.name}" if parent else region.name

    @api.constrains("parent_id", "kind")
    def _check_parent(self):
        allowed = {"province": ("nation",), "city": ("province", "nation")}
        for region in self:
            if region.parent_id and region.parent_id.kind not in allowed.get(region.kind, ()):
                raise ValidationError(
                    self.env._(
                        "%(region)s cannot be a part of %(parent)s: a city is part of a province or"
                        " a nation, a province of a nation, and groups and accounts of nothing.",
                        region=region.name,
                        parent=region.parent_id.name,
                    )
                )

    @api.constrains("member_ids", "kind")
    def _check_members(self):
        for region in self:
            if region.member_ids and region.kind != "group":
                raise ValidationError(
                    self.env._("Only a group of cities has cities; %s is none.", region.name)
                )
            if any(member.kind != "city" for member in region.member_ids):
                raise ValidationError(self.env._("The group %s may hold cities only.", region.name))

    @api.model
    def _get_regions_of_partner(self, partner):
        """Return every region that covers a contact, the most specific first.

        Order: designated accounts, city, groups of the city, province, nation. A city is known by
        its record or by its name, with or without 市. An address without a country is at home.

        :param partner: res.partner, one record
        """
        partner.ensure_one()
        # sudo: which price or territory applies does not depend on who asks; regions are no secret.
        Region = self.sudo()
        country = partner.country_id or partner.state_id.country_id or self.env.company.country_id
        accounts = Region.search(
            [
                ("kind", "=", "accounts"),
                ("partner_ids", "in", (partner | partner.commercial_partner_id).ids),
            ]
        )
        candidates = Region.search([("kind", "in", COVERED_KINDS)])
        covering = candidates.filtered(
            lambda region: (
                (region.kind == "nation" and region.country_id and region.country_id == country)
                or (
                    region.kind == "province"
                    and region.state_id == partner.state_id != Region.state_id
                )
                or (region.kind == "city" and region._is_city_of(partner))
            )
        )
        # The ancestors of a city cover it, whatever else the address leaves out.
        path = Region.search([("id", "parent_of", covering.ids)]) if covering else covering
        cities = path.filtered(lambda region: region.kind == "city")
        groups = Region.search([("kind", "=", "group"), ("member_ids", "in", cities.ids)])
        provinces = path.filtered(lambda region: region.kind == "province")
        nations = path.filtered(lambda region: region.kind == "nation")
        return (accounts | cities | groups | provinces | nations).sudo(False)

    def _is_city_of(self, partner):
        """Tell whether a contact's address lies in this city."""
        self.ensure_one()
        if partner.city_id and self.city_id:
            return partner.city_id == self.city_id
        if (
            partner.state_id
            and self.parent_id.state_id
            and partner.state_id != self.parent_id.state_id
        ):
            return False
        city = _plain_city(partner.city)
        return bool(city) and city in {_plain_city(self.name), _plain_city(self.city_id.name)}


def _plain_city(name):
    """Return a city's name as people also write it: 深圳 for 深圳市."""
    return (name or "").strip().casefold().removesuffix("市")
