"""Several nodes on one log: each shows what any of them commits, and one play is one play."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from loadtests.cluster.redis_servers import RedisServer, one_redis
from server.bus.bus import MemoryBus
from server.bus.hints import Hint
from server.eventlog.log import StoredEvent
from server.eventlog.sqlite import SQLiteLog
from tests.contracts.buses import KINDS, bus_of, making, up
from tests.server.nodes import Node, SharedLog, following, two
from tests.server.world import Client, done, refusal, until


class SharedFile(SQLiteLog):
    """A log in a file that several nodes of one process write to."""

    @property
    def is_shared(self) -> bool:
        return True


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes on a bus in memory."""
    bus = MemoryBus()
    async with two(bus, MemoryBus(beside=bus)) as nodes:
        yield nodes


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A Redis that is there."""
    async with one_redis(tmp_path) as server:
        yield server


def numbers(client: Client, squad: str) -> list[int]:
    """The numbers of the events that came."""
    return [event["n"] for event in client.events(squad) if event is not None]


# What one commits, the other shows


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind == "cluster")) for kind in KINDS]
)
async def test_wire_p3_a_dare_played_over_two_nodes_reaches_both_whole(
    kind: str, tmp_path: Path
) -> None:
    """Issued on one, accepted on the other and so on: in order, without a gap or a double."""
    log = SharedFile(tmp_path / "gutsy.db")
    async with (
        bus_of(kind, tmp_path) as maker,
        two(maker.make(), maker.make(), log=log) as (here, there),
    ):
        await up(here.bus, there.bus)
        squad, (maya, sam) = await here.world.squad_of("Maya", "Sam")
        ann, bob = (
            await following(here.world, maya, squad),
            await following(there.world, sam, squad),
        )
        for _ in range(5):
            dare = await here.world.dare(maya, sam, squad)
            done(await there.world.do(sam, "dare.accept", {"dare": dare}, squad=squad))
            done(await here.world.do(maya, "squad.rename", {"name": f"Owls {dare}"}, squad=squad))
            done(await there.world.do(sam, "dare.bail", {"dare": dare}, squad=squad))
        head = len(here.world.facts(squad))
        await ann.reach(squad, head)
        await bob.reach(squad, head)
        await until(lambda: here.world.runner.position == log.last_seq())
        await until(lambda: there.world.runner.position == log.last_seq())

        assert [list(range(1, head + 1))] * 2 == [numbers(ann, squad), numbers(bob, squad)]


async def test_a_refusal_is_decided_on_what_all_nodes_have_written(
    pair: tuple[Node, Node],
) -> None:
    """Nothing is appended, so no conflict would tell that this node's state is old."""
    here, there = pair
    squad, (maya, sam) = await here.world.squad_of("Maya", "Sam")
    done(await there.world.do(maya, "squad.rename", {"name": "Owls"}, squad=squad))  # in memory now
    dare = await here.world.dare(maya, sam, squad)
    accepted = done(await there.world.do(sam, "dare.accept", {"dare": dare}, squad=squad))
    again = refusal(await here.world.do(sam, "dare.accept", {"dare": dare}, squad=squad))

    assert ({}, "WRONG_STATE") == (accepted, again)


async def test_whoever_joined_on_one_node_is_let_in_by_another(pair: tuple[Node, Node]) -> None:
    """Also where the squad is in memory, and nobody is in it."""
    here, there = pair
    squad, (maya,) = await here.world.squad_of("Maya")
    code = await here.world.invite(maya, squad)
    client = await following(there.world, maya, squad)
    client.session.lost()
    sam = await here.world.register("Sam")
    done(await here.world.do(sam, "squad.join", {"code": code}))
    client = await following(there.world, sam, squad)

    assert list(range(1, 5)) == numbers(client, squad)


async def test_inv_s6_who_is_kicked_on_one_node_sees_nothing_more_on_another(
    pair: tuple[Node, Node],
) -> None:
    """Their own leave is the last that they are shown."""
    here, there = pair
    squad, (maya, sam) = await here.world.squad_of("Maya", "Sam")
    client = await following(there.world, sam, squad)
    done(await here.world.do(maya, "squad.kick", {"player": sam}, squad=squad))
    await here.world.invite(maya, squad)
    out = await client.first("out")
    await there.world.hub.poll()

    assert ("kicked", [1, 2, 3, 4, 5]) == (out["why"], numbers(client, squad))


# Hints are only hints


