from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from ..models import identity_cluster
from .cluster_snapshots import ClusterSnapshots
from .common import ScrmCase

NODES = 6
# Records are slow: a few dozen graphs here, thousands in test_clusters.py.
PATIENT = settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
pairs = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(
    lambda pair: pair[0] != pair[1]
)
graphs = st.lists(pairs, max_size=6, unique_by=lambda pair: tuple(sorted(pair)))


@tagged("post_install", "-at_install")
class TestClusterProperties(ClusterSnapshots, ScrmCase):
    """What must hold of any graph, on records: names, sources and timelines with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nodes = cls.env["scrm.identity"]
        for index in range(NODES):
            cls.nodes |= cls._make_identity("card", f"node-{index}", name="陈" * (index % 3 + 1))
        cls.nodes[2].origin_customer_id.name = "陈晓雨"
        cls.env["scrm.interaction"]._record(
            [
                {
                    "identity_id": node.id,
                    "kind": "note",
                    "summary": "Seen",
                    "dedupe_key": f"property:{node.id}",
                    "record": node,
                }
                for node in cls.nodes
            ]
        )

    def _example(self):
        """Return a savepoint that is taken back: each graph begins with the same records."""
        self.env.flush_all()
        return self.env.cr.savepoint()

    def _tie(self, edges, rule="manual"):
        links = [self.nodes[a]._attach(self.nodes[b], rule=rule) for a, b in edges]
        return self.env["scrm.identity.link"].union(*links)

    def _take_back(self, savepoint):
        self.env.flush_all()
        savepoint.close(rollback=True)
        self.env.invalidate_all()

    @PATIENT
    @given(graphs, graphs.filter(bool))
    def test_merging_and_undoing_leaves_no_trace(self, before, edges):
        savepoint = self._example()
        try:
            self._tie(before, rule="import")
            expected = self._snapshot()
            self._tie(edges).action_undo()
            self.assertEqual(expected, self._snapshot())
        finally:
            self._take_back(savepoint)

    @PATIENT
    @given(graphs, st.randoms(use_true_random=False))
    def test_the_order_of_merges_does_not_matter(self, edges, rng):
        shuffled = [rng.choice([edge, edge[::-1]]) for edge in edges]
        rng.shuffle(shuffled)
        snapshots = []
        for order in (edges, shuffled):
            savepoint = self._example()
            try:
                self._tie(order)
                snapshots.append(self._snapshot())
            finally:
                self._take_back(savepoint)
        self.assertEqual(*snapshots)

    @PATIENT
    @given(st.lists(st.tuples(pairs, st.booleans()), max_size=8))
    def test_incremental_equals_rebuilt(self, history):
        savepoint = self._example()
        try:
            for edge, undo in history:
                link = self._tie([edge])
                if undo:
                    link.action_undo()
            incremental = self._snapshot()
            self._forget_what_is_derived()
            self.env["scrm.identity"]._rebuild()
            self.nodes.origin_customer_id._rebuild_golden()
            self.assertEqual(incremental, self._snapshot())
        finally:
            self._take_back(savepoint)

    @PATIENT
    @given(graphs, st.lists(st.integers(0, NODES - 1), min_size=NODES, max_size=NODES))
    def test_whatever_the_caches_say_the_rebuild_mends_it_slice_by_slice(self, edges, wrong):
        savepoint = self._example()
        try:
            self._tie(edges)
            expected = self._snapshot()
            origins = self.nodes.origin_customer_id.ids
            for node, place in zip(self.nodes, wrong, strict=True):
                self.env.cr.execute(
                    "UPDATE scrm_identity SET customer_id = %s WHERE id = %s",
                    [origins[place], node.id],
                )
            self.env.cr.execute(
                "UPDATE scrm_customer SET merged_into_id = NULLIF(%s, id) WHERE id = ANY(%s)",
                [origins[wrong[0]], origins],
            )
            self.env.invalidate_all()
            with patch.object(identity_cluster, "SLICE", 1):
                self.env["scrm.identity"]._rebuild()
            self.nodes.origin_customer_id._rebuild_golden()
            self.assertEqual(expected, self._snapshot())
        finally:
            self._take_back(savepoint)
