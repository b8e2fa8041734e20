"""The port of leases that nodes show each other, and the adapter for nodes in one process.

A node keeps one lease for each squad: who is around there by its connections, and as what. It ends
by itself unless it is renewed, and with it whatever a node leaves behind that was killed.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from domain.ids import PlayerId
from server.clock import Clock

LASTS_S = 30.0
RENEWED_S = 10.0
"""Whoever was killed is shown for as long as a lease lasts, and until the others look again: at
most 40 s, where rules and protocol allow 60."""

States = Mapping[PlayerId, int]
"""Who is around, and as what."""


class Leases(ABC):
    """The leases of all nodes, as one of them sees them."""

    @abstractmethod
    async def exchange(self, own: Mapping[str, States]) -> Mapping[str, Mapping[str, States]]:
        """Renew this node's lease in each of these squads, and return those of the others.

        Args:
            own: by squad; who is around, in place of whoever was before. Nobody: the lease ends.

        Returns:
            For each of the squads, by node. A squad is missing where that could not be done, or
            nobody knows whether it was; doing it again is harmless.
        """


class MemoryLeases(Leases):
    """Leases of nodes that share a process, as in tests. The reference."""

    def __init__(self, clock: Clock, node: str, beside: "MemoryLeases | None" = None) -> None:
        self._clock = clock
        self._node = node
        self._all: dict[tuple[str, str], tuple[float, States]]
        self._all = {} if beside is None else beside._all

    async def exchange(self, own: Mapping[str, States]) -> Mapping[str, Mapping[str, States]]:
        now_s = self._clock.steady()
        for squad, states in own.items():
            self._all.pop((squad, self._node), None)
            if states:
                self._all[squad, self._node] = (now_s + LASTS_S, states)
        return {
            squad: {
                node: states
                for (where, node), (ends_s, states) in self._all.items()
                if where == squad and node != self._node and ends_s > now_s
            }
            for squad in own
        }
