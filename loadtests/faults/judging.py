"""The verdict on a run: commands asked again, the log as everybody sees it, every node's boards."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence

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
from loadtests.faults.clients import Player, Table, everybody
from loadtests.faults.fault import Fault
from loadtests.faults.history import Failed, History, operations
from loadtests.faults.machine import machine
from loadtests.faults.result import Result, count, lateness, per_tenth
from loadtests.node import Node

CONVERGED_S = 5.0
ASKED_AGAIN = 300
"""Commands that are asked once more in the end, and all that were given up."""
BOARDS_S = 10.0
"""How long the nodes may take to fold the last events."""
LOOK_S = 0.05


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
