"""The port of rates that all nodes share, and the adapter for nodes in one process."""

from abc import ABC, abstractmethod

from msgspec import Struct

from server.clock import Clock


class Rate(Struct, frozen=True, kw_only=True):
    """So many at once, and so many a second after that. ``kind`` keeps two rates apart."""

    kind: str
    per_s: float
    burst: float


class SharedRates(ABC):
    """One count for all nodes."""

    @abstractmethod
    async def take(self, rate: Rate, key: str) -> int | None:
        """0 and one fewer left, or how many ms to wait; None: nobody can say just now.

        Does not wait long for an answer.
        """


class MemoryRates(SharedRates):
    """Of nodes that share a process, as in tests. The reference."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free_at_s: dict[tuple[str, str], float] = {}

    async def take(self, rate: Rate, key: str) -> int | None:
        now_s, each_s = self._clock.steady(), 1 / rate.per_s
        free_s = max(now_s, self._free_at_s.get((rate.kind, key), now_s))
        wait_s = free_s - now_s - (rate.burst - 1) * each_s
        if wait_s > 0:
            return max(1, int(wait_s * 1000))
        self._free_at_s[rate.kind, key] = free_s + each_s
        return 0
