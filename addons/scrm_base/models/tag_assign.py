from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

MANUAL = "manual"


class ScrmTagAssign(models.Model):
    """A tag that somebody or something gave to a customer, in one company.

    Each source says what it knows for itself: the same source again renews its own word, another
    one adds to it, and the customer's weight for the tag is the sum.
    """

    _name = "scrm.tag.assign"
    _description = "Tag of a Customer"
    _inherit = ["scrm.customer.mixin"]
    _order = "weight desc, id"
    _rec_name = "tag_id"

    identity_id = fields.Many2one(required=True, readonly=True, index=True)
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    tag_id = fields.Many2one(
        comodel_name="scrm.tag", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(related="tag_id.kind")
    weight = fields.Float(required=True, readonly=True, digits=(12, 2), default=1)
    source = fields.Selection(
        selection=[(MANUAL, "By hand"), ("rule", "Rule"), ("addon", "Other app")],
        required=True,
        readonly=True,
    )
    reference = fields.Char(
        required=True,
        readonly=True,
        default="",
        help="Which rule, campaign or the like it was; tells the words of one source apart.",
    )
    rule_id = fields.Many2one(
        comodel_name="scrm.tag.rule", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="By", readonly=True, ondelete="set null"
    )
    assigned_at = fields.Datetime(string="Since", required=True, readonly=True)
    expires_at = fields.Datetime(string="Expires", readonly=True)

    _source_uniq = models.Constraint(
        "UNIQUE (identity_id, tag_id, company_id, source, reference)",
        "This source has given the tag to this handle already.",
    )
    _weight_check = models.Constraint("CHECK (weight > 0)", "A tag weighs more than nothing.")
    _expires_idx = models.Index("(expires_at) WHERE expires_at IS NOT NULL")

    @api.model
    def _get_valid_domain(self):
        """Return the domain of the tags in force in the current company."""
        return Domain("company_id", "=", self.env.company.id) & (
            Domain("expires_at", "=", False) | Domain("expires_at", ">", fields.Datetime.now())
        )

    def _get_source_label(self):
        """Return the source as people call it."""
        self.ensure_one()
        return dict(self._fields["source"]._description_selection(self.env))[self.source]

    @api.model
    def _assign(self, vals_list):
        """Give tags to customers, in one statement: the way in for people and addons.

        Idempotent: of the same handle, tag, company, source and reference there is one row, and
        the weight and expiry that were said last are its own. Another reference adds a row, whose
        weight counts too.

        :param vals_list: list of dicts with ``identity_id`` and ``tag_id``; and, when the
            defaults do not serve, ``source`` ("addon"), ``reference`` (""), ``weight`` (1),
            ``expires_at`` (never), ``company_id`` (the current one)
        """
        rows = {}
        for vals in vals_list:
            key = (
                vals["identity_id"],
                vals["tag_id"],
                vals.get("company_id") or self.env.company.id,
                vals.get("source") or "addon",
                vals.get("reference") or "",
            )
            rows[key] = (*key, vals.get("weight", 1), vals.get("expires_at") or None)
        if not rows:
            return
        values = SQL(", ").join(
            SQL("(%s, %s, %s, %s, %s, %s::numeric, %s::timestamp)", *row) for row in rows.values()
        )
        self._assign_rows(
            SQL(
                "SELECT v.*, NULL::int AS rule_id FROM (VALUES %s) AS v(identity_id, tag_id,"
                " company_id, source, reference, weight, expires_at)",
                values,
            )
        )
        identities_of = {}
        for identity_id, _tag, company_id, *_rest in rows.values():
            identities_of.setdefault(company_id, set()).add(identity_id)
        for company_id, ids in identities_of.items():
            self.env["scrm.customer.touch"]._touch(
                self.env["scrm.identity"].browse(ids), self.env["res.company"].browse(company_id)
            )

    @api.model
    def _assign_rows(self, rows, keep=None):
        """Write the tags that a query finds; with ``keep``, take away those it does not.

        :param SQL rows: a SELECT of identity_id, tag_id, company_id, source, reference, weight,
            expires_at and rule_id, each key once
        :param SQL keep: a condition on ``a``, the rows that are there: those of them that
            ``rows`` does not name go
        """
        self.env["scrm.identity"].flush_model(["customer_id"])
        self.flush_model()
        self.env.execute_query(
            SQL(
                """
                WITH due AS (%(rows)s), gone AS (
                    DELETE FROM scrm_tag_assign a
                     WHERE %(keep)s AND NOT EXISTS (
                        SELECT FROM due d
                         WHERE d.identity_id = a.identity_id AND d.tag_id = a.tag_id
                           AND d.company_id = a.company_id AND d.source = a.source
                           AND d.reference = a.reference)
                )
                INSERT INTO scrm_tag_assign AS t (
                    identity_id, customer_id, tag_id, company_id, source, reference, weight,
                    expires_at, rule_id, user_id, assigned_at,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT i.id, i.customer_id, d.tag_id, d.company_id, d.source, d.reference,
                       d.weight, d.expires_at, d.rule_id, %(uid)s, %(now)s,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM due d JOIN scrm_identity i ON i.id = d.identity_id
                ON CONFLICT (identity_id, tag_id, company_id, source, reference) DO UPDATE
                   SET weight = EXCLUDED.weight, expires_at = EXCLUDED.expires_at,
                       write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
                 WHERE (t.weight, t.expires_at)
                       IS DISTINCT FROM (EXCLUDED.weight, EXCLUDED.expires_at)
                RETURNING t.id
                """,
                rows=rows,
                keep=keep or SQL("FALSE"),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self._forget()

    @api.model
    def _expire(self, company):
        """Take away what has expired in a company, in one statement."""
        self.flush_model()
        self.env.execute_query(
            SQL(
                "DELETE FROM scrm_tag_assign WHERE company_id = %s AND expires_at <= %s"
                " RETURNING id",
                company.id,
                self.env.cr.now(),
            )
        )
        self._forget()

    @api.model
    def _forget(self):
        """Let the caches follow what was written in SQL."""
        self.invalidate_model(flush=False)
        names = ["tag_assign_ids", "tag_ids"]
        self.env["scrm.customer"].invalidate_model(names, flush=False)
        self.env["res.partner"].invalidate_model(["scrm_tag_ids"], flush=False)
