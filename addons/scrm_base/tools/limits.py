"""How far clusters may grow without a person: limits that hold while they are being united."""

from collections import Counter
from collections.abc import Hashable, Mapping


class ClusterLimits:
    """What the clusters of a batch hold, kept up to date as they are united.

    :param held: {cluster: {type of handle: number}} before the batch
    :param largest: how many handles one customer may have
    """

    def __init__(self, held: Mapping[Hashable, Mapping[str, int]], largest: int):
        self._held = {cluster: Counter(counts) for cluster, counts in held.items()}
        self._largest = largest

    def find_excess(self, left: Hashable, right: Hashable, limits: Mapping[str, int]) -> str | None:
        """Return what stands against uniting two clusters: a type of handle, or "size".

        A cluster that is beyond a limit already, by a person's decision, takes no more of that
        type, and may be united with one that has none.

        :param limits: {type of handle: how many one customer may have}
        """
        mine, theirs = self._held[left], self._held[right]
        for id_type, limit in limits.items():
            if mine[id_type] and theirs[id_type] and mine[id_type] + theirs[id_type] > limit:
                return id_type
        return "size" if mine.total() + theirs.total() > self._largest else None

    def unite(self, left: Hashable, right: Hashable, root: Hashable) -> None:
        """Note that two clusters have become one, called ``root``."""
        self._held[root] = self._held[left] + self._held[right]
