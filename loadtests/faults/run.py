"""One kind of fault from the first player to the verdict.

Players come in through the proxy and play; the fault is injected and healed again and again until
enough was answered; then everybody comes to rest, and what they know is held against the log.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from loadtests.cluster.house import House
from loadtests.faults.checker import Violation
from loadtests.faults.clients import Table, everybody, gathered
from loadtests.faults.convergence import acknowledged, until_level
from loadtests.faults.fault import Fault
from loadtests.faults.history import Failed, History
from loadtests.faults.judging import head, judge
from loadtests.faults.net_faults import CLOSED_AS_SLOW
from loadtests.faults.proxy import proxied
from loadtests.faults.result import Result
from loadtests.faults.world import World
from loadtests.node import Node

HOUSE = {
    "GUTSY_COMMANDS_PER_S": "10000",
    "GUTSY_COMMAND_BURST": "100000",
    "GUTSY_MESSAGES_PER_S": "10000",
    "GUTSY_MESSAGE_BURST": "100000",
    "GUTSY_CONNECTIONS_PER_PLAYER": "100",
    "GUTSY_PING_MS": "1000",
    "GUTSY_SILENCE_MS": "3000",
}
"""No rates for players, and nodes that notice silence sooner than by default."""
SQUADS, SIZE = 8, 6
CALM_S = 3.0
"""Between two faults; in a short run less."""
LIMIT_S = 300.0
"""How long a run may take to have enough commands answered."""
LOOK_S = 0.05

Told = Callable[[int], None]
"""Hears how many commands have been answered."""


async def run(  # what is asked for, each named
    house: House,
    fault: Fault,
    *,
    commands: int,
    seed: int,
    path: Path,
    told: Told,
    calm_s: float = CALM_S,
) -> Result:
    """Play until so many commands were answered, and judge. ``path``: of the history's file."""
    history = History(path)
    ports = [node.port for node in house.nodes]
    try:
        with proxied(ports, seed, receive_bytes=fault.receive_bytes) as net:
            tables = await asyncio.to_thread(
                gathered,
                [net.url],
                history,
                squads=SQUADS,
                size=SIZE,
                seed=seed,
                on_seat=lambda: told(0),
            )
            players = everybody(tables)
            world = World(house, net, players, random.Random(seed))
            closed = closed_as_slow(house.nodes)
            for player in players:
                player.begin()
            converged = await play(
                world, fault, tables, history, commands=commands, told=told, calm_s=calm_s
            )
            for player in players:
                player.stop()
            rest = [asyncio.to_thread(player.come_to_rest) for player in players]
            await asyncio.gather(*rest)
            heads = {table.squad: await asyncio.to_thread(head, house, table) for table in tables}
            converged.append(await until_level(tables, heads))
            result = await judge(house, fault, tables, history, converged=converged, seed=seed)
            result.done["closed 4501"] = closed_as_slow(house.nodes) - closed
            if history.answered < commands:
                few = f"{history.answered} commands answered of {commands}"
                result.violations.append(Violation("nothing", few))
            result.violations += [
                Violation("nothing", f"{what}: never happened")
                for what in fault.needs
                if not result.done.get(what)
            ]
            for player in players:
                await asyncio.to_thread(player.leave)
    finally:
        history.close()
    return result


async def play(
    world: World,
    fault: Fault,
    tables: Sequence[Table],
    history: History,
    *,
    commands: int,
    told: Told,
    calm_s: float,
) -> list[float | None]:
    """Fail and heal until enough was answered; how long all took after each healing."""
    converged: list[float | None] = []
    until = time.monotonic() + LIMIT_S
    while len(converged) < fault.rounds or (
        history.answered < commands and time.monotonic() < until
    ):
        await pause(calm_s, history, told)
        began = history.now()
        try:
            await fault.inject(world)
            await pause(fault.hold_s, history, told)
        finally:
            await fault.heal(world)
        history.add(Failed(at=began, until=history.now(), what=fault.name))
        heads = {table.squad: acknowledged(table) for table in tables}
        converged.append(await until_level(tables, heads))
    return converged


async def pause(seconds: float, history: History, told: Told) -> None:
    """Let time pass, and tell how far it has come."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.sleep(LOOK_S)
        told(history.answered)


def closed_as_slow(nodes: Sequence[Node]) -> int:
    """How many connections the nodes that are up have closed for their players' slowness."""
    total = 0.0
    for node in nodes:
        with suppress(OSError):
            total += node.counted(CLOSED_AS_SLOW)
    return int(total)
