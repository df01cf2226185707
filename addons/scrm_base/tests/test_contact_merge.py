from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestContactMerge(ScrmCase):
    """Core's merge of contacts deletes contacts; what we know about them survives."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kept = cls._make_partner(name="陈女士", phone="13826001001")
        cls.gone = cls._make_partner(name="陈晓雨", phone="13826001002")
        cls.third = cls._make_partner(name="小陈")
        cls.wizard = cls.env["base.partner.merge.automatic.wizard"].create({})

    def _merge(self, *others):
        self.wizard._merge([self.kept.id, *(other.id for other in others)], self.kept)
        self.env.flush_all()
        self.env.invalidate_all()

    def test_the_customers_of_merged_contacts_are_one(self):
        (self.kept | self.gone)._scrm_ensure_identity()
        self.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": self.gone._scrm_ensure_identity().id,
                    "kind": "note",
                    "summary": "Asked for a filter",
                    "dedupe_key": "test:note",
                    "record": self.gone,
                }
            ]
        )
        winner = self.kept.scrm_customer_id
        self._merge(self.gone)
        self.assertFalse(self.gone.exists())
        self.assertEqual(winner, self.kept.scrm_customer_id)
        self.assertEqual(4, len(winner.identity_ids))
        self.assertEqual(self.kept, winner.partner_ids)
        self.assertEqual(["Asked for a filter"], winner.interaction_ids.mapped("summary"))
        link = winner.link_ids.filtered(lambda link: link.rule == "odoo_merge")
        self.assertFalse(link.can_undo)
        with self.assertRaises(UserError):
            link.action_undo()

    def test_the_kept_contact_inherits_a_customer(self):
        self.gone._scrm_ensure_identity()
        customer = self.gone.scrm_customer_id
        self._merge(self.gone, self.third)
        self.assertEqual(customer, self.kept.scrm_customer_id)

    def test_customers_declared_different_are_not_merged_silently(self):
        (self.kept | self.gone)._scrm_ensure_identity()
        self.kept._scrm_ensure_identity()._attach(self.gone._scrm_ensure_identity(), rule="cannot")
        with self.assertRaises(UserError):
            self._merge(self.gone)

    def test_no_constraint_of_ours_holds_a_contact(self):
        """Core deletes every row of a table whose constraint a moved contact would break."""
        self.env.cr.execute(
            """
            SELECT c.conrelid::regclass::text, a.attname
              FROM pg_constraint c
              JOIN unnest(c.conkey) AS k(attnum) ON TRUE
              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
              JOIN pg_constraint fk ON fk.conrelid = c.conrelid AND fk.contype = 'f'
                   AND fk.conkey[1] = a.attnum AND fk.confrelid = 'res_partner'::regclass
             WHERE c.contype IN ('u', 'c') AND c.conrelid::regclass::text LIKE 'scrm\\_%'
            """
        )
        self.assertEqual([], self._get_unprepared())

    def test_no_unique_index_of_ours_holds_a_contact(self):
        """Core knows constraints alone: a unique index that a moved contact breaks stops it.

        Tables of two columns, those of many2many fields, it moves pair by pair.
        """
        self.env.cr.execute(
            """
            SELECT i.indrelid::regclass::text, a.attname
              FROM pg_index i
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
              JOIN pg_constraint fk ON fk.conrelid = i.indrelid AND fk.contype = 'f'
                   AND fk.conkey[1] = a.attnum AND fk.confrelid = 'res_partner'::regclass
             WHERE i.indisunique AND i.indrelid::regclass::text LIKE 'scrm\\_%'
               AND (SELECT count(*) FROM pg_attribute o WHERE o.attrelid = i.indrelid
                       AND o.attnum > 0 AND NOT o.attisdropped) > 2
            """
        )
        self.assertEqual([], self._get_unprepared())

    def _get_unprepared(self):
        """Return what the query found in tables that no addon makes ready for a merge."""
        prepared = self.wizard._scrm_get_prepared_tables()
        return [row for row in self.env.cr.fetchall() if row[0] not in prepared]

    def _count_rows(self):
        """Return how many rows each table of ours has."""
        self.env.flush_all()
        counts = {}
        for model in self.env.values():
            if model._auto and not model._abstract and model._name.startswith("scrm."):
                self.env.cr.execute(SQL("SELECT count(*) FROM %s", SQL.identifier(model._table)))
                counts[model._name] = self.env.cr.fetchone()[0]
        return counts

    def test_a_merge_of_known_contacts_loses_no_row(self):
        """Both contacts have everything that ours can have: cards, edges, a pair to review."""
        self.gone.phone = self.kept.phone
        (self.kept | self.gone)._scrm_ensure_identity()
        candidate = self.env["scrm.match.candidate"].search(
            [("reason", "=", "shared"), ("pool_id", "=", self.pool.id)]
        )
        self.assertEqual("new", candidate.state)
        for contact in (self.kept, self.gone):
            email = self._make_identity("email", f"c{contact.id}@example.com")
            contact._scrm_ensure_identity()._attach(email, rule="manual")
        before = self._count_rows()
        self._merge(self.gone)
        after = self._count_rows()
        added = {name: after[name] - n for name, n in before.items() if after[name] != n}
        added.pop("scrm.customer.touch", None)
        self.assertEqual({"scrm.identity.link": 1}, added)
        self.assertEqual("stale", candidate.state)
        customer = self.kept.scrm_customer_id
        self.assertEqual(5, len(customer.identity_ids))
        self.assertEqual(self.kept, customer.identity_ids.partner_id)
        self.assertEqual("陈女士", customer.name)
        self.env["scrm.identity"]._rebuild()
        self.assertEqual(5, len(customer.identity_ids))
