"""Why two handles are one customer: the shortest chain of evidence between them."""

from collections import deque
from collections.abc import Hashable, Iterable
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)
Edge = TypeVar("Edge", bound=Hashable)


def find_path(
    edges: Iterable[tuple[Edge, Node, Node]], start: Node, goal: Node
) -> list[tuple[Edge, Node]] | None:
    """Return the shortest chain from one node to another, or None where nothing ties them.

    Of chains of one length it is the one whose edges come first, so the answer is always the same.

    :param edges: (edge, node, node) of the evidence in force
    :return: [(edge, the node that it leads to)], empty from a node to itself
    """
    neighbours: dict[Node, list[tuple[Edge, Node]]] = {}
    for edge, left, right in edges:
        neighbours.setdefault(left, []).append((edge, right))
        neighbours.setdefault(right, []).append((edge, left))
    came_by: dict[Node, tuple[Edge, Node] | None] = {start: None}
    todo = deque([start])
    while todo and goal not in came_by:
        node = todo.popleft()
        for edge, other in neighbours.get(node, ()):
            if other not in came_by:
                came_by[other] = (edge, node)
                todo.append(other)
    if goal not in came_by:
        return None
    path, node = [], goal
    while came_by[node] is not None:
        edge, previous = came_by[node]
        path.append((edge, node))
        node = previous
    return path[::-1]
