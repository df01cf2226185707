"""The arithmetic of recognising: chains of evidence, survivorship, limits."""

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.scrm_base.tools.clusters import winners
from odoo.addons.scrm_base.tools.evidence_path import find_path
from odoo.addons.scrm_base.tools.limits import ClusterLimits
from odoo.addons.scrm_base.tools.survivorship import Claim, choose

# A busy machine is no fault of the code's.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NODES = 10
DAY = datetime(2026, 11, 3)

nodes = st.integers(0, NODES - 1)
edges = st.lists(st.tuples(nodes, nodes), max_size=20).map(
    lambda pairs: [(index, *pair) for index, pair in enumerate(pairs)]
)
claims = st.lists(
    st.builds(
        Claim,
        value=st.sampled_from(["陈", "陈女士", "Ms Chen"]),
        identity=st.integers(1, 5),
        source=st.just("x"),
        verified=st.booleans(),
        manual=st.integers(0, 2),
        at=st.integers(0, 2).map(lambda days: DAY + timedelta(days=days)),
        priority=st.integers(0, 2),
    ),
    max_size=6,
)


@tagged("post_install", "-at_install")
class TestEvidencePath(BaseCase):
    def test_worked_example(self):
        graph = [("chat", "openid", "phone"), ("card", "phone", "contact"), ("x", "a", "b")]
        self.assertEqual(
            [("chat", "phone"), ("card", "contact")], find_path(graph, "openid", "contact")
        )
        self.assertEqual([], find_path(graph, "a", "a"))
        self.assertIsNone(find_path(graph, "a", "phone"))
        short = [*graph, ("manual", "contact", "openid")]
        self.assertEqual([("manual", "contact")], find_path(short, "openid", "contact"))

    @PATIENT
    @given(edges, nodes, nodes)
    def test_a_path_leads_there_and_exists_where_one_customer_does(self, graph, start, goal):
        path = find_path(graph, start, goal)
        clusters = winners({n: n for n in range(NODES)}, [edge[1:] for edge in graph])
        self.assertEqual(clusters[start] == clusters[goal], path is not None)
        node = start
        for edge, other in path or []:
            self.assertEqual({node, other}, set(graph[edge][1:]))
            node = other
        if path is not None:
            self.assertEqual(goal, node)
            self.assertEqual(len(path), len(find_path(graph, goal, start)))


@tagged("post_install", "-at_install")
class TestSurvivorship(BaseCase):
    def test_the_order_of_the_reasons(self):
        base = Claim("陈", 9, "openid", at=DAY)
        for better, reason in [
            (Claim("王", 10, "x", verified=True), "verified"),
            (Claim("王", 10, "x", manual=1), "manual"),
            (Claim("王", 10, "x", at=DAY + timedelta(days=1)), "newest"),
            (Claim("王女士", 10, "x", at=DAY), "complete"),
            (Claim("王", 10, "x", at=DAY, priority=1), "priority"),
            (Claim("王", 8, "x", at=DAY), "first"),
        ]:
            with self.subTest(reason=reason):
                self.assertEqual((better, reason), choose([base, better]))
                self.assertEqual((better, reason), choose([better, base]))
        self.assertEqual("only", choose([base, Claim("陈", 1, "phone")])[1])
        self.assertIsNone(choose([]))

    @PATIENT
    @given(claims, st.randoms(use_true_random=False))
    def test_the_order_of_the_claims_does_not_matter(self, said, rng):
        shuffled = list(said)
        rng.shuffle(shuffled)
        first, second = choose(said), choose(shuffled)
        self.assertEqual(bool(said), first is not None)
        if first:
            self.assertEqual((first[0].value, first[1]), (second[0].value, second[1]))
            self.assertTrue(all(claim.rank() <= first[0].rank() for claim in said))


@tagged("post_install", "-at_install")
class TestClusterLimits(BaseCase):
    def test_worked_example(self):
        limits = ClusterLimits({1: {"phone": 2}, 2: {"phone": 1, "openid": 1}, 3: {}}, largest=5)
        self.assertEqual("phone", limits.find_excess(1, 2, {"phone": 2}))
        self.assertIsNone(limits.find_excess(1, 2, {"phone": 3}))
        self.assertIsNone(limits.find_excess(1, 3, {"phone": 1}))
        limits.unite(1, 2, 2)
        self.assertIsNone(limits.find_excess(2, 3, {}))
        limits.unite(2, 3, 3)
        self.assertEqual("size", ClusterLimits({1: {"x": 3}, 2: {"y": 3}}, 5).find_excess(1, 2, {}))

    @PATIENT
    @given(st.lists(st.tuples(nodes, nodes), max_size=30), st.integers(1, 4), st.integers(1, 12))
    def test_no_cluster_ever_holds_more(self, pairs, most, largest):
        limits = ClusterLimits({n: {"phone": 1} for n in range(NODES)}, largest)
        cluster = {n: n for n in range(NODES)}
        for left, right in pairs:
            roots = cluster[left], cluster[right]
            if roots[0] != roots[1] and not limits.find_excess(*roots, {"phone": most}):
                limits.unite(*roots, roots[0])
                cluster = {n: roots[0] if c == roots[1] else c for n, c in cluster.items()}
        sizes = [list(cluster.values()).count(root) for root in set(cluster.values())]
        self.assertLessEqual(max(sizes), max(1, min(most, largest)))
