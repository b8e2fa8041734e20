"""Capacity: how many live players one process serves, the whole house, the log on.

Squads of ten; each player acts every 20 s: dares themselves, goes in, reports. The number is raised
until from the tap to the last member's socket the 99th percentile passes 100 ms. Times count from
when a tap was due, whether or not the server let it be in time.

A process may have 20,000 files open on the machine of the figures. Beyond as many connections the
same people act more often: so many players' acts, over fewer sockets; the figures say so.
"""

import resource
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from loadtests.bench.gutsy import THING, House, command, folder_of, house
from loadtests.bench.measure import Figures
from loadtests.bench.native import BenchFailed, Message, write_messages
from loadtests.bench.population import Population

ACTS_EVERY_S = 20.0
SQUAD = 10
MOST_MS = 100.0
STEPS = (5_000, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000)
REPEATS = 3
WARM_UP_S = 5.0
SECONDS = 10.0
SOURCES = 8
SPARE_FILES = 300
"""Files that a server needs besides connections."""


def climb(told: Callable[[str], None], steps: Sequence[int] = STEPS) -> list[Figures]:
    """Raise the number of players until it is too much; the last one is the one that was.

    Of each number the run that was in the middle, and between which percentiles it lay.
    """
    found: list[Figures] = []
    for players in steps:
        told(f"capacity, {players:,} players")
        try:
            runs = sorted((live(players) for _ in range(REPEATS)), key=itemgetter("last_p99_ms"))
        except BenchFailed as failed:
            told(f"capacity, {players:,} players: {failed}")
            break
        least, most = runs[0]["last_p99_ms"], runs[-1]["last_p99_ms"]
        found.append({**runs[REPEATS // 2], "least_p99_ms": least, "most_p99_ms": most})
        if found[-1]["last_p99_ms"] > MOST_MS:
            break
    return found


def live(players: int, seconds: float = SECONDS) -> Figures:
    """So many players at once.

    Raises:
        BenchFailed: somebody did not get in or was thrown out, or an event was lost.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = min(players, files - SPARE_FILES) // SQUAD * SQUAD
    rate = players / ACTS_EVERY_S
    with (
        folder_of(squads=connections // SQUAD, size=SQUAD) as (folder, population),
        house(folder, population) as server,
    ):
        found = server.sink(
            "by-player",
            commands=_acts(server, population),
            rate=rate,
            warm_up=WARM_UP_S,
            seconds=seconds,
            sources=SOURCES,
        )
    return {
        "players": players,
        "connections": connections,
        "acts_per_s": found.acks / found.seconds,
        "deliveries_per_s": found.deliveries / found.seconds,
        "ack_p99_ms": found.ack_p99_ms,
        "last_p50_ms": found.last_p50_ms,
        "last_p99_ms": found.last_p99_ms,
        "server_cores": found.server_cpu_s / found.seconds,
        "refusals": found.refusals,
        "mib": found.rss_end_kib / 1024,
    }


def _acts(server: House, population: Population) -> Path:
    path = server.folder / "commands"
    write_messages(path, _of_all(population))
    return path


def _of_all(population: Population) -> Iterator[Sequence[Message]]:
    for number, player in enumerate(population.players):
        squad = population.squads[number // SQUAD]
        yield [
            # Of a dare to oneself only its taking on is for everybody to see.
            command("dare.issue", squad, arrivals=SQUAD + 1, target=player, card="which-apple"),
            command("dare.start", squad, arrivals=SQUAD, dare=THING),
            command("dare.report", squad, arrivals=SQUAD, dare=THING, outcome="REJECTED"),
        ]
