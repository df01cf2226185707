"""How the flaws of contacts are found: set-based, Python reading only what SQL doubts."""

from collections import Counter

from odoo import api, models
from odoo.tools import SQL, split_every

from ..tools.handles import mask, normalise_phone

ROWS_PER_INSERT = 5_000
PARTNERS_PER_BATCH = 20_000
# Numbers that tools/handles accepts at sight; the others are read by it one by one.
MOBILE = r"^\s*(\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}\s*$"
# The rule of tools/handles for e-mail addresses, in PostgreSQL's words.
EMAIL = r"""^[^\s@<>,;"'()\[\]]+@[^\s@<>,;"'()\[\].]+(\.[^\s@<>,;"'()\[\].]+)+$"""


class ScrmQualityIssue(models.Model):
    _inherit = "scrm.quality.issue"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _collect(self, company):
        """Find the flaws of the contacts that a company knows, in place of those found before."""
        self.env.execute_query(
            SQL("DELETE FROM scrm_quality_issue WHERE company_id = %s RETURNING id", company.id)
        )
        self._collect_malformed_phones(company)
        self._collect_malformed_emails(company)
        for kind, column in (
            ("shared_phone", "phone_sanitized"),
            ("shared_email", "email_normalized"),
        ):
            self._collect_shared(company, kind, column)
        unknown = self.env["res.partner"]._scrm_get_backfill_ids(company)
        self._insert([(company.id, "unknown", id_, None, None) for id_ in unknown])
        self.invalidate_model(flush=False)

    def _is_known(self, company):
        """Return SQL: a company may see contact ``p``, which is in use."""
        return SQL("p.active AND COALESCE(p.company_id, %(id)s) = %(id)s", id=company.id)

    def _insert(self, rows):
        """Insert rows of (company id, kind, contact id, masked value, key of who shares it)."""
        for part in split_every(ROWS_PER_INSERT, rows, list):
            self.env.execute_query(
                SQL(
                    "INSERT INTO scrm_quality_issue"
                    " (company_id, kind, partner_id, value, group_key) VALUES %s RETURNING id",
                    SQL(", ").join(SQL("%s", row) for row in part),
                )
            )

    def _collect_malformed_phones(self, company):
        country = company.country_id.code or "CN"
        last = 0
        while True:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT p.id, p.phone, t.code
                      FROM res_partner p
                      LEFT JOIN res_country t ON t.id = p.country_id
                     WHERE p.id > %s AND %s AND p.phone ~ '\\S'
                       AND (p.phone !~ %s OR COALESCE(t.code, %s) != 'CN')
                     ORDER BY p.id LIMIT %s
                    """,
                    last,
                    self._is_known(company),
                    MOBILE,
                    country,
                    PARTNERS_PER_BATCH,
                )
            )
            self._insert(
                [
                    (company.id, "malformed_phone", id_, mask("phone", phone.strip()), None)
                    for id_, phone, code in rows
                    if not normalise_phone(phone, code or country)
                ]
            )
            if len(rows) < PARTNERS_PER_BATCH:
                return
            last = rows[-1][0]

    def _collect_malformed_emails(self, company):
        rows = self.env.execute_query(
            SQL(
                "SELECT p.id, p.email FROM res_partner p"
                " WHERE %s AND p.email ~ '\\S' AND trim(p.email, E' \\t\\r\\n') !~ %s"
                " ORDER BY p.id",
                self._is_known(company),
                EMAIL,
            )
        )
        self._insert(
            [
                (company.id, "malformed_email", id_, mask("email", email.strip()), None)
                for id_, email in rows
            ]
        )

    def _collect_shared(self, company, kind, column):
        """Find values that stand on contacts of several commercial entities and customers.

        Contacts that are one customer already are one, whatever they share.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH holder AS (
                    SELECT p.id, p.%(column)s AS value, p.commercial_partner_id AS entity,
                           COALESCE(-i.customer_id, p.commercial_partner_id) AS who
                      FROM res_partner p
                      LEFT JOIN scrm_identity i ON i.partner_id = p.id AND i.pool_id = %(pool)s
                     WHERE %(known)s AND p.%(column)s IS NOT NULL
                ), shared AS (
                    SELECT value, min(id) AS first FROM holder
                     GROUP BY value
                    HAVING count(DISTINCT entity) > 1 AND count(DISTINCT who) > 1
                )
                SELECT DISTINCT h.id, h.value, s.first
                  FROM holder h JOIN shared s USING (value) ORDER BY s.first, h.id
                """,
                column=SQL.identifier(column),
                pool=company.scrm_pool_id.id,
                known=self._is_known(company),
            )
        )
        id_type = kind.removeprefix("shared_")
        keys = self._get_group_keys((first, mask(id_type, value)) for _id, value, first in rows)
        self._insert(
            [
                (company.id, kind, id_, mask(id_type, value), keys[first])
                for id_, value, first in rows
            ]
        )

    def _get_group_keys(self, groups):
        """Return {group: masked value}, numbered where two values look alike when masked.

        :param groups: pairs of (group, masked value)
        """
        keys, seen = {}, Counter()
        for group, masked in groups:
            if group not in keys:
                seen[masked] += 1
                keys[group] = masked if seen[masked] == 1 else f"{masked} ({seen[masked]})"
        return keys
