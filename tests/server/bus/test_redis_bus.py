"""The bus on Redis, when Redis fails: hints come again by themselves, and nobody waits for them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from redis.crc import key_slot

from loadtests.cluster.redis_servers import Cluster, RedisServer, one_redis, redis_cluster
from server.bus.bus import Bus
from server.bus.hints import Hint, partition_of
from server.bus.places import CLUSTER_PARTITIONS, TAGS
from server.metrics import BusMetrics
from tests.contracts.buses import BusMaker, Ear, making, up
from tests.server.world import until

SQUAD = "night owls"
SQUADS = [f"squad {number}" for number in range(200)]
"""Some in every partition."""
LONG_S = 30.0
"""How long a cluster may take to notice that a primary is gone, and everybody to follow."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A Redis that is there."""
    async with one_redis(tmp_path) as server:
        yield server


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    """A cluster of three primaries."""
    async with redis_cluster(tmp_path) as cluster:
        yield cluster


async def pair(maker: BusMaker) -> tuple[Ear, Ear]:
    """Two nodes that hear each other."""
    one, other = Ear(maker.make()), Ear(maker.make())
    await up(one.bus, other.bus)
    return one, other


def heard(ear: Ear) -> int:
    """How far the log is, as far as a node has heard."""
    return max((hint.seq for hint in ear.hints), default=0)


def has_heard(ear: Ear, seq: int) -> bool:
    """Whether a node has heard that the log is just so far."""
    return heard(ear) == seq


async def test_hints_come_again_when_redis_does(server: RedisServer) -> None:
    """And both are told that they may have missed some: what one sends first, the other may not
    hear yet."""
    async with making(server.url) as maker:
        one, other = await pair(maker)
        server.kill()
        await until(lambda: one.bus.failure and other.bus.failure)
        one.bus.tell(Hint(seq=1, heads={SQUAD: 1}))
        await server.start()
        await up(one.bus, other.bus)
        one.bus.tell(Hint(seq=2, heads={SQUAD: 2}))
        await until(lambda: heard(other) == 2)

        assert [2, 2] == [len(one.gaps), len(other.gaps)]


async def test_what_could_not_be_sent_goes_out_when_it_can(server: RedisServer) -> None:
    """All of it in one message: one who hears already hears it."""
    async with tapped(server) as (tap, url), making(url) as behind, making(server.url) as beside:
        one, other = Ear(behind.make()), Ear(beside.make())
        await up(one.bus, other.bus)
        await tap.close()
        await until(lambda: one.bus.failure)
        for seq in range(1, 4):
            one.bus.tell(Hint(seq=seq, heads={SQUAD: seq}))
        await tap.open()
        await until(lambda: heard(other) == 3)

        assert [Hint(seq=3, heads={SQUAD: 3})] == other.hints


async def test_a_node_starts_without_redis_and_says_why_it_hears_nothing(
    server: RedisServer,
) -> None:
    """And hears as soon as there is one."""
    server.kill()
    async with making(server.url) as maker:
        one, other = Ear(maker.make()), Ear(maker.make())
        await until(lambda: "connecting" in (other.bus.failure or ""))
        await server.start()
        await up(one.bus, other.bus)
        one.bus.tell(Hint(seq=1))
        await until(lambda: heard(other) == 1)

        assert [1, 1] == [len(one.gaps), len(other.gaps)]


async def test_of_two_games_on_one_redis_neither_hears_the_other(server: RedisServer) -> None:
    """Each log has an id."""
    async with making(server.url) as maker:
        ears = [Ear(maker.make(game=game)) for game in ("one", "one", "two")]
        await up(*(ear.bus for ear in ears))
        ears[0].bus.tell(Hint(seq=1))
        ears[2].bus.tell(Hint(seq=2))
        await until(lambda: heard(ears[1]) == 1)

        assert [0, 1, 0] == [heard(ear) for ear in ears]


