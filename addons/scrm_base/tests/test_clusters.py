import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.scrm_base.tools.clusters import winners

NODES = 12


@st.composite
def graphs(draw):
    """Nodes 0 to 11 with origins in any order, and edges between them."""
    origins = dict(enumerate(draw(st.permutations(range(100, 100 + NODES)))))
    node = st.integers(0, NODES - 1)
    return origins, draw(st.lists(st.tuples(node, node), max_size=20))


def components_by_walking(origins, edges):
    """The same question answered the slow way: walk from each node."""
    neighbours = {node: {node} for node in origins}
    for left, right in edges:
        neighbours[left].add(right)
        neighbours[right].add(left)
    result = {}
    for node in origins:
        seen, todo = set(), [node]
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                todo += neighbours[current]
        result[node] = min(origins[member] for member in seen)
    return result


# A busy machine is no fault of the code's.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@tagged("post_install", "-at_install")
class TestClusters(BaseCase):
    def test_worked_example(self):
        origins = {1: 10, 2: 7, 3: 30, 4: 5}
        self.assertEqual({1: 10, 2: 7, 3: 30, 4: 5}, winners(origins, []))
        self.assertEqual({1: 7, 2: 7, 3: 7, 4: 5}, winners(origins, [(1, 2), (3, 1)]))
        self.assertEqual({1: 7, 2: 7, 3: 30, 4: 5}, winners(origins, [(1, 2)]))

    def test_edges_out_of_sight_are_left_out(self):
        self.assertEqual({1: 10}, winners({1: 10}, [(1, 99)]))

    @PATIENT
    @given(graphs())
    def test_as_walking_finds(self, graph):
        self.assertEqual(components_by_walking(*graph), winners(*graph))

    @PATIENT
    @given(graphs(), st.randoms(use_true_random=False))
    def test_order_and_direction_do_not_matter(self, graph, rng):
        origins, edges = graph
        shuffled = [rng.choice([(a, b), (b, a)]) for a, b in edges]
        rng.shuffle(shuffled)
        nodes = list(origins.items())
        rng.shuffle(nodes)
        self.assertEqual(winners(origins, edges), winners(dict(nodes), shuffled))

    @PATIENT
    @given(graphs(), st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)))
    def test_an_edge_left_out_again_leaves_no_trace(self, graph, edge):
        origins, edges = graph
        before = winners(origins, edges)
        winners(origins, [*edges, edge])
        self.assertEqual(before, winners(origins, edges))

    def test_a_long_chain_is_no_recursion(self):
        count = 50_000
        edges = [(i, i + 1) for i in range(count - 1)]
        random.Random(1).shuffle(edges)
        self.assertEqual({0}, set(winners({i: i for i in range(count)}, edges).values()))
