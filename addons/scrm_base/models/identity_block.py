import re

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools.handles import clean_text, normalise_email, normalise_phone

DEFAULT_HOTLINE_LIMIT = 5
HOTLINE_LIMIT_KEY = "scrm_base.hotline_limit"
MAX_PATTERN_LENGTH = 200


class ScrmIdentityBlock(models.Model):
    """A value that is nobody's: a hotline, a placeholder, a shop's tablet."""

    _name = "scrm.identity.block"
    _description = "Value That Ties Nobody"
    _order = "kind, id_type, value, id"
    _rec_name = "value"

    kind = fields.Selection(
        selection=[("exact", "Exactly"), ("regex", "Pattern"), ("learned", "Learned")],
        required=True,
        default="exact",
        help="Pattern: a regular expression that is looked for in the value. Learned: found nightly"
        " because too many customers have it; archive it if it is somebody's after all.",
    )
    id_type = fields.Selection(
        selection="_selection_id_type",
        string="Type of Handle",
        help="For handles of any type when empty.",
    )
    value = fields.Char(required=True)
    pool_id = fields.Many2one(
        comodel_name="scrm.pool",
        index="btree_not_null",
        ondelete="cascade",
        help="For every pool when empty.",
    )
    note = fields.Char(string="Why", translate=True)
    met_count = fields.Integer(
        string="Met On", readonly=True, help="How many customers had it when it was learned."
    )
    active = fields.Boolean(default=True)

    _value_uniq = models.UniqueIndex(
        "(kind, COALESCE(id_type, ''), value, COALESCE(pool_id, 0))", "This value is known already."
    )

    @api.model
    def _selection_id_type(self):
        return self.env["scrm.identity"]._fields["id_type"]._description_selection(self.env)

    @api.constrains("kind", "value")
    def _check_value(self):
        for block in self.filtered(lambda block: block.kind == "regex"):
            try:
                pattern = re.compile(block.value)
            except re.error as error:
                raise ValidationError(
                    self.env._(
                        "“%(pattern)s” is no regular expression: %(reason)s. Correct it, or choose"
                        " “Exactly” for one value.",
                        pattern=block.value,
                        reason=error,
                    )
                ) from error
            if len(block.value) > MAX_PATTERN_LENGTH or pattern.search(""):
                raise ValidationError(
                    self.env._(
                        "The pattern “%s” is too long, or fits everything. Write what is special"
                        " about the values to leave out.",
                        clean_text(block.value, 40),
                    )
                )

    @api.model
    def _normalise_vals(self, vals):
        """Write an exact value as handles have it; a pattern stays as it is."""
        if vals.get("value") and vals.get("kind", "exact") == "exact":
            text = clean_text(vals["value"])
            vals = {**vals, "value": normalise_phone(text) or normalise_email(text) or text}
        return vals

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create([self._normalise_vals(vals) for vals in vals_list])

    def write(self, vals):
        self.env.registry.clear_cache()
        if "value" in vals and "kind" not in vals and all(block.kind != "exact" for block in self):
            return super().write(vals)
        return super().write(self._normalise_vals(vals))

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    # === ASKING === #

    @api.model
    @tools.ormcache("pool_id")
    def _get_blocked(self, pool_id):
        """Return ({(type or False, lower-case value)}, ((type or False, pattern), …)) of a pool."""
        # sudo: what is blocked holds for whoever meets a customer.
        blocks = self.sudo().search([("pool_id", "in", [False, pool_id])])
        patterns = blocks.filtered(lambda block: block.kind == "regex")
        return (
            frozenset((b.id_type, b.value.lower()) for b in blocks - patterns),
            tuple((b.id_type, re.compile(b.value)) for b in patterns),
        )

    @api.model
    def _is_blocked(self, id_type, value, pool):
        """Return whether a handle's value is nobody's in a pool."""
        if id_type == "partner":
            return False
        values, patterns = self._get_blocked(pool.id)
        low = value.lower()
        if (id_type, low) in values or (False, low) in values:
            return True
        return any(
            pattern.search(value) for of_type, pattern in patterns if of_type in (False, id_type)
        )

    # === LEARNING === #

    @api.model
    def _get_hotline_limit(self):
        # sudo: a setting of the database.
        value = self.env["ir.config_parameter"].sudo().get_param(HOTLINE_LIMIT_KEY)
        return int(value) if (value or "").isdigit() and int(value) else DEFAULT_HOTLINE_LIMIT

    @api.model
    def _learn(self):
        """Block what too many customers have: hotlines, shop telephones, typing aids.

        Counted per pool, set-based: the commercial entities whose contacts have a phone number or
        e-mail address on their cards, and the handles that evidence was seen for. The numbers and
        addresses of the companies themselves are learned at once.
        """
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                WITH card AS (
                    SELECT o.scrm_pool_id AS pool_id, h.id_type, h.value,
                           'entity' AS who, p.commercial_partner_id AS who_id,
                           bool_or(o.partner_id = p.id) AS is_own
                      FROM res_partner p
                      JOIN res_company o ON o.id = COALESCE(p.company_id, o.id)
                     CROSS JOIN LATERAL (VALUES ('phone', p.phone_sanitized),
                                                ('email', p.email_normalized)) AS h(id_type, value)
                     WHERE p.active AND h.value != '' AND o.scrm_pool_id IS NOT NULL
                     GROUP BY 1, 2, 3, 4, 5
                ), edge AS (
                    SELECT left_id AS one, right_id AS other FROM scrm_identity_link
                     WHERE rule != 'cannot'
                    UNION SELECT right_id, left_id FROM scrm_identity_link WHERE rule != 'cannot'
                    UNION SELECT left_id, right_id FROM scrm_match_candidate
                    UNION SELECT right_id, left_id FROM scrm_match_candidate
                ), met AS (
                    SELECT pool_id, id_type, value, who, who_id, is_own FROM card
                    UNION ALL
                    SELECT i.pool_id, i.id_type, i.value, 'handle', e.other, FALSE
                      FROM edge e JOIN scrm_identity i ON i.id = e.one
                      JOIN scrm_identity o ON o.id = e.other
                     WHERE i.id_type IN ('phone', 'email') AND o.id_type != 'partner'
                       AND o.id_type != i.id_type
                )
                INSERT INTO scrm_identity_block (kind, id_type, value, pool_id, met_count, active,
                                                 create_uid, create_date, write_uid, write_date)
                SELECT 'learned', id_type, value, pool_id, count(*), TRUE,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM met GROUP BY id_type, value, pool_id
                HAVING count(*) > %(limit)s OR bool_or(is_own)
                ON CONFLICT DO NOTHING
                RETURNING id
                """,
                limit=self._get_hotline_limit(),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.env.registry.clear_cache()
        self.invalidate_model()

    @api.model
    def _cron_learn(self):
        """Learn nightly, see :meth:`_learn`."""
        self._learn()
