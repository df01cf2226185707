from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from ..tools.handles import Handle, normalise_email, normalise_phone

# Contacts of these types are addresses of their commercial entity, not somebody.
ADDRESS_TYPES = ("invoice", "delivery", "other")
BACKFILL_BATCH = 1000
# A number that two unrelated contacts have is one person's or a family's, who can tell.
SHARED_WEIGHT = 0.6
# What a contact's own form shows of a timeline; the whole of it is one click away.
TIMELINE_ON_CONTACT = 40


class ResPartner(models.Model):
    _inherit = "res.partner"

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
    scrm_interaction_ids = fields.Many2many(
        comodel_name="scrm.interaction",
        string="Timeline",
        compute="_compute_scrm_interaction_ids",
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

    @api.depends("scrm_customer_id")
    @api.depends_context("company", "allowed_company_ids")
    def _compute_scrm_interaction_ids(self):
        Interaction = self.env["scrm.interaction"]
        for partner in self:
            customer = partner.scrm_customer_id
            partner.scrm_interaction_ids = customer and Interaction.search(
                [("customer_id", "=", customer.id)], limit=TIMELINE_ON_CONTACT
            )

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
        wanted = []
        shared = self._scrm_get_shared_keys(pool)
        for partner in self.sorted("id"):
            keys = partner._scrm_get_card_keys(pool)
            for key in Identity._filter_usable(keys, pool):
                if shared.get(key, partner.id) == partner.id:
                    wanted.append((partner, key, keys[key]))
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

    def _scrm_get_shared_keys(self, pool):
        """Return {key: id of the contact it belongs to, or None} of handles that several have.

        Looked for within the commercial entities of these contacts: what stands on the company
        belongs to the company, what several of its people share to none of them.
        """
        entities = self.commercial_partner_id
        family = self.search_fetch(
            [("commercial_partner_id", "in", entities.ids)],
            ["phone", "email", "type", "parent_id", "commercial_partner_id", "country_id"],
        )
        holders = {}
        for partner in family:
            for key in partner._scrm_get_card_keys(pool):
                holders.setdefault((partner.commercial_partner_id, key), set()).add(
                    partner._scrm_get_holder()
                )
        return {
            key: entity.id if entity in owners else None
            for (entity, key), owners in holders.items()
            if len(owners) > 1
        }

    # === BACKFILL === #

    @api.model
    def _scrm_backfill_customers(self):
        """Make the customers of past leads, orders and invoices, in batches per company."""
        for company in self.env["res.company"].sudo().search([("scrm_pool_id", "!=", False)]):
            for ids in split_every(BACKFILL_BATCH, self._scrm_get_backfill_ids(company)):
                self.with_company(company).browse(ids)._scrm_get_identity_map(in_business=True)

    @api.model
    def _cron_scrm_backfill_customers(self):
        """Make known, nightly, whoever did business in a way that records no interaction."""
        Cron = self.env["ir.cron"]
        with_pool = [("scrm_pool_id", "!=", False)]
        todo = [
            (company, ids)
            for company in self.env["res.company"].search(with_pool)
            for ids in split_every(BACKFILL_BATCH, self._scrm_get_backfill_ids(company))
        ]
        Cron._commit_progress(remaining=len(todo))
        for company, ids in todo:
            self.with_company(company).browse(ids)._scrm_get_identity_map(in_business=True)
            if not Cron._commit_progress(1):
                break

    @api.model
    def _scrm_get_backfill_ids(self, company):
        """Return the ids of a company's business partners that nobody knows yet."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH business AS (
                    SELECT partner_id FROM sale_order
                     WHERE state = 'sale' AND company_id = %(company)s
                    UNION
                    SELECT partner_id FROM account_move
                     WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund')
                       AND company_id = %(company)s
                    UNION
                    SELECT partner_id FROM crm_lead
                     WHERE COALESCE(company_id, %(company)s) = %(company)s
                ), holder AS (
                    SELECT DISTINCT CASE WHEN p.type IN %(addresses)s AND p.parent_id IS NOT NULL
                                         THEN p.commercial_partner_id ELSE p.id END AS id
                      FROM business b JOIN res_partner p ON p.id = b.partner_id
                )
                SELECT h.id FROM holder h
                 WHERE NOT EXISTS (SELECT FROM scrm_identity i
                                    WHERE i.partner_id = h.id AND i.pool_id = %(pool)s)
                 ORDER BY h.id
                """,
                company=company.id,
                pool=company.scrm_pool_id.id,
                addresses=ADDRESS_TYPES,
            )
        )
        return [row[0] for row in rows]

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
