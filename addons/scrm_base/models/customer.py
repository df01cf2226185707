from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

# Written by deriving clusters alone.
DERIVED_FIELDS = frozenset({"active", "merged_into_id", "derived_at", "pool_id"})


class ScrmCustomer(models.Model):
    """One person or organisation as the companies of a pool know it: a cluster of handles.

    Not a contact: somebody whose openid alone is known is a customer already, and one person may
    own several contacts.
    """

    _name = "scrm.customer"
    _description = "Customer"
    _order = "id desc"

    name = fields.Char(
        compute="_compute_golden",
        inverse="_inverse_name",
        store=True,
        index="trigram",
        help="Chosen among the names that the handles were given with: one written here first,"
        " then a contact's, then the newest.",
    )
    name_manual = fields.Char(string="Name Written by Hand", readonly=True)
    kind = fields.Selection(
        selection=[("person", "Person"), ("organisation", "Organisation")],
        compute="_compute_golden",
        store=True,
    )
    pool_id = fields.Many2one(
        comodel_name="scrm.pool",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.company.scrm_pool_id,
    )
    active = fields.Boolean(compute="_compute_active", store=True, default=True)
    merged_into_id = fields.Many2one(
        comodel_name="scrm.customer",
        string="Recognised As",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    merged_customer_ids = fields.One2many(
        comodel_name="scrm.customer",
        inverse_name="merged_into_id",
        string="Recognised Customers",
        context={"active_test": False},
    )
    derived_at = fields.Datetime(readonly=True)
    identity_ids = fields.One2many(
        comodel_name="scrm.identity", inverse_name="customer_id", string="Handles"
    )
    origin_identity_ids = fields.One2many(
        comodel_name="scrm.identity", inverse_name="origin_customer_id", string="First Handle"
    )
    link_ids = fields.One2many(
        comodel_name="scrm.identity.link", compute="_compute_link_ids", string="Evidence"
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner", compute="_compute_partner_ids", string="Contacts"
    )
    main_partner_id = fields.Many2one(
        comodel_name="res.partner", compute="_compute_partner_ids", string="Main Contact"
    )
    interaction_ids = fields.One2many(
        comodel_name="scrm.interaction", inverse_name="customer_id", string="Timeline"
    )
    phone_display = fields.Char(string="Phone", compute="_compute_contact_display")
    email_display = fields.Char(string="E-mail", compute="_compute_contact_display")
    handle_search = fields.Char(
        string="Phone, E-mail or other Handle",
        compute="_compute_handle_search",
        search="_search_handle",
    )

    @api.depends("merged_into_id")
    def _compute_active(self):
        for customer in self:
            customer.active = not customer.merged_into_id

    def _inverse_name(self):
        for customer in self:
            customer.name_manual = customer.name
        # Computed together with the name, it is left alone while that is written.
        self.env.add_to_compute(self._fields["golden"], self)

    @api.depends("identity_ids.partner_id")
    def _compute_partner_ids(self):
        for customer in self:
            partners = customer.identity_ids.sorted("id").partner_id
            customer.partner_ids = partners
            customer.main_partner_id = (partners.filtered("active") or partners)[:1]

    @api.depends("identity_ids")
    def _compute_link_ids(self):
        links = self.env["scrm.identity.link"].search_fetch(
            [
                "|",
                ("left_id.customer_id", "in", self.ids),
                ("right_id.customer_id", "in", self.ids),
            ]
        )
        # sudo: both ends are of the customers' pool, which the links were found by.
        (links.left_id | links.right_id).sudo().fetch(["customer_id"])
        for customer in self:
            customer.link_ids = links.filtered(
                lambda link, c=customer: c in (link.left_id.customer_id, link.right_id.customer_id)
            )

    @api.depends("golden")
    def _compute_contact_display(self):
        self.identity_ids.mapped("display_value")  # all at once: one by one they are not prefetched
        for customer in self:
            customer.phone_display = customer._get_golden_identity("phone").display_value
            customer.email_display = customer._get_golden_identity("email").display_value

    def _compute_handle_search(self):
        self.handle_search = False

    @api.model
    def _search_handle(self, operator, value):
        handles = self.env["scrm.identity"]._search_handle(operator, value)
        return handles if handles is NotImplemented else Domain("identity_ids", "any!", handles)

    @api.depends("name", "active")
    def _compute_display_name(self):
        for customer in self:
            customer.display_name = customer.name or self.env._("Customer %s", customer.id)

    @api.model
    def _search_display_name(self, operator, value):
        domain = super()._search_display_name(operator, value)
        if operator == "ilike" and isinstance(value, str) and value.strip():
            domain |= Domain("handle_search", "=", value)
        return domain

    # === CRUD === #

    def write(self, vals):
        derived = DERIVED_FIELDS.intersection(vals)
        if derived:
            raise UserError(
                self.env._(
                    "%(fields)s of a customer follows from the evidence that ties handles. Tie or"
                    " undo evidence instead.",
                    fields=", ".join(
                        self._fields[name]._description_string(self.env) for name in derived
                    ),
                )
            )
        return super().write(vals)

    def _write_merged_into(self, winner_by_id):
        """Write which customers were recognised as others, in one statement.

        :param winner_by_id: {id: id of the customer in force, or None}
        """
        if not winner_by_id:
            return
        changed = self.browse(winner_by_id)
        changed.modified(["merged_into_id"], before=True)
        self.env.execute_query(
            SQL(
                "UPDATE scrm_customer c SET merged_into_id = v.winner"
                " FROM (VALUES %s) AS v(id, winner)"
                " WHERE c.id = v.id AND c.id = ANY(%s) RETURNING c.id",
                SQL(", ").join(
                    SQL("(%s, %s::int)", id_, winner) for id_, winner in winner_by_id.items()
                ),
                changed.ids,
            )
        )
        changed.invalidate_recordset(["merged_into_id"], flush=False)
        self.invalidate_model(["merged_customer_ids"], flush=False)
        changed.modified(["merged_into_id"])

    # === HANDLES AND CONTACTS === #

    def _get_identity(self, id_type, scope=None):
        """Return the most recently seen handle of a kind, or none.

        :param str id_type: see scrm.identity
        :param str scope: the provider's account or the pool's scope; any when None
        """
        self.ensure_one()
        return self.identity_ids.filtered(
            lambda handle: handle.id_type == id_type and (scope is None or handle.scope == scope)
        ).sorted(lambda handle: (handle.last_seen_at, handle.id), reverse=True)[:1]

    def _get_first_identity(self):
        """Return the handle that gave the customer its number."""
        self.ensure_one()
        return self.identity_ids.sorted("id")[:1]

    def _ensure_partner(self):
        """Return the customer's main contact, made now if business begins without one.

        :return: res.partner, one record
        """
        self.ensure_one()
        return self._ensure_partners()[self.id]

    def _ensure_partners(self):
        """Return {customer id: res.partner}, the main contacts, made now where there are none.

        A bounded number of queries for any number of customers.
        """
        in_force = {customer: customer.merged_into_id or customer for customer in self}
        # sudo: an agent, a job or a portal page begins business; the contact's fields are those
        # of the customer, not the caller's. The raw handles are read for the card alone.
        todo_sudo = self.browse(
            {c.id: None for c in in_force.values() if not c.main_partner_id}
        ).sudo()
        if todo_sudo:
            # browsed anew: what a relation gives is fetched again one by one once invalidated
            todo_sudo.identity_ids.browse(todo_sudo.identity_ids.ids)._lock_clusters()
            count = self.env["res.company"].sudo().search_count([])
            partners = (
                self.env["res.partner"]
                .sudo()
                .create([customer._prepare_partner_vals(count) for customer in todo_sudo])
            )
            pairs = [
                (customer._get_first_identity(), partner._scrm_get_handle(customer.pool_id))
                for customer, partner in zip(todo_sudo, partners, strict=True)
            ]
            for pool, customers in todo_sudo.grouped("pool_id").items():
                of_pool = [pair for pair in pairs if pair[0].pool_id == pool]
                identities = self.env["scrm.identity"]._resolve_many(
                    [handle for _first, handle in of_pool], pool=pool
                )
                self.env["scrm.identity"]._attach_many(
                    [(pair[0], own) for pair, own in zip(of_pool, identities, strict=True)],
                    rule="contact_made",
                )
                customers.invalidate_recordset(["partner_ids", "main_partner_id"], flush=False)
        return {customer.id: winner.main_partner_id for customer, winner in in_force.items()}

    def _prepare_partner_vals(self, company_count):
        """Return the values of the contact with which this customer's business begins.

        :param company_count: how many companies there are; with one pool they share the contact
        """
        self.ensure_one()
        pool = self.pool_id
        is_shared = len(pool.company_ids) == company_count
        company = (self.env.company & pool.company_ids) or pool.company_ids[:1]
        return {
            "name": self.name,
            "is_company": self.kind == "organisation",
            "phone": self._get_identity("phone").value,
            "email": self._get_identity("email").value,
            "company_id": False if is_shared else company.id,
        }

    # === ACTIONS === #

    def _get_form_action(self):
        """Return the action that opens the customer's page, or False for no customer."""
        if not self:
            return False
        return {
            "type": "ir.actions.act_window",
            "res_model": "scrm.customer",
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_unite(self):
        """Say that the selected customers are one: a person's decision, undone under Merges."""
        if not self.env.user.has_group("scrm_base.group_scrm_base_steward"):
            raise AccessError(self.env._("Only a data steward may say that customers are one."))
        self.check_access("write")
        if len(self) < 2:
            raise UserError(self.env._("Select the customers that are one, at least two."))
        first, *others = (customer._get_first_identity() for customer in self.sorted("id"))
        self.env["scrm.identity"]._attach_many([(first, other) for other in others], rule="manual")
        return first.customer_id._get_form_action()

    def action_separate(self):
        """Say that the selected customers are not one, so that no rule unites them."""
        if not self.env.user.has_group("scrm_base.group_scrm_base_steward"):
            raise AccessError(self.env._("Only a data steward may say that customers differ."))
        self.check_access("write")
        if len(self) != 2:
            raise UserError(self.env._("Select the two customers that are not one."))
        first, other = (customer._get_first_identity() for customer in self)
        first._attach(other, rule="cannot")
        return True
