from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.erasure import ERASED, ERASED_PREFIX
from ..tools.handles import clean_text, mask, normalise_email, normalise_phone

# last_seen_at is a hint for people: it is not worth a row lock more often than this.
SEEN_PRECISION_MINUTES = 10


class ScrmIdentity(models.Model):
    """One handle: the node of the graph whose components are the customers."""

    _name = "scrm.identity"
    _description = "Handle of a Customer"
    _order = "id"
    _rec_name = "display_value"

    id_type = fields.Selection(
        selection=[
            ("partner", "Contact"),
            ("phone", "Phone"),
            ("email", "E-mail"),
            ("unionid", "WeChat union id"),
            ("openid", "WeChat openid"),
            ("external_userid", "WeCom external user"),
            ("card", "Member card"),
            ("visitor", "Web visitor"),
        ],
        string="Type",
        required=True,
        readonly=True,
    )
    scope = fields.Char(required=True, readonly=True)
    # In full for those alone who may take it away in bulk; an operator's look is logged, see
    # scrm.unmask. Code of ours that needs it for somebody's business reads it by sudo().
    value = fields.Char(
        required=True,
        readonly=True,
        groups="scrm_base.group_scrm_base_manager,scrm_base.group_scrm_base_privacy",
    )
    value_raw = fields.Char(
        string="As Written",
        readonly=True,
        groups="scrm_base.group_scrm_base_manager,scrm_base.group_scrm_base_privacy",
    )
    display_value = fields.Char(
        string="Handle", compute="_compute_display_value", compute_sudo=True
    )
    handle_search = fields.Char(
        string="Phone, E-mail or other Handle",
        compute="_compute_handle_search",
        search="_search_handle",
    )
    name = fields.Char(
        string="Known As", readonly=True, help="The name that was given with this handle."
    )
    pool_id = fields.Many2one(
        comodel_name="scrm.pool", required=True, readonly=True, index=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The contact of a handle of type Contact. A merge of contacts in Contacts moves it.",
    )
    verified_at = fields.Datetime(string="Verified On", readonly=True)
    verify_method = fields.Char(readonly=True)
    source_label = fields.Char(string="Came By", compute="_compute_source_label")
    is_verified = fields.Boolean(string="Verified", compute="_compute_is_verified")
    first_seen_at = fields.Datetime(
        string="First Seen", required=True, readonly=True, default=fields.Datetime.now
    )
    last_seen_at = fields.Datetime(
        string="Last Seen", required=True, readonly=True, default=fields.Datetime.now
    )
    origin_customer_id = fields.Many2one(
        comodel_name="scrm.customer",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="The customer that this handle was born with. It never changes.",
    )
    customer_id = fields.Many2one(
        comodel_name="scrm.customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The customer of everything that is tied to this handle; derived from the evidence.",
    )

    _handle_uniq = models.Constraint(
        "UNIQUE (id_type, scope, value)", "This handle is known already."
    )
    _origin_uniq = models.Constraint(
        "UNIQUE (origin_customer_id)", "Each handle is born with a customer of its own."
    )

    @api.depends("id_type", "value", "partner_id.display_name")
    def _compute_display_value(self):
        for identity in self:
            if (identity.value or "").startswith(ERASED_PREFIX):
                identity.display_value = ERASED
                continue
            identity.display_value = (
                identity.id_type == "partner" and identity.partner_id.display_name
            ) or mask(identity.id_type, identity.value)

    def _compute_handle_search(self):
        self.handle_search = False

    @api.model
    def _search_handle(self, operator, value):
        """Find whoever has exactly this number, address or id, as it was told or as it is kept."""
        if operator not in ("in", "=", "ilike", "like", "=ilike"):
            return NotImplemented
        texts = [value] if isinstance(value, str) else [text for text in value if text]
        wanted = set()
        for text in texts:
            wanted |= {clean_text(text), normalise_phone(text), normalise_email(text)} - {None, ""}
        # sudo: whoever was told a number may find its customer, without reading numbers.
        return Domain("id", "in", self.sudo()._search([("value", "in", list(wanted))]))

    @api.depends("verified_at")
    def _compute_is_verified(self):
        for identity in self:
            identity.is_verified = bool(identity.verified_at)

    @api.depends("customer_id.link_ids")
    def _compute_source_label(self):
        """Say by which evidence each handle came to its customer, the first that was given."""
        links = self.customer_id.link_ids.filtered(
            lambda link: not link.valid_to and link.rule != "cannot"
        )
        label_of = {}
        for link in links.sorted("id", reverse=True):
            for identity in link.left_id | link.right_id:
                label_of[identity.id] = link.rule_label
        for identity in self:
            identity.source_label = label_of.get(identity.id, False)

    @api.depends("display_value", "id_type")
    def _compute_display_name(self):
        for identity in self:
            identity.display_name = identity.display_value

    # === RESOLVING === #

    @api.model
    def _resolve(self, handle, *, pool=None, name=None):
        """Return the identity of a handle, made now with a customer of its own if it is new.

        Safe against a race: of two transactions that meet the same unknown handle one wins and
        the other ends in PostgreSQL's serialisation error, which Odoo's request layer and
        queue_job retry; in a READ COMMITTED cursor it waits and returns the winner's identity.

        :param handle: a :class:`~odoo.addons.scrm_base.tools.handles.Handle`
        :param pool: scrm.pool of a new customer, the current company's by default
        :param name: how the person is called where the handle was met
        :return: scrm.identity, one record
        """
        return self._resolve_many([handle], pool=pool, names=[name])

    @api.model
    def _resolve_many(self, handles, *, pool=None, names=None):
        """Resolve a batch in a bounded number of queries.

        :param handles: list of Handle
        :param names: list of names (or None) as long as ``handles``
        :return: scrm.identity in the order of ``handles``; equal handles give equal records
        """
        pool = pool or self.env.company.scrm_pool_id
        wanted = {}
        for handle, given in zip(handles, names or [None] * len(handles), strict=True):
            name = clean_text(given) or None
            known, known_name = wanted.get(handle.key, (handle, None))
            wanted[handle.key] = (
                handle if handle.verified and not known.verified else known,
                known_name or name,
            )
        # sudo: whoever meets a customer (a webhook, a portal user who orders) makes them known.
        self_sudo = self.sudo()
        rows = self_sudo._look_up(wanted)
        self_sudo._touch({row: wanted[key] for key, row in rows.items()})
        found = {key: row[0] for key, row in rows.items()}
        missing = {key: value for key, value in wanted.items() if key not in found}
        while missing:
            found |= self_sudo._insert_handles(missing, pool)
            missing = {key: value for key, value in missing.items() if key not in found}
            if missing:  # READ COMMITTED only: another transaction was first, and we see it now
                found |= self_sudo._find_handles(missing)
                missing = {key: value for key, value in missing.items() if key not in found}
        return self.browse([found[handle.key] for handle in handles])

    def _find_handles(self, keys):
        """Return {(id_type, scope, value): id} of those keys that are known."""
        return {key: row[0] for key, row in self._look_up(keys).items()}

    def _look_up(self, keys):
        """Return {key: (id, last_seen_at, verified_at, name)} of those keys that are known."""
        if not keys:
            return {}
        self.flush_model(["id_type", "scope", "value", "last_seen_at", "verified_at", "name"])
        id_types, scopes, values = ([key[part] for key in keys] for part in range(3))
        # LIMIT keeps the planner from joining the whole table: each handle costs one look into the
        # unique index, however many are stored and however old the statistics are.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT k.id_type, k.scope, k.value, i.id, i.last_seen_at, i.verified_at, i.name
                  FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[])
                       AS k(id_type, scope, value)
                 CROSS JOIN LATERAL (
                        SELECT id, last_seen_at, verified_at, name FROM scrm_identity
                         WHERE id_type = k.id_type AND scope = k.scope AND value = k.value
                         LIMIT 1) i
                """,
                id_types,
                scopes,
                values,
            )
        )
        return {row[:3]: row[3:] for row in rows}

    def _insert_handles(self, wanted, pool):
        """Insert unknown handles, each with a customer, and return {key: id}.

        Nothing is inserted, and nothing returned, when another transaction came first.

        :param wanted: {key: (Handle, name or None)}
        """
        # A savepoint that flushes would run what waits for the commit, such as Odoo's tracking.
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        with savepoint:
            ids = self._draw_ids(len(wanted))
            births = [
                (handle, name, *born)
                for (handle, name), born in zip(wanted.values(), ids, strict=True)
            ]
            customers = self.env["scrm.customer"]._insert_with_handles(births, pool)
            if len(self._insert_rows(births, pool)) < len(wanted):
                savepoint.rollback()
                return {}
        identities = self.browse([id_ for id_, _customer_id in ids])
        self.env["res.partner"].invalidate_model(
            ["scrm_customer_id", "scrm_stage_id", "scrm_identity_ids", "scrm_tag_ids"], flush=False
        )
        identities.modified(list(self._fields), create=True)
        customers._keep_golden()
        return dict(zip(wanted, identities.ids, strict=True))

    def _insert_rows(self, births, pool, into=None):
        """Insert handles that are not there, and return the ids of those that were inserted.

        :param births: list of (Handle, name or None, id, id of its customer)
        :param into: {id of a customer: id of the one it is recognised as}
        """
        into = into or {}
        rows = [
            (
                id_,
                *handle.key,
                clean_text(handle.value_raw) or None,
                name,
                int(handle.value) if handle.id_type == "partner" else None,
                bool(handle.verified),
                customer_id,
                into.get(customer_id, customer_id),
            )
            for handle, name, id_, customer_id in births
        ]
        # Sorted: of two batches that meet the same strangers one waits, never each for the other.
        columns = zip(*sorted(rows, key=lambda row: row[1:4]), strict=True)
        now, uid = self.env.cr.now(), self.env.uid
        return self.env.execute_query(
            SQL(
                """
                INSERT INTO scrm_identity (
                       create_uid, write_uid, create_date, write_date, first_seen_at, last_seen_at,
                       pool_id, verified_at, verify_method, id, id_type, scope, value, value_raw,
                       name, partner_id, origin_customer_id, customer_id)
                SELECT %s, %s, %s, %s, %s, %s, %s,
                       CASE WHEN verified THEN %s END, CASE WHEN verified THEN 'source' END,
                       id, id_type, scope, value, value_raw, name, partner_id, origin, customer_id
                  FROM unnest(%s::int[], %s::varchar[], %s::varchar[], %s::varchar[],
                              %s::varchar[], %s::varchar[], %s::int[], %s::boolean[], %s::int[],
                              %s::int[])
                       AS v(id, id_type, scope, value, value_raw, name, partner_id, verified,
                            origin, customer_id)
                ON CONFLICT (id_type, scope, value) DO NOTHING
                RETURNING id
                """,
                *(uid, uid, now, now, now, now, pool.id, now),
                *map(list, columns),
            )
        )

    def _touch(self, seen):
        """Note that known handles were met again: seen, verified, named.

        :param seen: {(id, last_seen_at, verified_at, name): (Handle, name or None)}
        """
        now = self.env.cr.now()
        rows = []
        for (id_, last_seen_at, verified_at, known_name), (handle, name) in seen.items():
            stale = (now - last_seen_at).total_seconds() > SEEN_PRECISION_MINUTES * 60
            proven = handle.verified and not verified_at
            if stale or proven or (name and not known_name):
                rows.append((id_, name or None, handle.verified))
        if not rows:
            return
        touched = self.browse([row[0] for row in rows])
        self.env.execute_query(
            SQL(
                """
                UPDATE scrm_identity i
                   SET last_seen_at = GREATEST(i.last_seen_at, %(now)s),
                       name = COALESCE(i.name, v.name),
                       verify_method = CASE WHEN v.verified AND i.verified_at IS NULL
                                            THEN 'source' ELSE i.verify_method END,
                       verified_at = CASE WHEN v.verified
                                          THEN COALESCE(i.verified_at, %(now)s)
                                          ELSE i.verified_at END
                  FROM (VALUES %(rows)s) AS v(id, name, verified)
                 WHERE i.id = v.id AND i.id = ANY(%(ids)s)
             RETURNING i.id
                """,
                now=now,
                ids=touched.ids,
                rows=SQL(", ").join(SQL("(%s, %s::varchar, %s::boolean)", *row) for row in rows),
            )
        )
        changed = ["last_seen_at", "name", "verified_at", "verify_method"]
        touched.invalidate_recordset(changed, flush=False)
        touched.modified(changed)
