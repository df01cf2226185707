import random

from odoo.exceptions import UserError
from odoo.tests import tagged

from .cluster_snapshots import ClusterSnapshots
from .common import ScrmCase


@tagged("post_install", "-at_install")
class TestClusterRecords(ClusterSnapshots, ScrmCase):
    """Merging and undoing on records: what the pure arithmetic promises, the tables keep."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nodes = cls.env["scrm.identity"]
        for index in range(8):
            cls.nodes |= cls._make_identity("visitor", f"node-{index}", name=f"Name {index}")
        cls.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": node.id,
                    "kind": "note",
                    "summary": f"Seen {node.value}",
                    "dedupe_key": f"test:{node.value}",
                    "record": node,
                }
                for node in cls.nodes
            ]
        )

    def _tie(self, left, right):
        return self.nodes[left]._attach(self.nodes[right], rule="manual")

    def test_the_older_customer_stays_and_everything_follows(self):
        older, newer = self.nodes[1], self.nodes[4]
        newer._attach(older, rule="stated_in_chat", evidence={"text": "我是陈女士"})
        winner, loser = older.origin_customer_id, newer.origin_customer_id
        self.assertEqual(winner, newer.customer_id)
        self.assertEqual(winner, loser.merged_into_id)
        self.assertFalse(loser.active)
        self.assertEqual(older | newer, winner.identity_ids)
        kinds = winner.interaction_ids.mapped("kind")
        self.assertEqual(["merge", "note", "note"], sorted(kinds))

    def test_merge_then_undo_is_as_if_nothing_had_been(self):
        self._tie(5, 6)
        before = self._snapshot()
        link = self._tie(2, 5)
        self.assertNotEqual(before, self._snapshot())
        link.action_undo()
        self.assertEqual(before, self._snapshot())

    def test_order_of_merges_does_not_matter(self):
        edges = [(0, 3), (3, 5), (5, 6), (1, 2), (6, 0), (4, 1)]
        snapshots = []
        for seed in range(4):
            rng = random.Random(seed)
            shuffled = [rng.choice([edge, edge[::-1]]) for edge in edges]
            rng.shuffle(shuffled)
            links = [self._tie(*edge) for edge in shuffled]
            snapshots.append(self._snapshot())
            rng.shuffle(links)
            for link in links:
                link.action_undo()
        self.assertEqual(1, len({str(snapshot) for snapshot in snapshots}))

    def test_random_history_equals_a_rebuild_at_each_step(self):
        """Ties and undoings in any order leave what deriving everything from nothing gives."""
        rng = random.Random(19)
        links = []
        for _step in range(30):
            if links and rng.random() < 0.4:
                links.pop(rng.randrange(len(links))).action_undo()
            else:
                link = self._tie(*rng.sample(range(8), 2))
                links += [] if link in links else [link]
            incremental = self._snapshot()
            self._forget_what_is_derived()
            self.env["scrm.identity"]._rebuild()
            self.assertEqual(incremental, self._snapshot())

    def test_other_evidence_still_ties(self):
        first = self._tie(0, 1)
        self._tie(1, 2)
        self._tie(2, 0)
        first.action_undo()
        self.assertEqual(1, len(self.nodes[0:3].customer_id))

    def test_said_twice_is_said_once(self):
        link = self._tie(0, 1)
        self.assertEqual(link, self._tie(1, 0))
        self.assertEqual(1, len(self.nodes[0].customer_id.link_ids))

    def test_undone_by_a_person_stays_undone_for_rules(self):
        link = self.nodes[0]._attach(self.nodes[1], rule="contact_card")
        link.action_undo()
        self.assertFalse(self.nodes[0]._attach(self.nodes[1], rule="contact_card"))
        self.assertFalse(self.nodes[0]._attach(self.nodes[1], rule="stated_in_chat"))
        self.assertEqual(2, len(self.nodes[0:2].customer_id))
        self.assertTrue(self._tie(0, 1))
        self.assertEqual(1, len(self.nodes[0:2].customer_id))
        with self.assertRaises(UserError):
            link.action_undo()

    def test_what_cannot_be_one_does_not_become_one(self):
        self._tie(0, 1)
        self._tie(2, 3)
        different = self.nodes[1]._attach(self.nodes[2], rule="cannot")
        self.assertEqual("cannot", different.rule)
        self.assertEqual(2, len(self.nodes[0:4].customer_id))
        self.assertFalse(self.nodes[0]._attach(self.nodes[3], rule="stated_in_chat"))
        with self.assertRaises(UserError):
            self._tie(0, 3)
        # In one batch the first pair makes the second impossible, whichever side it comes from.
        link = self.env["scrm.identity"]._attach_many(
            [(self.nodes[4], self.nodes[0]), (self.nodes[4], self.nodes[2])], rule="import"
        )
        self.assertEqual(1, len(link))
        different.action_undo()
        self._tie(0, 3)
        self.assertEqual(1, len(self.nodes[0:5].customer_id))

    def test_one_customer_is_not_declared_two(self):
        self._tie(0, 1)
        self._tie(1, 2)
        with self.assertRaises(UserError):
            self.nodes[0]._attach(self.nodes[2], rule="cannot")

    def test_pools_do_not_mix(self):
        stranger = self._make_identity("visitor", "stranger", pool=self.pool_other)
        with self.assertRaises(UserError):
            self.nodes[0]._attach(stranger, rule="manual")

    def test_the_derived_is_not_written_by_hand(self):
        customer = self.nodes[0].customer_id
        for vals in ({"active": False}, {"merged_into_id": self.nodes[1].customer_id.id}):
            with self.assertRaises(UserError):
                customer.write(vals)

    def test_contact_cards_merge_in_a_fixed_number_of_queries(self):
        def tie(left, right):
            self.env["scrm.identity"]._attach_many(
                list(zip(left, right, strict=True)), rule="import"
            )
            self.env.flush_all()

        def make(count, mark):
            return [self._make_identity("visitor", f"{mark}{i}") for i in range(count)]

        tie(make(2, "a"), make(2, "b"))
        left, right = make(2, "c"), make(2, "d")
        before = self.env.cr.sql_log_count
        tie(left, right)
        queries = self.env.cr.sql_log_count - before
        left, right = make(50, "e"), make(50, "f")
        with self.assertQueryCount(queries):
            tie(left, right)

    def test_a_stage_goes_with_the_handle_that_earned_it(self):
        link = self._tie(1, 4)
        self.nodes[1].customer_id._set_stage("customer", "First order", identity=self.nodes[4])
        self.assertEqual("customer", self.nodes[1].customer_id.stage_id.code)
        link.action_undo()
        self.assertEqual("potential", self.nodes[1].customer_id.stage_id.code)
        self.assertEqual("customer", self.nodes[4].customer_id.stage_id.code)
