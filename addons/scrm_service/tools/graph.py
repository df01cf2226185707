"""Whether the nodes and transitions of a service template make a flow that ends.

Plain data in, problems out: no environment, so that the rules can be tested by themselves.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import Enum


class Problem(Enum):
    """What can be wrong with a flow; the caller words it in the user's language."""

    NO_START = "no_start"
    SEVERAL_STARTS = "several_starts"
    NO_DONE = "no_done"
    UNREACHABLE = "unreachable"
    DEAD_END = "dead_end"
    LEAVES_END = "leaves_end"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Finding:
    """One problem and the nodes it is about (may be empty)."""

    problem: Problem
    nodes: tuple[Hashable, ...] = ()


def _closure(seeds: Iterable[Hashable], arrows: dict[Hashable, set[Hashable]]) -> set[Hashable]:
    """Return ``seeds`` and everything that can be reached from them."""
    seen = set(seeds)
    todo = list(seen)
    while todo:
        for target in arrows.get(todo.pop(), ()):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def check_flow(
    kinds: dict[Hashable, str], edges: Iterable[tuple[Hashable, Hashable]]
) -> list[Finding]:
    """Return what is wrong with a flow, nothing when it holds.

    A flow holds when it has exactly one ``start``; every node can be reached from it; from every
    node that is not an end (``done``, ``cancel``) a ``done`` node can be reached; no arrow leaves
    an end or touches a node of another flow.

    :param kinds: node -> kind, in the order in which findings are to name them
    :param edges: pairs (from node, to node)
    """
    edges = list(edges)
    findings = []
    foreign = {node for edge in edges for node in edge if node not in kinds}
    if foreign:
        findings.append(Finding(Problem.FOREIGN))
        edges = [edge for edge in edges if not foreign.intersection(edge)]
    ends = {node for node, kind in kinds.items() if kind in ("done", "cancel")}
    starts = [node for node, kind in kinds.items() if kind == "start"]
    if not starts:
        findings.append(Finding(Problem.NO_START))
    elif len(starts) > 1:
        findings.append(Finding(Problem.SEVERAL_STARTS, tuple(starts)))
    done = {node for node, kind in kinds.items() if kind == "done"}
    if not done:
        findings.append(Finding(Problem.NO_DONE))
    leaving = {source for source, _target in edges if source in ends}
    if leaving:
        findings.append(Finding(Problem.LEAVES_END, tuple(n for n in kinds if n in leaving)))
    forward: dict[Hashable, set[Hashable]] = {}
    backward: dict[Hashable, set[Hashable]] = {}
    for source, target in edges:
        forward.setdefault(source, set()).add(target)
        backward.setdefault(target, set()).add(source)
    reached = _closure(starts, forward)
    unreachable = tuple(node for node in kinds if node not in reached)
    if starts and unreachable:
        findings.append(Finding(Problem.UNREACHABLE, unreachable))
    finishing = _closure(done, backward)
    dead = tuple(node for node in kinds if node not in finishing and node not in ends)
    if done and dead:
        findings.append(Finding(Problem.DEAD_END, dead))
    return findings
