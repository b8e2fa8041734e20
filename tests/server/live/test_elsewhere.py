"""Presence over several nodes: one set for all of them, and no ghosts of a node that is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from loadtests.cluster.redis_servers import one_redis
from server.bus.bus import MemoryBus
from server.bus.leases import LASTS_S, RENEWED_S
from server.bus.redis_bus import RedisBus
from server.bus.redis_leases import RedisLeases
from server.live.presence import ACTIVE, AWAY, GOING_IN
from tests.contracts.buses import BusMaker, making, up
from tests.server.nodes import Node, SharedLog, following, node, two
from tests.server.world import Client, done, until

GHOSTS_MS = 60_000
"""After which nobody may be shown by a node that was killed."""


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes, whose presence goes by hand."""
    bus = MemoryBus()
    async with two(bus, MemoryBus(beside=bus)) as nodes:
        yield nodes


async def turn(*nodes: Node) -> None:
    """Let every node publish, and tell and hear the others, until nothing is due any more."""
    for _ in range(3):
        for one in nodes:
            one.world.presence.publish()
            await one.elsewhere.step()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    for one in nodes:
        one.world.presence.publish()


def shown(client: Client) -> dict[str, int]:
    """The newest set that a connection was sent."""
    found: dict[str, int] = client.of("pres")[-1]["b"]
    return found


async def squad_on(here: Node, there: Node) -> tuple[str, Client, Client]:
    """Maya's connection here and Sam's there, to their squad."""
    squad, (maya, sam) = await here.world.squad_of("Maya", "Sam")
    return (
        squad,
        await following(here.world, maya, squad),
        await following(there.world, sam, squad),
    )


async def test_whoever_is_around_on_one_node_is_shown_on_all(pair: tuple[Node, Node]) -> None:
    """As what they are, and when that changes."""
    here, there = pair
    squad, maya, sam = await squad_on(here, there)
    sets = []
    for state in (ACTIVE, GOING_IN):
        maya.send("act", s=squad, st=state)
        sam.send("act", s=squad, st=AWAY)
        await turn(here, there)
        sets += [shown(maya), shown(sam)]

    first, second = ({maya.player: state, sam.player: AWAY} for state in (ACTIVE, GOING_IN))
    assert [first, first, second, second] == sets


async def test_whoever_comes_later_sees_who_was_there(pair: tuple[Node, Node]) -> None:
    """Nobody has told that node, which had nobody in the squad."""
    here, there = pair
    squad, (maya, sam) = await here.world.squad_of("Maya", "Sam")
    mayas = await following(here.world, maya, squad)
    mayas.send("act", s=squad, st=ACTIVE)
    await turn(here, there)
    sams = await following(there.world, sam, squad)
    await turn(there)

    assert {maya: ACTIVE} == shown(sams)


async def test_whoever_lets_go_on_one_node_is_gone_on_all(pair: tuple[Node, Node]) -> None:
    """At once."""
    here, there = pair
    squad, maya, sam = await squad_on(here, there)
    maya.send("act", s=squad, st=ACTIVE)
    await turn(here, there)
    maya.send("unsub", id="1", s=squad)
    await turn(here, there)

    assert {} == shown(sam)


async def test_whoever_moves_to_another_node_does_not_flicker(pair: tuple[Node, Node]) -> None:
    """What they had by the connection that is lost ends when they are around by the other."""
    here, there = pair
    squad, maya, sam = await squad_on(here, there)
    maya.send("act", s=squad, st=GOING_IN)
    await turn(here, there)
    maya.session.lost()
    again = await following(there.world, maya.player, squad)
    again.send("act", s=squad, st=ACTIVE)
    sam.forget()
    await turn(there, here)
    await turn(there)

    assert [{maya.player: ACTIVE}] == [
        one for one in map(dict, (m["b"] for m in sam.of("pres"))) if one != {maya.player: GOING_IN}
    ]


