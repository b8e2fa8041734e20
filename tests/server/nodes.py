"""Worlds as nodes: several on one log, on any bus, in one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast

from domain.ids import PlayerId
from server.bus.bus import Bus
from server.bus.leases import Leases, MemoryLeases
from server.eventlog.log import Log
from server.eventlog.memory import MemoryLog
from server.live.elsewhere import Elsewhere
from server.nodes import Nodes
from server.reactions import Reactions
from tests.server.serving import fresh_id
from tests.server.world import Client, World, running

NEVER_S = 3_600.0
"""So that whatever comes by the poll does not come."""


class Node:
    """A world that tells and hears."""

    def __init__(self, world: World, bus: Bus, leases: Leases, poll_s: float) -> None:
        self.bus = bus
        self.leases = leases
        self.world = world
        self.forgot: list[PlayerId] = []
        self.reactions = Reactions(world.log, world.commands, world.keys, world.clock, self._forget)
        self.nodes = Nodes(
            bus,
            world.hub,
            world.runner,
            react=lambda: self.reactions.notify(()),
            look_at_endings=world.sign_ins.look,
            poll_s=poll_s,
        )
        self.elsewhere = Elsewhere(world.presence, world.hub, bus, leases, world.clock)
        world.commands.on_commit(self.reactions.notify)
        world.commands.on_commit(self.nodes.committed)
        world.sign_ins.on_end(self.nodes.ended)

    def _forget(self, player: PlayerId) -> None:
        self.forgot.append(player)
        self.world.sessions.end(player)
        self.world.hub.forget(player)


@asynccontextmanager
async def node(
    bus: Bus,
    *,
    log: Log | None = None,
    beside: Node | None = None,
    leases: Leases | None = None,
    poll_s: float = NEVER_S,
) -> AsyncIterator[Node]:
    """A node at work; ``beside`` another one, on its log. Presence goes by hand."""
    async with running(log, beside=None if beside is None else beside.world) as world:
        if leases is None:
            theirs = None if beside is None else cast(MemoryLeases, beside.leases)
            leases = MemoryLeases(world.clock, fresh_id(), beside=theirs)
        one = Node(world, bus, leases, poll_s)
        tasks = [asyncio.create_task(work) for work in (one.nodes.run(), one.reactions.run())]
        try:
            yield one
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class SharedLog(MemoryLog):
    """A log in memory that several nodes write to."""

    @property
    def is_shared(self) -> bool:
        return True


@asynccontextmanager
async def two(
    *buses: Bus, log: Log | None = None, poll_s: float = NEVER_S
) -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes on one log."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(
            node(buses[0], log=log or SharedLog(), poll_s=poll_s)
        )
        second = await stack.enter_async_context(node(buses[1], beside=first, poll_s=poll_s))
        yield first, second


async def following(world: World, player: PlayerId, squad: str) -> Client:
    """A connection that is live in a squad."""
    client = Client(world, player)
    await client.follow(squad, 0)
    return client
