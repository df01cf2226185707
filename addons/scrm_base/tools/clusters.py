"""Which nodes of a graph hang together: the arithmetic behind one customer.

Pure and independent of the order in which the edges came, so undoing a merge is leaving its
edge out and asking again.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


class UnionFind:
    """Disjoint sets with path halving; nodes appear when they are first named."""

    def __init__(self, nodes: Iterable[Hashable] = ()):
        self._parent: dict[Hashable, Hashable] = {node: node for node in nodes}

    def find(self, node: Hashable) -> Hashable:
        """Return the representative of the node's set."""
        parent = self._parent
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def union(self, left: Hashable, right: Hashable) -> None:
        """Make one set of the two that hold these nodes."""
        self._parent[self.find(left)] = self.find(right)


def winners(origins: Mapping[Node, int], edges: Iterable[tuple[Node, Node]]) -> dict[Node, int]:
    """Return for each node the lowest origin of its connected component.

    :param origins: node -> id of the customer that it was born with
    :param edges: pairs of nodes that are one person; pairs that name an unknown node are left out
    """
    sets = UnionFind(origins)
    for left, right in edges:
        if left in origins and right in origins:
            sets.union(left, right)
    lowest: dict[Hashable, int] = {}
    for node, origin in origins.items():
        root = sets.find(node)
        lowest[root] = min(origin, lowest.get(root, origin))
    return {node: lowest[sets.find(node)] for node in origins}
