import secrets

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

from ..tools.append_only import protect
from ..tools.erasure import hash_handle

_SALT_PARAMETER = "scrm_base.suppression_salt"


class ScrmSuppression(models.Model):
    """A handle whose person asked to be forgotten, as a salted hash.

    The same handle met again is a new customer, never the old one, and is known to have asked;
    a contact that had to be kept for its invoices is left out of Social CRM until the person gives
    a consent again.
    """

    _name = "scrm.suppression"
    _description = "Erased Handle"
    _order = "id desc"
    _rec_name = "id_type"

    id_type = fields.Char(string="Type", required=True, readonly=True)
    handle_hash = fields.Char(string="Hash", required=True, readonly=True)
    pool_id = fields.Many2one(
        comodel_name="scrm.pool", required=True, readonly=True, index=True, ondelete="restrict"
    )
    erased_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    lifted_at = fields.Datetime(
        readonly=True, help="When the person gave a consent again, by this handle."
    )

    _active_uniq = models.UniqueIndex(
        "(handle_hash) WHERE lifted_at IS NULL", "This handle was erased already."
    )

    def init(self):
        protect(self.env.cr, self._table, ("lifted_at",))

    @api.model
    def _get_salt(self):
        """Return the secret that keeps anybody from trying all phone numbers."""
        # sudo: the secret is read here alone and never shown.
        parameters = self.env["ir.config_parameter"].sudo()
        salt = parameters.get_param(_SALT_PARAMETER)
        if not salt:
            salt = secrets.token_hex(32)
            parameters.set_param(_SALT_PARAMETER, salt)
        return salt

    @api.model
    @ormcache()
    def _has_any(self):
        """Return whether anybody is on the list: asked at every handle, and rarely so."""
        return bool(self.search_count([("lifted_at", "=", False)], limit=1))

    @api.model
    def _find(self, keys):
        """Return which keys (id_type, scope, value) are of people who asked to be forgotten.

        :return: {key: when the person was erased}
        """
        # sudo: whether a handle was erased is asked by whoever meets it again.
        if not keys or not self.sudo()._has_any():
            return {}
        salt = self._get_salt()
        key_of = {hash_handle(salt, *key): key for key in keys}
        found = self.sudo().search_fetch(
            [("handle_hash", "in", list(key_of)), ("lifted_at", "=", False)],
            ["handle_hash", "erased_at"],
        )
        return {key_of[row.handle_hash]: row.erased_at for row in found}

    @api.model
    def _suppress(self, identities):
        """Put handles on the list, before they are erased; again changes nothing."""
        salt = self._get_salt()
        now = self.env.cr.now()
        rows = [
            SQL(
                "(%s, %s, %s, %s, %s, %s, %s, %s)",
                identity.id_type,
                hash_handle(salt, *identity._get_key()),
                identity.pool_id.id,
                now,
                self.env.uid,
                now,
                self.env.uid,
                now,
            )
            for identity in identities
        ]
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                "INSERT INTO scrm_suppression (id_type, handle_hash, pool_id, erased_at,"
                " create_uid, create_date, write_uid, write_date) VALUES %s"
                " ON CONFLICT (handle_hash) WHERE lifted_at IS NULL DO NOTHING",
                SQL(", ").join(rows),
            )
        )
        self.invalidate_model()
        self.env.registry.clear_cache()  # _has_any

    @api.model
    def _lift(self, identities):
        """Take handles off the list: their person has given a consent again."""
        found = self._find([identity._get_key() for identity in identities.sudo()])
        if found:
            salt = self._get_salt()
            rows = self.sudo().search(
                [
                    ("handle_hash", "in", [hash_handle(salt, *key) for key in found]),
                    ("lifted_at", "=", False),
                ]
            )
            rows.write({"lifted_at": fields.Datetime.now()})
