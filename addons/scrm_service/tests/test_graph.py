"""Which flows hold: pure rules, no database."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.graph import Problem, check_flow

SIZE = 5
KINDS = ("start", "work", "wait_customer", "wait_internal", "done", "cancel")


def problems(kinds, edges):
    return {finding.problem for finding in check_flow(kinds, edges)}


@tagged("post_install", "-at_install")
class TestGraph(BaseCase):
    FLOW = {"a": "start", "b": "work", "c": "done", "x": "cancel"}
    EDGES = [("a", "b"), ("b", "c"), ("a", "x"), ("b", "x")]

    def test_the_repair_shape_holds(self):
        self.assertEqual([], check_flow(self.FLOW, self.EDGES))

    def test_no_start(self):
        kinds = {**self.FLOW, "a": "work"}
        self.assertEqual({Problem.NO_START}, problems(kinds, self.EDGES))

    def test_two_starts_are_named(self):
        kinds = {**self.FLOW, "b": "start"}
        (finding,) = check_flow(kinds, self.EDGES)
        self.assertEqual((Problem.SEVERAL_STARTS, ("a", "b")), (finding.problem, finding.nodes))

    def test_no_done(self):
        self.assertIn(Problem.NO_DONE, problems({**self.FLOW, "c": "cancel"}, self.EDGES))

    def test_unreachable_is_named(self):
        kinds = {**self.FLOW, "lost": "work"}
        edges = [*self.EDGES, ("lost", "c")]
        (finding,) = check_flow(kinds, edges)
        self.assertEqual((Problem.UNREACHABLE, ("lost",)), (finding.problem, finding.nodes))

    def test_dead_end_is_named(self):
        kinds = {**self.FLOW, "stuck": "wait_customer"}
        edges = [*self.EDGES, ("b", "stuck"), ("stuck", "x")]
        (finding,) = check_flow(kinds, edges)
        self.assertEqual((Problem.DEAD_END, ("stuck",)), (finding.problem, finding.nodes))

    def test_no_step_leaves_an_end(self):
        self.assertEqual({Problem.LEAVES_END}, problems(self.FLOW, [*self.EDGES, ("c", "b")]))

    def test_foreign_node(self):
        self.assertEqual({Problem.FOREIGN}, problems(self.FLOW, [*self.EDGES, ("a", "z")]))

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=SIZE),
        mask=st.integers(min_value=0, max_value=2 ** (SIZE * SIZE) - 1),
    )
    def test_a_flow_that_holds_lets_every_open_node_finish(self, kinds, mask):
        """Against a second, naive reading of the rules: walk every path by brute force."""
        flow = dict(enumerate(kinds))
        cells = [(source, target) for source in range(SIZE) for target in range(SIZE)]
        edges = {
            edge
            for place, edge in enumerate(cells)
            if mask >> place & 1 and edge[0] in flow and edge[1] in flow
        }

        def walk(node):
            seen, front = {node}, {node}
            while front:
                front = {t for s, t in edges if s in front} - seen
                seen |= front
            return seen

        starts = [node for node, kind in flow.items() if kind == "start"]
        holds = (
            len(starts) == 1
            and "done" in kinds
            and walk(starts[0]) == set(flow)
            and not any(flow[source] in ("done", "cancel") for source, _target in edges)
            and all(
                any(flow[reached] == "done" for reached in walk(node))
                for node, kind in flow.items()
                if kind not in ("done", "cancel")
            )
        )
        self.assertEqual(holds, not check_flow(flow, edges))
