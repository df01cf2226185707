"""Proposals of our own: what a person who looks through the list would notice."""

from odoo import api, models
from odoo.tools import SQL

# A name with a number that more customers share is a chain of shops, not a person written twice.
MAX_ALIKE = 3
# Digits at the end of a number, and letters of a mailbox, that are not the same by chance.
TAIL_DIGITS = 8
MIN_MAILBOX = 5
WEIGHT_OF = {"phone": 0.7, "email": 0.6}


class ScrmMatchCandidate(models.Model):
    _inherit = "scrm.match.candidate"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _propose_similar(self):
        """Propose customers of one name whose numbers end alike or whose mailboxes are alike.

        Two cheap rules in one statement, for people written down twice: the same name (without
        blanks, in any case) and the same last eight digits of a phone number (another country
        code, a landline with a wrong area code); or the same name and the same mailbox at two
        providers (chen.xiaoyu@qq.com, chen.xiaoyu@163.com). Equal handles need no rule: they are
        one handle already.

        :return: scrm.match.candidate, what is new
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH handle AS (
                    SELECT i.id, i.pool_id, i.id_type, i.customer_id,
                           lower(regexp_replace(c.name, '\\s', '', 'g')) AS name,
                           CASE i.id_type WHEN 'phone' THEN right(i.value, %(digits)s)
                                          ELSE split_part(i.value, '@', 1) END AS tail
                      FROM scrm_identity i JOIN scrm_customer c ON c.id = i.customer_id
                     WHERE i.id_type IN ('phone', 'email') AND c.active
                       AND c.name !~ '[*@+]' AND char_length(c.name) >= 2
                ), alike AS (
                    SELECT pool_id, id_type, array_agg(DISTINCT id) AS ids
                      FROM handle
                     WHERE id_type = 'phone' OR char_length(tail) >= %(mailbox)s
                     GROUP BY pool_id, id_type, name, tail
                    HAVING count(DISTINCT customer_id) BETWEEN 2 AND %(most)s
                )
                SELECT a.id_type, l.id, r.id
                  FROM alike a
                  JOIN handle l ON l.id = ANY(a.ids)
                  JOIN handle r ON r.id = ANY(a.ids) AND r.id > l.id
                       AND r.customer_id != l.customer_id
                 ORDER BY l.id, r.id
                """,
                digits=TAIL_DIGITS,
                mailbox=MIN_MAILBOX,
                most=MAX_ALIKE,
            )
        )
        # sudo: both ends are shown masked, whoever starts the search.
        handles = self.env["scrm.identity"].sudo().browse({id_ for row in rows for id_ in row[1:]})
        handles.fetch(["id_type", "value", "customer_id"])
        return self._propose(
            [
                {
                    "left_id": left,
                    "right_id": right,
                    "rule": "similar",
                    "reason": "similar",
                    "weight": WEIGHT_OF[id_type],
                    "field_weights": self._weigh(
                        id_type, handles.browse(left), handles.browse(right)
                    ),
                }
                for id_type, left, right in rows
            ]
        )

    def _weigh(self, id_type, left, right):
        """Return what speaks for a pair, field by field; handles stay masked."""
        names = left.customer_id.name, right.customer_id.name
        return [
            {"field": "name", "left": names[0], "right": names[1], "weight": 2, "agrees": True},
            {
                "field": id_type,
                "left": left.display_value,
                "right": right.display_value,
                "weight": 3 if id_type == "phone" else 2,
                "agrees": True,
            },
        ]

    @api.model
    def _cron_propose(self):
        """Propose nightly, see :meth:`_propose_similar`."""
        self._propose_similar()
