"""Faults of nodes: killed, frozen, restarted in turn."""

import asyncio
from collections.abc import Sequence

from loadtests.faults.fault import Fault
from loadtests.faults.world import World
from loadtests.node import Node


class NodeKilled(Fault):
    """``kill -9`` of one of three."""

    name = "node killed"
    says = "one node of three gets `kill -9`, and is started 2 s later"
    late_s = None
    needs = ("came back",)

    async def inject(self, world: World) -> None:
        """Any of them."""
        world.choose_node().kill()

    async def heal(self, world: World) -> None:
        """Until it serves again."""
        await started([world.node])


class NodesKilled(Fault):
    """All of them."""

    name = "all nodes killed"
    says = "all three nodes get `kill -9`, and are started 1 s later"
    hold_s = 1.0
    late_s = None
    needs = ("came back",)

    async def inject(self, world: World) -> None:
        """At once."""
        for node in world.house.nodes:
            node.kill()

    async def heal(self, world: World) -> None:
        """Until each serves again."""
        await started(world.house.nodes)


class NodeFrozen(Fault):
    """One hangs for so long that its players give it up; then it goes on where it was."""

    name = "node frozen"
    says = "one node of three is stopped for 6 s (SIGSTOP), and goes on"
    hold_s = 6.0
    late_s = None
    needs = ("came back",)

    async def inject(self, world: World) -> None:
        """Any of them."""
        world.choose_node().freeze()

    async def heal(self, world: World) -> None:
        """What came to it meanwhile is still there, and old."""
        world.node.thaw()


class NodesRestarted(Fault):
    """As when a new version is put in."""

    name = "rolling restart"
    says = "each node in turn is ended in good order (SIGTERM) and started"
    hold_s = 0.0
    late_s = None
    needs = ("came back",)

    async def inject(self, world: World) -> None:
        """One after the other."""
        for node in world.house.nodes:
            await asyncio.to_thread(node.stop)
            await started([node])


async def started(nodes: Sequence[Node]) -> None:
    """Start nodes together, and wait until all serve."""
    for node in nodes:
        node.launch()
    await asyncio.gather(*(asyncio.to_thread(node.wait_until_ready) for node in nodes))
