"""Every kind of bus, on real servers, and as many nodes on it as a test wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from loadtests.cluster.redis_servers import one_redis, redis_cluster
from server.bus.bus import Bus, MemoryBus
from server.bus.hints import Hint
from server.bus.places import places_at
from server.bus.redis_bus import RedisBus
from server.clock import Clock
from server.metrics import BusMetrics
from tests.server.world import LIMIT_S, until

KINDS = ("memory", "redis", "cluster")
PROBE_S = 0.2


class Ear:
    """What a node has heard."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.hints: list[Hint] = []
        self.gaps: list[None] = []
        bus.on_hint(self.hints.append)
        bus.on_gap(lambda: self.gaps.append(None))


class BusMaker:
    """Puts nodes on one bus; ``url`` None: the one in memory."""

    def __init__(self, url: str | None) -> None:
        self.url = url
        self._first: MemoryBus | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def make(self, metrics: BusMetrics | None = None, game: str = "game") -> Bus:
        """A node's bus, at work."""
        bus: Bus
        if self.url is None:
            bus = MemoryBus(beside=self._first)
            self._first = self._first or bus
        else:
            bus = RedisBus(places_at(self.url, game), Clock(), metrics, probe_s=PROBE_S)
        self._tasks.append(asyncio.create_task(bus.run()))
        return bus

    async def close(self) -> None:
        """Stop them all."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def making(url: str | None) -> AsyncIterator[BusMaker]:
    """Buses that are stopped in the end."""
    maker = BusMaker(url)
    try:
        yield maker
    finally:
        await maker.close()


@asynccontextmanager
async def bus_of(kind: str, folder: Path) -> AsyncIterator[BusMaker]:
    """A bus of one of the KINDS."""
    if kind == "memory":
        async with making(None) as maker:
            yield maker
    elif kind == "redis":
        async with one_redis(folder) as server, making(server.url) as maker:
            yield maker
    else:
        async with redis_cluster(folder) as cluster, making(cluster.url) as maker:
            yield maker


async def up(*buses: Bus, limit_s: float = LIMIT_S) -> None:
    """Wait until hints come and go."""
    await until(lambda: not [bus.failure for bus in buses if bus.failure is not None], limit_s)
