"""What a connection that says nothing holds, in traced bytes: not RSS, of which half is chance.

`make bench` says what it is for the whole process.
"""

import gc
import tracemalloc
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import websockets

from loadtests.bench.population import Population, populate, ticket
from server.commands.streams import squad_stream
from tests.server.serving import RawSocket, Served, message, raw, serving
from tests.server.world import until

ROOT = Path(__file__).parents[3]
OURS = [str(ROOT / package / "*") for package in ("server", "domain", "projections")]
LIBRARY = str(Path(websockets.__file__).parent / "*")
SQUADS = 21
SIZE = 10
MEASURED = (SQUADS - 1) * SIZE
BYTES_OF_OURS = 3_600
"""Of each connection, with a tenth of its room: 2,600 were measured."""
BYTES_OF_LIBRARY = 1_600
"""Of each connection: 900 were measured, where the request and its headers took 3,200 more."""
LARGE = 12_000
"""Bytes of a message that is let in."""


def traced(patterns: Sequence[str]) -> int:
    """What the lines of these files have made and is still there."""
    gc.collect()
    filters = [tracemalloc.Filter(inclusive=True, filename_pattern=p) for p in patterns]
    snapshot = tracemalloc.take_snapshot().filter_traces(filters)
    return sum(trace.size for trace in snapshot.traces)


async def come_in(
    stack: AsyncExitStack, served: Served, folder: Path, population: Population, squads: range
) -> list[RawSocket]:
    """Every member of some squads, live at its head, with the views that they are owed."""
    wires = []
    log = served.services.log
    for place in squads:
        squad = population.squads[place]
        stream = squad_stream(squad)
        head = log.heads([stream])[stream]
        for player in population.members(place):
            wire = await stack.enter_async_context(raw(served))
            assert await wire.handshake() == 101
            wire.send(message("hello", v=1, c="x", a=ticket(folder, player), s={squad: head}))
            await wire.message("live")
            wires.append(wire)
    views = served.services.views
    await until(lambda: not views._wanted)
    return wires


async def test_an_idle_connection_holds_little(tmp_path: Path) -> None:
    """Nothing of its handshake, of what it said, of what it was sent or of its squad's past."""
    population = populate(tmp_path, squads=SQUADS, size=SIZE)
    async with serving(tmp_path) as served, AsyncExitStack() as stack:
        tracemalloc.start()
        stack.callback(tracemalloc.stop)
        await come_in(stack, served, tmp_path, population, range(1))  # what is made once
        before = traced(OURS), traced([LIBRARY])
        await come_in(stack, served, tmp_path, population, range(1, SQUADS))
        after = traced(OURS), traced([LIBRARY])

    ours, library = ((now - then) / MEASURED for then, now in zip(before, after, strict=True))
    assert ours < BYTES_OF_OURS
    assert library < BYTES_OF_LIBRARY


async def test_a_large_message_is_held_no_longer_than_it_is_read(tmp_path: Path) -> None:
    """Though the protocol keeps its last frame until the next one."""
    population = populate(tmp_path, squads=1, size=1)
    async with serving(tmp_path) as served, AsyncExitStack() as stack:
        (wire,) = await come_in(stack, served, tmp_path, population, range(1))
        tracemalloc.start()
        stack.callback(tracemalloc.stop)
        wire.send(message("cmd", id="x", k="squad.create", b={"name": "x" * LARGE}))
        await wire.message("err")
        held = traced([LIBRARY])

    assert held < LARGE
