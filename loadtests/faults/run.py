"""One kind of fault from the first player to the verdict.

Players come in through the proxy and play; the fault is injected and healed again and again until
enough was answered; then everybody comes to rest, and what they know is held against the log.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from loadtests.check import without_cards_n
from loadtests.cluster.house import House
from loadtests.faults.calls import call
from loadtests.faults.checker import (
    Account,
    Boards,
    Violation,
    Witness,
    delays_s,
    unequal,
    violations,
)
from loadtests.faults.clients import Player, Table, everybody, gathered
from loadtests.faults.convergence import acknowledged, until_level
from loadtests.faults.fault import Fault
from loadtests.faults.history import Asked, Ended, Failed, History, Operation, operations
from loadtests.faults.machine import machine
from loadtests.faults.net_faults import CLOSED_AS_SLOW
from loadtests.faults.proxy import proxied
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
CONVERGED_S = 5.0
ASKED_AGAIN = 300
"""Commands that are asked once more in the end, and all that were given up."""
BOARDS_S = 10.0
"""How long the nodes may take to fold the last events."""
LIMIT_S = 300.0
"""How long a run may take to have enough commands answered."""
LOOK_S = 0.05

Told = Callable[[int], None]
"""Hears how many commands have been answered."""


class Result(Struct, kw_only=True):
    """What a run has shown."""

    name: str
    says: str
    seed: int
    at: str
    machine: str
    rounds: int
    seconds: float
    done: dict[str, int]
    """How often what happened: outcomes, answers that came again, connections that came back …"""
    converged_s: list[float | None]
    late_s: dict[str, float]
    """p50, p99, max of how late what was acknowledged was seen."""
    acknowledged: list[int]
    """In each tenth of a second."""
    faults: list[Failed]
    violations: list[Violation]


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
            if fault.needs:
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


async def judge(  # all that a verdict needs
    house: House,
    fault: Fault,
    tables: Sequence[Table],
    history: History,
    *,
    converged: list[float | None],
    seed: int,
) -> Result:
    """Ask again, read the log and the boards, and hold everything against it."""
    seconds = history.now()
    players = everybody(tables)
    await asyncio.to_thread(ask_again, house, players, history, seed)
    url = house.nodes[0].url
    witnesses = await asyncio.gather(*(asyncio.to_thread(one.witness, url) for one in players))
    nodes = await boards(house, tables, witnesses)
    account = Account(
        entries=history.entries,
        witnesses=witnesses,
        nodes=nodes,
        converged_s=converged,
        converged_bound_s=CONVERGED_S,
        late_s=fault.late_s,
    )
    verified = await asyncio.to_thread(house.gutsy, "verify")
    found = violations(account)
    if verified.returncode != 0:
        found.append(Violation("boards", f"verify: {verified.stdout} {verified.stderr}"))
    by_id = operations(history.entries)
    faults = [entry for entry in history.entries if isinstance(entry, Failed)]
    return Result(
        name=fault.name,
        says=fault.says,
        seed=seed,
        at=time.strftime("%Y-%m-%d %H:%M"),
        machine=machine(),
        rounds=len(faults),
        seconds=seconds,
        done=dict(count(history, by_id.values(), players)),
        converged_s=converged,
        late_s=lateness(delays_s(by_id.values(), witnesses)),
        acknowledged=per_tenth(history),
        faults=faults,
        violations=found,
    )


def head(house: House, table: Table) -> int:
    """The number of a squad's last event, as a node reads it from the log."""
    path = f"/api/squads/{table.squad}/events?limit=1"
    return int(call(f"{house.nodes[0].url}{path}", table.players[0].ticket)["head"])


def ask_again(house: House, players: Sequence[Player], history: History, seed: int) -> None:
    """Send some commands once more, and all that were given up, each to any node."""
    dice = random.Random(seed)
    owners = [(player, command) for player in players for command in player.sent]
    chosen = dice.sample(owners, min(ASKED_AGAIN, len(owners)))
    chosen += [(player, command) for player in players for command in player.given_up]
    for player, command in chosen:
        player.ask_again(dice.choice(house.nodes).url, command)


async def boards(
    house: House, tables: Sequence[Table], witnesses: Sequence[Witness]
) -> Mapping[str, Boards]:
    """What each node shows of everybody and every squad, once all agree or for too long do not."""
    until = time.monotonic() + BOARDS_S
    while True:
        found = await asyncio.gather(
            *(asyncio.to_thread(shown_by, node, tables) for node in house.nodes)
        )
        nodes = {f"node {number}": shown for number, shown in enumerate(found, 1)}
        if not unequal(nodes, witnesses) or time.monotonic() > until:
            return nodes
        await asyncio.sleep(LOOK_S)


def shown_by(node: Node, tables: Sequence[Table]) -> Boards:
    """The boards of every squad and everybody's own page, without how far they are folded."""
    shown: dict[str, dict[str, object]] = {}
    for table in tables:
        for player in table.players:
            me = call(f"{node.url}/api/me", player.ticket)
            shown[f"me {player.player}"] = without_cards_n(me)
        path = f"/api/squads/{table.squad}/weeks/current"
        week = call(f"{node.url}{path}", table.players[0].ticket)
        shown[f"week {table.squad} {week['week']}"] = week
    return shown


def count(
    history: History, commands: Collection[Operation], players: Sequence[Player]
) -> Counter[str]:
    """What happened, and how often."""
    done = Counter[str](one.outcome for one in commands)
    done["commands"] = len(commands)
    done["given up"] = sum(one.was_given_up for one in commands)
    done["answered again"] = sum(one.again for one in commands)
    done["asked again"] = sum(isinstance(entry, Asked) for entry in history.entries)
    for player in players:
        done.update({f"end {code}": n for code, n in player.client.closes.items()})
        done["came back"] += sum(player.client.closes.values())
    feeds = [feed for player in players for feed in player.client.known.feeds.values()]
    done["gaps"] = sum(feed.gaps for feed in feeds)
    done["doubled"] = sum(feed.doubled for feed in feeds)
    done["events"] = sum(len(feed.events) for feed in feeds)
    done["snapshots"] = sum(feed.snapshot is not None for feed in feeds)
    return done


def lateness(delays: Sequence[float]) -> dict[str, float]:
    """Of delays: the middle one, the one that one in a hundred exceeds, and the longest."""
    if not delays:
        return {}
    ordered = sorted(delays)
    at = {"p50": 0.5, "p99": 0.99}
    found = {name: ordered[int(len(ordered) * share)] for name, share in at.items()}
    return {**found, "max": ordered[-1]}


def per_tenth(history: History) -> list[int]:
    """How many commands were acknowledged in each tenth of a second."""
    ends = [entry.at for entry in history.entries if isinstance(entry, Ended)]
    done = [e.at for e in history.entries if isinstance(e, Ended) and e.outcome == "ok"]
    counts = [0] * (int(max(ends, default=0) * 10) + 1)
    for at in done:
        counts[int(at * 10)] += 1
    return counts


def closed_as_slow(nodes: Sequence[Node]) -> int:
    """How many connections the nodes that are up have closed for their players' slowness."""
    total = 0.0
    for node in nodes:
        with suppress(OSError):
            total += node.counted(CLOSED_AS_SLOW)
    return int(total)