async def test_what_cannot_be_read_is_passed_over(server: RedisServer) -> None:
    """A node of a version to come may say it."""
    async with making(server.url) as maker:
        one, other = await pair(maker)
        (channel,) = await server.ask("PUBSUB", "CHANNELS", "*")
        await server.ask("PUBLISH", channel, b"\xc1")
        one.bus.tell(Hint(seq=1))
        await until(lambda: heard(other) == 1)

        assert [None, None] == [one.bus.failure, other.bus.failure]


# A line that looks well and carries nothing


class Tap:
    """A proxy in front of a Redis that lets answers on some connections vanish, or cuts them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._here = 0
        self._listening: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.deaf: set[asyncio.StreamWriter] = set()
        self.subscribers: set[asyncio.StreamWriter] = set()

    def deafen(self) -> None:
        """From here on nothing comes back to those who have subscribed; they stay connected."""
        self.deaf |= self.subscribers

    async def open(self) -> str:
        """Listen, always at the same place; returns where."""
        self._listening = await asyncio.start_server(self._connect, "127.0.0.1", self._here)
        self._here = self._listening.sockets[0].getsockname()[1]
        return f"redis://127.0.0.1:{self._here}"

    async def close(self) -> None:
        """Cut whatever there is, and listen no more."""
        if self._listening is not None:
            self._listening.close()
            for writer in self._writers:
                writer.close()
            await self._listening.wait_closed()
            self._listening = None

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass a connection on."""
        there, away = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, away}
        await asyncio.gather(self._pass(reader, away, writer), self._pass(there, writer, None))

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        asks: asyncio.StreamWriter | None,
    ) -> None:
        while data := await reader.read(65_536):
            if asks is not None and b"\r\nSUBSCRIBE\r\n" in data:
                self.subscribers.add(asks)
            if writer not in self.deaf:
                writer.write(data)
        writer.close()


@asynccontextmanager
async def tapped(server: RedisServer) -> AsyncIterator[tuple[Tap, str]]:
    """A tap, and where it listens."""
    tap = Tap(server.port)
    try:
        yield tap, await tap.open()
    finally:
        await tap.close()


def lost(registry: CollectorRegistry) -> float:
    """Probes that were lost, as they are counted."""
    return registry.get_sample_value("gutsy_bus_probes_lost_total") or 0


async def test_a_subscription_that_is_silently_deaf_is_laid_anew(server: RedisServer) -> None:
    """Its connection stands and what is published is taken: only its own probe tells."""
    registry = CollectorRegistry()
    async with tapped(server) as (tap, url), making(url) as behind, making(server.url) as beside:
        deaf = Ear(behind.make(BusMetrics(registry)))
        other = Ear(beside.make())
        await up(deaf.bus, other.bus)
        tap.deafen()
        await until(lambda: deaf.bus.failure)
        await up(deaf.bus)
        other.bus.tell(Hint(seq=5))
        await until(lambda: heard(deaf) == 5)

        assert (1, 2) == (lost(registry), len(deaf.gaps))


async def test_hints_are_counted_and_probes_are_none(server: RedisServer) -> None:
    """Sent by one, received by the other."""
    mine, theirs = CollectorRegistry(), CollectorRegistry()
    async with making(server.url) as maker:
        one, other = Ear(maker.make(BusMetrics(mine))), Ear(maker.make(BusMetrics(theirs)))
        await up(one.bus, other.bus)
        for seq in (1, 2, 3):
            one.bus.tell(Hint(seq=seq))
            await until(partial(has_heard, other, seq))

        assert [(3, 0), (0, 3)] == [
            tuple(
                registry.get_sample_value("gutsy_bus_hints_total", {"way": way})
                for way in ("sent", "received")
            )
            for registry in (mine, theirs)
        ]


# A cluster