async def test_what_a_hint_tells_of_many_squads_is_read_in_one_go() -> None:
    """However many there are, and whatever comes meanwhile in the next."""

    class Counting(SharedLog):
        """A log that remembers of how many squads each read was."""

        reads: list[int]

        def read_streams(self, after: Mapping[str, int], limit: int) -> list[StoredEvent]:
            self.reads.append(len(after))
            return super().read_streams(after, limit)

    log = Counting()
    log.reads = []
    async with two(MemoryBus(), MemoryBus(), log=log) as (here, there):
        squads = [await here.world.squad_of(name) for name in ("Maya", "Sam", "Kim")]
        clients = [await following(there.world, one, squad) for squad, (one,) in squads]
        for squad, (one,) in squads:
            await here.world.invite(one, squad)
        heads = {squad: len(here.world.facts(squad)) for squad, _ in squads}
        log.reads.clear()
        there.nodes.hear(Hint(seq=log.last_seq(), heads=heads))
        for client, (squad, _) in zip(clients, squads, strict=True):
            await client.reach(squad, heads[squad])
        reads = list(log.reads)

    assert reads == [3]


async def test_hints_doubled_late_and_made_up_change_nothing(pair: tuple[Node, Node]) -> None:
    """The log says what is so."""
    here, there = pair
    squad, (maya, _) = await here.world.squad_of("Maya", "Sam")
    client = await following(there.world, maya, squad)
    head = len(here.world.facts(squad))
    for n in (head, head - 1, head + 1_000, head):
        there.nodes.hear(Hint(seq=n, heads={squad: n, "nobody's": n}))
    await here.world.invite(maya, squad)
    await client.reach(squad, head + 1)

    assert list(range(1, head + 2)) == numbers(client, squad)


async def test_wire_p4_what_no_hint_has_brought_comes_by_looking() -> None:
    """Two nodes that hear nothing of each other at all."""
    async with two(MemoryBus(), MemoryBus()) as (here, there):
        squad, (maya, sam) = await here.world.squad_of("Maya", "Sam")
        client = await following(there.world, maya, squad)
        await here.world.dare(maya, sam, squad)
        await there.nodes.look()
        await there.world.hub.poll()
        await until(lambda: there.world.runner.position == here.world.log.last_seq())
        head = len(here.world.facts(squad))
        await client.reach(squad, head)

        assert list(range(1, head + 1)) == numbers(client, squad)


async def test_commands_do_not_wait_while_redis_is_gone_and_all_of_it_comes_late(
    server: RedisServer,
) -> None:
    """By the look that follows when hints come again: nothing here polls."""
    async with (
        making(server.url) as maker,
        two(maker.make(), maker.make()) as (here, there),
    ):
        await up(here.bus, there.bus)
        squad, (maya, _) = await here.world.squad_of("Maya", "Sam")
        client = await following(there.world, maya, squad)
        server.kill()
        for _ in range(20):
            await here.world.invite(maya, squad)
        await until(lambda: there.bus.failure)
        await server.start()
        head = len(here.world.facts(squad))
        await client.reach(squad, head)

        assert list(range(1, head + 1)) == numbers(client, squad)


# Gone for good


async def test_inv_p1_somebody_erased_on_one_node_is_forgotten_by_all(
    pair: tuple[Node, Node],
) -> None:
    """Their key, their words in frames, and their sockets."""
    here, there = pair
    squad, (maya, sam) = await here.world.squad_of("Maya", "Sam")
    sams, mayas = (
        await following(there.world, sam, squad),
        await following(there.world, maya, squad),
    )
    done(await here.world.do(sam, "player.erase", {"confirm": "Sam"}))
    await until(lambda: there.forgot == here.forgot == [sam])
    await until(lambda: sams.close_code)
    await until(lambda: mayas.of("snap"))

    assert [] == [m for m in mayas.of("snap")[-1:] if "Sam" in str(m)]


async def test_a_device_signed_out_on_one_node_is_closed_on_another(
    pair: tuple[Node, Node],
) -> None:
    """And its cookie lets nobody in any more."""
    here, there = pair
    maya = await here.world.register("Maya")
    phone, laptop = here.world.auth.begin(maya), here.world.auth.begin(maya)
    client = Client(there.world, maya, cookie=phone)
    await here.world.sign_ins.end(phone)
    await until(lambda: client.close_code)

    assert [True, False] == [there.world.auth.is_over(one) for one in (phone, laptop)]


async def test_what_was_signed_out_while_hints_were_lost_is_found_by_looking() -> None:
    """Everywhere, too; and looking again closes nothing anew."""
    async with two(MemoryBus(), MemoryBus()) as (here, there):
        maya = await here.world.register("Maya")
        phone = here.world.auth.begin(maya)
        await here.world.sign_ins.end_everywhere(phone)
        before = there.world.auth.is_over(phone)
        await there.nodes.look()
        await there.nodes.look()

        assert [False, True] == [before, there.world.auth.is_over(phone)]