async def test_of_a_node_that_is_killed_nobody_is_shown_after_a_minute(
    pair: tuple[Node, Node],
) -> None:
    """And everybody until its lease may be over."""
    here, there = pair
    squad, maya, sam = await squad_on(here, there)
    maya.send("act", s=squad, st=ACTIVE)
    await turn(here, there)
    before = shown(sam)
    for _ in range(GHOSTS_MS // 5_000):
        there.world.clock.pass_ms(5_000)  # the other node does nothing more
        await turn(there)

    assert ({maya.player: ACTIVE}, {}) == (before, shown(sam))


async def test_a_lease_that_is_renewed_stays(pair: tuple[Node, Node]) -> None:
    """Though nobody does anything."""
    here, there = pair
    squad, maya, sam = await squad_on(here, there)
    maya.send("act", s=squad, st=ACTIVE)
    await turn(here, there)
    sam.forget()
    for _ in range(2 * GHOSTS_MS // 5_000):
        there.world.clock.pass_ms(5_000)
        await turn(here, there)

    assert [] == sam.of("pres")


async def test_a_node_that_ends_takes_its_leases_with_it(pair: tuple[Node, Node]) -> None:
    """They do not have to run out."""
    here, there = pair
    squad, maya, sam = await squad_on(here, there)
    maya.send("act", s=squad, st=ACTIVE)
    await turn(here, there)
    await here.elsewhere.close()
    there.world.clock.pass_ms(int(RENEWED_S * 1000))
    await turn(there)

    assert {} == shown(sam)


async def test_who_is_out_is_not_shown_though_their_node_does_not_know_yet(
    pair: tuple[Node, Node],
) -> None:
    """It still renews their lease."""
    here, there = pair
    squad, maya, sam = await squad_on(here, there)
    sam.send("act", s=squad, st=ACTIVE)
    await turn(here, there)
    done(await here.world.do(maya.player, "squad.kick", {"player": sam.player}, squad=squad))
    here.world.presence.publish()
    maya.send("act", s=squad, st=AWAY)
    here.world.presence.publish()

    assert {maya.player: AWAY} == shown(maya)


async def test_a_squad_that_nobody_is_in_any_more_is_forgotten(pair: tuple[Node, Node]) -> None:
    """So that what a node holds is bounded by its followers."""
    here, there = pair
    squad, maya, sam = await squad_on(here, there)
    for client in (maya, sam):
        client.send("act", s=squad, st=ACTIVE)
    await turn(here, there)
    for client in (maya, sam):
        client.send("unsub", id="1", s=squad)
    await turn(here, there)
    maya.send("sub", id="2", s=squad, n=0)
    await until(lambda: len(maya.of("live")) == 2)

    assert {} == shown(maya)


# Real Redis, and everything at work by itself


@asynccontextmanager
async def at_work(maker: BusMaker, count: int = 2) -> AsyncIterator[list[Node]]:
    """Nodes on a Redis whose presence goes by itself."""
    async with AsyncExitStack() as stack:
        nodes: list[Node] = []
        tasks = []
        for _ in range(count):
            bus = maker.make()
            assert isinstance(bus, RedisBus)
            first = nodes[0] if nodes else None
            one = await stack.enter_async_context(
                node(
                    bus,
                    log=None if first else SharedLog(),
                    beside=first,
                    leases=RedisLeases(bus.places, bus.node),
                )
            )
            nodes.append(one)
            tasks += [
                asyncio.create_task(work)
                for work in (one.world.presence.run(), one.elsewhere.run())
            ]
        await up(*(one.bus for one in nodes))
        try:
            yield nodes
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_presence_comes_back_with_redis(tmp_path: Path) -> None:
    """A new one, that knows nothing: every node puts what it has."""
    async with (
        one_redis(tmp_path) as server,
        making(server.url) as maker,
        at_work(maker) as (here, there),
    ):
        squad, maya, sam = await squad_on(here, there)
        maya.send("act", s=squad, st=ACTIVE)
        await until(lambda: shown(sam) == {maya.player: ACTIVE})
        server.kill()
        await until(lambda: here.bus.failure and there.bus.failure)
        there.world.clock.pass_ms(int(LASTS_S * 1000))
        sam.send("act", s=squad, st=AWAY)
        await until(lambda: shown(sam) == {sam.player: AWAY})
        await server.start()
        both = {maya.player: ACTIVE, sam.player: AWAY}
        await until(lambda: shown(sam) == shown(maya) == both)