def test_partitions_are_spread_evenly_over_the_slots() -> None:
    """Each has a sixteenth of them to itself, wherever the primaries' shares end."""
    shares = [key_slot(tag.encode()) * CLUSTER_PARTITIONS // 16_384 for tag in TAGS]

    assert list(range(CLUSTER_PARTITIONS)) == shares


async def primary_of(cluster: Cluster, partition: int) -> int:
    """Which of the first three has a partition, when nothing has failed yet."""
    slot = key_slot(TAGS[partition].encode())
    for first, last, node, *_ in await cluster.servers[0].ask("CLUSTER", "SLOTS"):
        if first <= slot <= last:
            ports = [server.port for server in cluster.servers]
            return ports.index(node[1])
    raise AssertionError(slot)


async def squads_on(cluster: Cluster, number: int) -> set[str]:
    """Those of the squads whose partition is on a primary."""
    owners = [await primary_of(cluster, one) for one in range(CLUSTER_PARTITIONS)]
    return {squad for squad in SQUADS if owners[partition_of(squad, CLUSTER_PARTITIONS)] == number}


def tell_all(bus: Bus, n: int, only: set[str] | None = None) -> None:
    """A hint for each squad."""
    for squad in SQUADS if only is None else only:
        bus.tell(Hint(heads={squad: n}))


def at(ear: Ear, n: int) -> Iterator[str]:
    """The squads of which a node has heard that they are at ``n``."""
    return (squad for hint in ear.hints for squad, told in hint.heads.items() if told == n)


def has_all_at(ear: Ear, n: int, expected: set[str]) -> bool:
    """Whether a node has heard of each of these squads that it is at ``n``."""
    return expected <= set(at(ear, n))


@pytest.mark.slow
async def test_hints_come_again_when_a_replica_has_taken_over(cluster: Cluster) -> None:
    """For squads on other primaries they never stopped."""
    async with making(cluster.url) as maker:
        one, other = await pair(maker)
        gone = await squads_on(cluster, 1)
        cluster.servers[1].kill()
        await until(lambda: one.bus.failure)
        tell_all(one.bus, 1)
        await until(lambda: set(SQUADS) - gone <= set(at(other, 1)))
        await up(one.bus, other.bus, limit_s=LONG_S)
        tell_all(other.bus, 2)
        await until(lambda: set(SQUADS) == set(at(one, 2)))

        assert gone
        assert len(other.gaps) > CLUSTER_PARTITIONS  # once each at first, and those that were gone


@pytest.mark.slow
async def test_a_primary_that_hangs_holds_up_no_other(cluster: Cluster) -> None:
    """Its connections stand, and it answers nobody."""
    async with making(cluster.url) as maker:
        one, other = await pair(maker)
        held_up = await squads_on(cluster, 2)
        cluster.servers[2].stop()
        for n in range(1, 6):
            tell_all(one.bus, n, set(SQUADS) - held_up)
            await until(partial(has_all_at, other, n, set(SQUADS) - held_up))
        cluster.servers[2].go_on()
        await up(one.bus, other.bus, limit_s=LONG_S)
        tell_all(one.bus, 9)
        await until(lambda: set(SQUADS) == set(at(other, 9)))

        assert held_up


@pytest.mark.slow
async def test_a_partition_that_moves_is_followed(cluster: Cluster) -> None:
    """To another primary, as when the cluster is given more of them."""
    async with making(cluster.url) as maker:
        one, other = await pair(maker)
        number = await primary_of(cluster, 0)
        slot = key_slot(TAGS[0].encode())
        old, new = cluster.servers[number], cluster.servers[(number + 1) % 3]
        (old_id, new_id) = [str(await s.ask("CLUSTER", "MYID"), "ascii") for s in (old, new)]
        await new.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", old_id)
        await old.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", new_id)
        for server in (new, old):
            await server.ask("CLUSTER", "SETSLOT", slot, "NODE", new_id)
        await until(lambda: one.bus.failure and other.bus.failure)
        await up(one.bus, other.bus, limit_s=LONG_S)
        tell_all(one.bus, 1)
        await until(lambda: set(SQUADS) == set(at(other, 1)))

        assert number != await primary_of(cluster, 0)
