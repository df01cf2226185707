from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.plan import BLOCK_CAP


class ScrmMatchingKey(models.Model):
    """What a customer is found by when another is compared: hashes, of no use to readers.

    A table, so that a new customer meets the few it may be instead of everybody.
    """

    _name = "scrm.matching.key"
    _description = "Key of a Customer as Compared"
    _rec_name = "key"
    _log_access = False

    customer_id = fields.Many2one(
        comodel_name="scrm.customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    pool_id = fields.Many2one(
        comodel_name="scrm.pool", required=True, readonly=True, ondelete="cascade"
    )
    key = fields.Char(required=True, readonly=True)

    _key_idx = models.Index("(pool_id, key, customer_id)")

    @api.model
    def _replace(self, pool, keys_of):
        """Write the keys of these customers anew.

        :param dict keys_of: {customer id: list of keys}
        """
        self.env.cr.execute(
            SQL("DELETE FROM scrm_matching_key WHERE customer_id = ANY(%s)", list(keys_of))
        )
        pairs = [(id_, key) for id_, keys in keys_of.items() for key in keys]
        self.env.cr.execute(
            SQL(
                "INSERT INTO scrm_matching_key (customer_id, pool_id, key)"
                " SELECT k.id, %s, k.key FROM unnest(%s::int[], %s::text[]) AS k(id, key)",
                pool.id,
                [id_ for id_, _key in pairs],
                [key for _id, key in pairs],
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _find_others(self, pool, customer_ids):
        """Return the ids of customers that share a key with these and were compared before.

        A key that too many share (a common name, a hotline) leads to nobody.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH mine AS MATERIALIZED (
                    SELECT DISTINCT key FROM scrm_matching_key
                     WHERE pool_id = %(pool)s AND customer_id = ANY(%(ids)s)
                ), found AS (
                    SELECT near.customer_id
                      FROM mine
                     CROSS JOIN LATERAL (
                        SELECT array_agg(k.customer_id) AS ids
                          FROM (SELECT customer_id FROM scrm_matching_key
                                 WHERE pool_id = %(pool)s AND key = mine.key
                                 LIMIT %(more)s) k
                     ) crowd
                     CROSS JOIN unnest(crowd.ids) AS near(customer_id)
                     WHERE cardinality(crowd.ids) BETWEEN 2 AND %(cap)s
                )
                SELECT DISTINCT f.customer_id
                  FROM found f JOIN scrm_matching_row r ON r.customer_id = f.customer_id
                 WHERE NOT r.is_due AND f.customer_id != ALL(%(ids)s)
                """,
                pool=pool.id,
                ids=customer_ids,
                cap=BLOCK_CAP,
                more=BLOCK_CAP + 1,
            )
        )
        return [row[0] for row in rows]
