from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.handles import Handle, normalise_email, normalise_phone

# Contacts of these types are addresses of their commercial entity, not somebody.
ADDRESS_TYPES = ("invoice", "delivery", "other")
# A number that two unrelated contacts have is one person's or a family's, who can tell.
SHARED_WEIGHT = 0.6


class ResPartner(models.Model):
    _inherit = "res.partner"

    _scrm_captures_messages = True

    scrm_customer_id = fields.Many2one(
        comodel_name="scrm.customer",
        string="Customer",
        compute="_compute_scrm_customer_id",
        search="_search_scrm_customer_id",
        groups="scrm_base.group_scrm_base_viewer",
        help="The customer that this contact belongs to, in the current company's pool.",
    )
    scrm_stage_id = fields.Many2one(
        related="scrm_customer_id.stage_id",
        string="Customer Stage",
        groups="scrm_base.group_scrm_base_viewer",
    )
    scrm_identity_ids = fields.Many2many(
        comodel_name="scrm.identity",
        string="Handles",
        compute="_compute_scrm_identity_ids",
        groups="scrm_base.group_scrm_base_viewer",
    )

    @api.depends("parent_id", "type", "commercial_partner_id")
    @api.depends_context("company")
    def _compute_scrm_customer_id(self):
        # sudo: the pool of the current company is the limit, and stands in the domain.
        pool = self.env.company.sudo().scrm_pool_id
        identities = (
            self.env["scrm.identity"]
            .sudo()
            .search_fetch(
                [
                    ("partner_id", "in", [p._scrm_get_holder().id for p in self]),
                    ("pool_id", "=", pool.id),
                ],
                ["partner_id", "customer_id"],
                order="id desc",
            )
        )
        customer_of = {
            identity.partner_id.id: identity.customer_id.sudo(False) for identity in identities
        }
        for partner in self:
            partner.scrm_customer_id = customer_of.get(partner._scrm_get_holder().id, False)

    @api.model
    def _search_scrm_customer_id(self, operator, value):
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        pool = self.env.company.sudo().scrm_pool_id
        known = Domain("pool_id", "=", pool.id) & Domain("partner_id", "!=", False)
        if operator == "in":
            ids = [id_ for id_ in value if id_]
            domain = self._scrm_get_domain_of(known & Domain("customer_id", "in", ids))
            if False in value:
                domain |= ~self._scrm_get_domain_of(known)
            return domain
        return self._scrm_get_domain_of(known & Domain("customer_id", operator, value))

    @api.model
    def _scrm_get_domain_of(self, identity_domain):
        """Return the domain of the contacts, and their addresses, that have such an identity."""
        # sudo: the domain names the pool; without it the rules would join it a second time.
        query = self.env["scrm.identity"].sudo()._search(identity_domain)
        holders = query.subselect(SQL.identifier("scrm_identity", "partner_id"))
        is_address = Domain("type", "in", ADDRESS_TYPES) & Domain("parent_id", "!=", False)
        return (~is_address & Domain("id", "in", holders)) | (
            is_address & Domain("commercial_partner_id", "in", holders)
        )

    @api.depends("scrm_customer_id")
    @api.depends_context("company")
    def _compute_scrm_identity_ids(self):
        for partner in self:
            partner.scrm_identity_ids = partner.scrm_customer_id.identity_ids

    # === WHO IS WHO === #

    def _scrm_get_holder(self):
        """Return whose contact this is: an address belongs to its commercial entity."""
        self.ensure_one()
        if self.type in ADDRESS_TYPES and self.parent_id:
            return self.commercial_partner_id
        return self

    def _scrm_get_handle(self, pool):
        """Return the handle by which the graph knows this contact."""
        self.ensure_one()
        return Handle("partner", pool._get_scope(), str(self.id))

    def _scrm_filter_customers(self, in_business=False):
        """Return those that may be customers: no colleagues, own companies or pure vendors.

        :param in_business: business as a customer is known, so a vendor is not a pure one
        """
        # sudo: accounts, companies and ranks are looked at to leave people out, not shown.
        users = (
            self.env["res.users"]
            .sudo()
            .with_context(active_test=False)
            .search([("partner_id", "in", self.ids)])
        )
        companies = self.env["res.company"].sudo().search([("partner_id", "in", self.ids)])
        never = users.filtered(lambda user: user._scrm_is_never_customer()).partner_id
        partners = self - never - companies.partner_id
        if in_business:
            return partners
        vendors = partners.filtered(
            lambda p: (
                p.commercial_partner_id.supplier_rank and not p.commercial_partner_id.customer_rank
            )
        )
        if not vendors:
            return partners
        buyers = (
            self.env["sale.order"]
            .sudo()
            ._read_group(
                [("partner_id", "child_of", vendors.ids), ("state", "=", "sale")], ["partner_id"]
            )
        )
        bought = {buyer.commercial_partner_id for (buyer,) in buyers}
        return partners - vendors.filtered(lambda p: p.commercial_partner_id not in bought)

    # === MAKING THEM KNOWN === #

    def _scrm_ensure_identity(self):
        """Return the identities of these contacts, made now where business begins.

        Contacts that are nobody's customers give none: colleagues, the companies themselves, pure
        vendors. Addresses give that of their commercial entity. The phone number and e-mail
        address of the card are tied to it, unless they are somebody else's or a family's.

        :return: scrm.identity
        """
        identities = self._scrm_get_identity_map().values()
        return self.env["scrm.identity"].browse({identity.id: None for identity in identities})

    def _scrm_get_identity_map(self, in_business=False):
        """Ensure the identities as :meth:`_scrm_ensure_identity` and say whose they are.

        A bounded number of queries for any number of contacts.

        :param in_business: see :meth:`_scrm_filter_customers`
        :return: {partner id: scrm.identity}, without those who are no customers
        """
        # sudo: a customer becomes known by business, whatever the rights of who does it.
        partners = self.sudo().filtered("id")
        holder_of = {partner.id: partner._scrm_get_holder() for partner in partners}
        holders = partners.browse({holder.id: None for holder in holder_of.values()})
        holders = holders._scrm_filter_customers(in_business=in_business)
        if not holders:
            return {}
        pool = self.env.company.sudo().scrm_pool_id
        identities = self.env["scrm.identity"]._resolve_many(
            [holder._scrm_get_handle(pool) for holder in holders], pool=pool
        )
        identity_of = dict(zip(holders.ids, identities, strict=True))
        holders._scrm_attach_card(identity_of, pool)
        return {
            partner_id: identity_of[holder.id]
            for partner_id, holder in holder_of.items()
            if holder.id in identity_of
        }

    def _scrm_get_card_keys(self, pool):
        """Return the keys of the handles that stand on a contact's card."""
        self.ensure_one()
        country = self.country_id or self.env.company.country_id
        phone = normalise_phone(self.phone, country.code or "CN")
        email = normalise_email(self.email)
        scope = pool._get_scope()
        keys = {("phone", scope, phone): self.phone} if phone else {}
        return keys | ({("email", scope, email): self.email} if email else {})

    def _scrm_attach_card(self, identity_of, pool):
        """Tie the phone numbers and addresses on the cards to their contacts.

        :param identity_of: {partner id: scrm.identity} of these contacts
        """
        Identity = self.env["scrm.identity"].sudo()
        wanted = self._scrm_get_own_cards(pool)
        known = Identity._find_handles({key for _partner, key, _raw in wanted})
        owners = Identity._get_partner_owners(known.values())
        mine, others, taken = [], [], {}
        for partner, key, raw in wanted:
            identity = identity_of[partner.id].sudo()
            # Somebody else's already, or an elder twin's of this batch: no evidence by itself
            # that the two are one person, but worth a look.
            is_others = taken.setdefault(key, partner) != partner or (
                owners.get(known.get(key), set()) - {partner.id}
                and Identity.browse(known[key]).customer_id != identity.customer_id
            )
            (others if is_others else mine).append((identity, Handle(*key, value_raw=raw)))
        if mine:
            cards = Identity._resolve_many([handle for _identity, handle in mine], pool=pool)
            pairs = [(identity, card) for (identity, _h), card in zip(mine, cards, strict=True)]
            Identity._attach_many(pairs, rule="contact_card")
        if others:
            known = Identity._find_handles({handle.key for _identity, handle in others})
            self._scrm_propose_shared(
                [(identity, Identity.browse(known[handle.key])) for identity, handle in others]
            )

    def _scrm_propose_shared(self, pairs):
        """Put before a person what stands on a card but is known of another customer.

        :param pairs: list of (identity of a contact, identity of a handle on its card)
        """
        self.env["scrm.match.candidate"]._propose(
            [
                {
                    "left_id": contact.id,
                    "right_id": card.id,
                    "rule": "contact_card",
                    "reason": "shared",
                    "weight": SHARED_WEIGHT,
                    "field_weights": [
                        {
                            "field": card.id_type,
                            "left": card.display_value,
                            "right": card.display_value,
                            "weight": 3,
                            "agrees": True,
                        },
                        {
                            "field": "name",
                            "left": contact.partner_id.name,
                            "right": card.customer_id.name,
                            "weight": 2 if contact.partner_id.name == card.customer_id.name else -1,
                            "agrees": contact.partner_id.name == card.customer_id.name,
                        },
                    ],
                }
                for contact, card in pairs
            ]
        )

    def _scrm_get_own_cards(self, pool):
        """Return what stands on the cards of these contacts and may be theirs alone.

        Looked at within their commercial entities: what stands on the company belongs to the
        company, what several of its people share to none of them.

        :return: list of (contact, key of a handle, as it is written), the eldest contact first
        """
        family = self.search_fetch(
            [("commercial_partner_id", "in", self.commercial_partner_id.ids)],
            ["phone", "email", "type", "parent_id", "commercial_partner_id", "country_id"],
        )
        keys_of = {contact.id: contact._scrm_get_card_keys(pool) for contact in family | self}
        shared = family._scrm_get_shared_keys(keys_of)
        Identity = self.env["scrm.identity"]
        return [
            (contact, key, keys_of[contact.id][key])
            for contact in self.sorted("id")
            for key in Identity._filter_usable(keys_of[contact.id], pool)
            if shared.get(key, contact.id) == contact.id
        ]

    def _scrm_get_shared_keys(self, keys_of):
        """Return {key: id of the contact it belongs to, or None} of handles that several have.

        :param keys_of: {contact id: keys of what stands on its card}
        """
        holders = {}
        for partner in self:
            for key in keys_of[partner.id]:
                holders.setdefault((partner.commercial_partner_id, key), set()).add(
                    partner._scrm_get_holder()
                )
        return {
            key: entity.id if entity in owners else None
            for (entity, key), owners in holders.items()
            if len(owners) > 1
        }

    # === ACTIONS === #

    def action_scrm_open_customer(self):
        """Open the customer's page; an operator's click makes the customer when there is none."""
        self.ensure_one()
        self.check_access("read")
        customer = self.scrm_customer_id
        if not customer:
            if not self.env.user.has_group("scrm_base.group_scrm_base_operator"):
                raise UserError(
                    self.env._(
                        "%s is not a customer yet: nothing was sold to them and nobody spoke to"
                        " them. An operator may make them one here.",
                        self.display_name,
                    )
                )
            customer = self._scrm_ensure_identity().customer_id
        if not customer:
            raise UserError(
                self.env._(
                    "%s is a colleague, one of your companies or a vendor only, and so has no"
                    " customer page.",
                    self.display_name,
                )
            )
        return customer._get_form_action()
