"""Players who play through a rolling restart: did anybody notice?

They are those of ``make load``, by way of the balancer; each is compared in the end.
"""

import asyncio
import csv
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from msgspec import Struct, field

from loadtests.__main__ import COME_IN_PER_S, SCENARIOS, STOP_S
from loadtests.cluster.balancer import Balancer
from loadtests.cluster.house import House
from loadtests.cluster.rolling import Tell, roll
from loadtests.cluster.waiting import until

GATHER_S = 120.0
OF_A_DRAIN = {"1012", "1013"}
"""Told to come back: by a node that ended, or one that drains and lets nobody in."""


class Noticed(Struct):
    """What the players met."""

    problems: list[str] = field(default_factory=list)
    said: str = ""
    """What the load test printed."""
    done: Counter[str] = field(default_factory=Counter)
    """What happened, by the load test's own words."""
    longest_ms: dict[str, float] = field(default_factory=dict)
    """Of each kind of waiting: ``tap to ack``, ``away``."""


async def played(
    house: House, balancer: Balancer, *, players: int, seconds: float, folder: Path, tell: Tell
) -> Noticed:
    """Let them play for so many seconds, and restart every node meanwhile."""
    evening = await asyncio.create_subprocess_exec(
        *_locust(balancer.url, players, seconds, folder / "evening"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )
    said = asyncio.create_task(evening.communicate())
    noticed = Noticed()
    try:
        await _until_all_are_here(house, evening, players)
        tell("players", f"{players} are here, and play for {seconds:.0f} s")
        if evening.returncode is None:
            await roll(house.nodes, balancer, tell)
        if evening.returncode is not None:
            noticed.problems.append("they had gone before all nodes were back")
        output, _ = await said
    finally:
        if evening.returncode is None:
            evening.kill()
            await said
    noticed.said = output.decode()
    if evening.returncode:
        noticed.problems.append(f"the load test ended with {evening.returncode}")
    noticed.done = _done(noticed.said)
    closes = {what.removeprefix("closed ") for what in noticed.done if what.startswith("closed ")}
    noticed.problems += [f"a socket was closed with {code}" for code in closes - OF_A_DRAIN]
    noticed.longest_ms = _longest_ms(folder / "evening_stats.csv")
    return noticed


async def _until_all_are_here(
    house: House, evening: asyncio.subprocess.Process, players: int
) -> None:
    def are_here() -> bool:
        here = sum(node.counted("gutsy_sockets_open") for node in house.nodes)
        return evening.returncode is not None or here >= players

    await until(are_here, GATHER_S)


def _locust(url: str, players: int, seconds: float, figures: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "locust", "--headless", "--only-summary"),
        *("-f", str(SCENARIOS / "squad_evening.py"), "--host", url),
        *("--users", str(players), "--spawn-rate", str(COME_IN_PER_S)),
        *("--seconds", str(seconds), "--stop-timeout", str(STOP_S), "--csv", str(figures)),
    ]


def _done(said: str) -> Counter[str]:
    line = re.search(r"^done: (.*)$", said, re.MULTILINE)
    pairs = re.findall(r"([^,]+?) ([\d,]+)(?:, |$)", line[1]) if line else []
    return Counter({what: int(count.replace(",", "")) for what, count in pairs})


def _longest_ms(stats: Path) -> dict[str, float]:
    longest: dict[str, float] = {}
    with stats.open() as lines:
        for row in csv.DictReader(lines):
            kind = row["Type"]
            longest[kind] = max(longest.get(kind, 0.0), float(row["Max Response Time"]))
    return longest
