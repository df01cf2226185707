"""Many unknown contacts at once, each with what stands on its card."""

from odoo import api, fields, models
from odoo.tools import SQL


class ScrmIdentity(models.Model):
    _inherit = "scrm.identity"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _insert_clusters(self, clusters, pool):
        """Insert customers whose handles are all unknown, in a statement for each table.

        :param clusters: lists of Handle; the first of each is a contact's, the others stand on
            its card
        :return: whether they were inserted; nothing is when another transaction came first
        """
        handles = [handle for cluster in clusters for handle in cluster]
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        with savepoint:
            ids = self._draw_ids(len(handles))
            births = [(handle, None, *born) for handle, born in zip(handles, ids, strict=True)]
            ties, into, place = [], {}, 0
            for cluster in clusters:
                (contact, winner), *cards = ids[place : place + len(cluster)]
                ties += [(contact, card) for card, _customer in cards]
                into |= {customer: winner for _card, customer in cards}
                place += len(cluster)
            self.env["scrm.customer"]._insert_with_handles(births, pool, into=into)
            if len(self._insert_rows(births, pool, into=into)) < len(births):
                savepoint.rollback()
                return False
            self._insert_ties(ties)
        self.env["res.partner"].invalidate_model(
            ["scrm_customer_id", "scrm_stage_id", "scrm_identity_ids", "scrm_tag_ids"], flush=False
        )
        return True

    def _draw_ids(self, number):
        """Return so many pairs of ids, of a handle and of the customer that it is born with."""
        return self.env.execute_query(
            SQL(
                "SELECT nextval('scrm_identity_id_seq')::int,"
                " nextval('scrm_customer_id_seq')::int FROM generate_series(1, %s)",
                number,
            )
        )

    def _insert_ties(self, ties):
        """Insert the evidence that handles stand on a contact's card.

        :param ties: list of (id of the contact's handle, id of the other)
        """
        if not ties:
            return
        now, uid = fields.Datetime.now(), self.env.uid
        self.env.execute_query(
            SQL(
                """
                INSERT INTO scrm_identity_link (
                       left_id, right_id, rule, evidence, decided_by_id, valid_from,
                       create_uid, create_date, write_uid, write_date)
                SELECT v.left_id, v.right_id, 'contact_card', '{}', %s, %s, %s, %s, %s, %s
                  FROM unnest(%s::int[], %s::int[]) AS v(left_id, right_id)
                ON CONFLICT DO NOTHING
                RETURNING id
                """,
                *(uid, now, uid, now, uid, now),
                *map(list, zip(*ties, strict=True)),
            )
        )
