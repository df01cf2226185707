from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.handles import clean_text, mask

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
    value = fields.Char(required=True, readonly=True, groups="scrm_base.group_scrm_base_operator")
    value_raw = fields.Char(
        string="As Written", readonly=True, groups="scrm_base.group_scrm_base_operator"
    )
    display_value = fields.Char(
        string="Handle", compute="_compute_display_value", compute_sudo=True
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
            identity.display_value = (
                identity.id_type == "partner" and identity.partner_id.display_name
            ) or mask(identity.id_type, identity.value)

    @api.depends("verified_at")
    def _compute_is_verified(self):
        for identity in self:
            identity.is_verified = bool(identity.verified_at)

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
        found = self_sudo._find_handles(wanted)
        self_sudo._touch({found[key]: wanted[key] for key in wanted if key in found})
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
        if not keys:
            return {}
        self.flush_model(["id_type", "scope", "value"])
        id_types, scopes, values = (list({key[part] for key in keys}) for part in range(3))
        # Arrays, not a list of triples: however wrong the planner's statistics are (the first
        # large import into an empty table), this is one pass at worst.
        rows = self.env.execute_query(
            SQL(
                "SELECT id, id_type, scope, value FROM scrm_identity"
                " WHERE id_type = ANY(%s) AND scope = ANY(%s) AND value = ANY(%s)",
                id_types,
                scopes,
                values,
            )
        )
        return {tuple(row[1:]): row[0] for row in rows if tuple(row[1:]) in keys}

    def _insert_handles(self, wanted, pool):
        """Insert unknown handles, each with a customer, and return {key: id}.

        Nothing is inserted, and nothing returned, when another transaction came first.

        :param wanted: {key: (Handle, name or None)}
        """
        savepoint = self.env.cr.savepoint()
        with savepoint:
            customers = self.env["scrm.customer"].create([{"pool_id": pool.id}] * len(wanted))
            self.env["scrm.customer"].flush_model()
            now = self.env.cr.now()
            rows = self.env.execute_query(
                SQL(
                    """
                    INSERT INTO scrm_identity (
                        id_type, scope, value, value_raw, name, pool_id, partner_id,
                        verified_at, verify_method, first_seen_at, last_seen_at,
                        origin_customer_id, customer_id,
                        create_uid, create_date, write_uid, write_date
                    ) VALUES %s
                    ON CONFLICT (id_type, scope, value) DO NOTHING
                    RETURNING id, id_type, scope, value
                    """,
                    SQL(", ").join(
                        SQL(
                            "%s",
                            (
                                *handle.key,
                                clean_text(handle.value_raw) or None,
                                name or None,
                                pool.id,
                                int(handle.value) if handle.id_type == "partner" else None,
                                now if handle.verified else None,
                                "source" if handle.verified else None,
                                now,
                                now,
                                customer.id,
                                customer.id,
                                self.env.uid,
                                now,
                                self.env.uid,
                                now,
                            ),
                        )
                        for (handle, name), customer in zip(wanted.values(), customers, strict=True)
                    ),
                )
            )
            if len(rows) < len(wanted):
                savepoint.rollback()
                return {}
        identities = self.browse([row[0] for row in rows])
        customers.invalidate_recordset(["identity_ids", "origin_identity_ids"])
        self.env["res.partner"].invalidate_model(
            ["scrm_customer_id", "scrm_stage_id", "scrm_identity_ids"], flush=False
        )
        identities.modified(list(self._fields), create=True)
        return {tuple(row[1:]): row[0] for row in rows}

    def _touch(self, seen):
        """Note that known handles were met again: seen, verified, named.

        :param seen: {id: (Handle, name or None)}
        """
        now = self.env.cr.now()
        identities = self.browse(seen)
        identities.fetch(["last_seen_at", "verified_at", "name"])
        rows = []
        for identity in identities:
            handle, name = seen[identity.id]
            stale = (now - identity.last_seen_at).total_seconds() > SEEN_PRECISION_MINUTES * 60
            proven = handle.verified and not identity.verified_at
            if stale or proven or (name and not identity.name):
                rows.append((identity.id, name or None, handle.verified))
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
