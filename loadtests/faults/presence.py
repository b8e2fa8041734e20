"""Who is shown as around when a node is killed: its players go, and nobody else does.

Players are at a node each and stay with it: those of the one that is killed cannot come back, and
at every other node they are to be gone within a minute.
"""

import asyncio
import random
import time
from collections.abc import Sequence

from msgspec import Struct

from loadtests.cluster.house import House
from loadtests.faults.checker import Violation
from loadtests.faults.clients import Table, everybody, gathered
from loadtests.faults.history import History
from loadtests.faults.machine import machine
from loadtests.faults.node_faults import started

NAME = "presence"
GONE_S = 60.0
SQUADS, SIZE = 4, 6
ACTIVE = 1
LOOK_S = 0.02
SEEN_S = 30.0
"""How long it may take until all see all."""


class Ghosts(Struct, kw_only=True):
    """What a run has shown: how long after its end the players of a node were shown, at most."""

    name: str = NAME
    at: str
    machine: str
    players: int
    gone: int
    gone_s: float
    violations: list[Violation]


async def run(house: House, history: History, seed: int) -> Ghosts:
    """Have everybody around, kill a node, and watch who vanishes."""
    urls = [node.url for node in house.nodes]
    tables = await asyncio.to_thread(
        gathered,
        urls,
        history,
        squads=SQUADS,
        size=SIZE,
        seed=seed,
        on_seat=lambda: None,
    )
    for table in tables:
        for player in table.players:
            player.client.act(table.squad, ACTIVE)
    found: list[Violation] = []
    everyone = {table.squad: {player.player for player in table.players} for table in tables}
    if not await until_shown(tables, everyone, SEEN_S):
        found.append(Violation(NAME, "not everybody is shown"))
    number = random.Random(seed).randrange(len(house.nodes))
    house.nodes[number].kill()
    began = time.monotonic()
    staying = {
        table.squad: {player.player for player in table.players if player.url != urls[number]}
        for table in tables
    }
    watched = [
        Table(squad=t.squad, players=[one for one in t.players if one.url != urls[number]])
        for t in tables
    ]
    while not shown(watched, staying) and time.monotonic() < began + GONE_S:
        found += vanished(watched, staying)
        await asyncio.sleep(LOOK_S)
    took = time.monotonic() - began
    if not shown(watched, staying):
        found.append(Violation(NAME, f"ghosts after {GONE_S:.0f} s"))
    players = everybody(tables)
    for player in players:
        await asyncio.to_thread(player.leave)
    await started([house.nodes[number]])
    return Ghosts(
        at=time.strftime("%Y-%m-%d %H:%M"),
        machine=machine(),
        players=len(players),
        gone=len(players) - len(everybody(watched)),
        gone_s=took,
        violations=sorted(set(found), key=str),
    )


async def until_shown(
    tables: Sequence[Table], expected: dict[str, set[str]], limit_s: float
) -> bool:
    """Wait until everybody is shown just these; whether that came."""
    until = time.monotonic() + limit_s
    while not shown(tables, expected) and time.monotonic() < until:  # noqa: ASYNC110 by threads
        await asyncio.sleep(LOOK_S)
    return shown(tables, expected)


def shown(tables: Sequence[Table], expected: dict[str, set[str]]) -> bool:
    """Whether each player is shown just these people of their squad."""
    return all(
        player.client.known.presence.get(table.squad, {}).keys() == expected[table.squad]
        for table in tables
        for player in table.players
    )


def vanished(tables: Sequence[Table], staying: dict[str, set[str]]) -> list[Violation]:
    """Who is there and not shown to somebody now."""
    return [
        Violation(NAME, f"{missing} is there and not shown to {player.player}")
        for table in tables
        for player in table.players
        for missing in staying[table.squad] - player.client.known.presence[table.squad].keys()
    ]
