"""How many nodes and logs so many players need: arithmetic, and one peak, simulated by the second.

``python -m loadtests.scaling`` prints the tables of ``docs/scale.md``. What is measured comes from
``loadtests/FIGURES.md`` and ADR 17, what is assumed stands here by name: change it and look.
"""

import random
from collections.abc import Mapping, Sequence
from zlib import crc32

import click
from msgspec import Struct
from rich.console import Console
from rich.table import Table

# Assumed.
ACTIVE = 0.2
"""Of all who are registered, those who come on a day."""
LIVE_MINUTES = 20.0
"""How long each of them is there on that day, in all."""
EVENINGS: Sequence[tuple[int, float]] = (
    (-8, 0.05),
    (-5, 0.17),
    (-3, 0.08),
    (0, 0.12),
    (1, 0.18),
    (3, 0.08),
    (5, 0.17),
    (8, 0.10),
    (9, 0.05),
)
"""Hours ahead of UTC, and the share of players who live there."""
DAY = [10, 5, 3, 2, 2, 3, 8, 15, 20, 20, 22, 26, 35, 32, 28, 30, 36, 45, 55, 65, 70, 65, 45, 24]
"""How much goes on in each hour of somebody's day, from midnight on; only the shape counts."""
SQUADS: Mapping[int, float] = {2: 0.15, 4: 0.2, 6: 0.2, 8: 0.15, 10: 0.15, 15: 0.1, 20: 0.05}
"""Sizes of squads, and how many are of each."""
TOGETHER = 0.4
"""If one is there, the chance that another of the squad is too."""
UNEVEN = 1.0
"""The sigma of a log-normal by which squads differ: the liveliest in a hundred does ten times as
much as the one in the middle."""
SPARE = 0.5
"""Of what was measured, how much is planned with."""

# Measured (loadtests/FIGURES.md; the log of a million simulated events).
ACTS_EVERY_S = 20.0
LIVE_ON_A_NODE = 40_000
BYTES_OF_LOG = 609
"""Of an event, with its answer, claims and timers."""
MANY = 100
"""From here on figures are told without a fraction."""

ON_ITS_WAY_S = 0.01
"""How long a command takes from being decided to being committed, in a batch, on a busy node."""

SECONDS = 600
SEED = 20_261_126


class World(Struct, frozen=True):
    """Players at their busiest hour."""

    players: int
    live: float
    """At once."""
    acts_per_s: float
    """Commands, each of which is an event."""
    acts_a_day: float
    seen_by: float
    """Members of a squad who are there when one of them acts."""


class Load(Struct, frozen=True):
    """What the busiest of several logs has in a simulated peak, in events a second."""

    logs: int
    mean: float
    busiest: float
    """The mean of the busiest one: squads are not spread evenly."""
    worst_second: float


def world(players: int) -> World:
    """So many registered players, at the busiest hour of the day by UTC."""
    day_minutes = players * ACTIVE * LIVE_MINUTES
    live = day_minutes / 60 * max(_by_hour())
    of_members = sum(size * share for size, share in SQUADS.items())
    # A player is more often in a large squad than a squad is large.
    others = sum(size * share * (size - 1) for size, share in SQUADS.items()) / of_members
    return World(
        players=players,
        live=live,
        acts_per_s=live / ACTS_EVERY_S,
        acts_a_day=day_minutes * 60 / ACTS_EVERY_S,
        seen_by=1 + others * TOGETHER,
    )


def peak(acts_per_s: float, logs: int, squads: int, seconds: int = SECONDS) -> Load:
    """Simulate a peak: each squad is on the log that its name hashes to, and acts by chance."""
    dice = random.Random(SEED)
    weights = [0.0] * logs
    for number in range(squads):
        weights[crc32(f"squad-{number}".encode()) % logs] += dice.lognormvariate(0, UNEVEN)
    total = sum(weights)
    rates = [acts_per_s * weight / total for weight in weights]
    worst = max(_poisson(dice, rate) for rate in rates for _ in range(seconds))
    return Load(logs, acts_per_s / logs, max(rates), worst)


def logs_for(acts_per_s: float, squads: int, most: float) -> Load:
    """The fewest logs, by powers of two, of which none has more than ``most`` in any second."""
    load = peak(acts_per_s, 1, squads)
    while load.worst_second > most and load.logs < squads:
        load = peak(acts_per_s, load.logs * 2, squads)
    return load


def nodes_told(members: float, nodes: int) -> float:
    """On how many nodes members of a squad are when each is on any: whom a hint has to reach."""
    nobody: float = (1 - 1 / nodes) ** members
    return nodes * (1 - nobody)


def decided_again(members: float, nodes: int) -> float:
    """The share of acts that meet another of their squad on its way from another node."""
    return members / ACTS_EVERY_S * ON_ITS_WAY_S * (1 - 1 / nodes)


def _by_hour() -> list[float]:
    """The share of a day's minutes in each hour by UTC."""
    total = sum(DAY)
    return [
        sum(share * DAY[(hour + zone) % 24] for zone, share in EVENINGS) / total
        for hour in range(24)
    ]


def _poisson(dice: random.Random, mean: float) -> float:
    """How often something happens in a second; for many, by the normal curve."""
    return max(0.0, dice.gauss(mean, mean**0.5))


@click.command()
@click.option("--log", default=12_000, show_default=True, help="Events/s one PostgreSQL takes.")
@click.argument("players", nargs=-1, type=int)
def main(players: Sequence[int], log: int) -> None:
    """Print what so many PLAYERS need; by default 1, 10 and 100 million."""
    worlds = [world(number) for number in players or (1_000_000, 10_000_000, 100_000_000)]
    table = Table("", *(f"{one.players:,}" for one in worlds))
    size = sum(size * share for size, share in SQUADS.items())
    found = [logs_for(one.acts_per_s, int(one.live / size) + 1, log * SPARE) for one in worlds]
    nodes = [max(2, -(-one.live // (LIVE_ON_A_NODE * SPARE))) for one in worlds]
    per_node = [(one.seen_by, int(n)) for one, n in zip(worlds, nodes, strict=True)]
    rows: list[tuple[str, list[float]]] = [
        ("live at once, at the busiest hour", [one.live for one in worlds]),
        ("events/s", [one.acts_per_s for one in worlds]),
        ("deliveries/s", [one.acts_per_s * one.seen_by for one in worlds]),
        ("nodes", nodes),
        ("logs", [load.logs for load in found]),
        ("events/s of the busiest log", [load.busiest for load in found]),
        ("the same, its worst second", [load.worst_second for load in found]),
        ("nodes that a hint has to reach", [nodes_told(*one) for one in per_node]),
        ("acts decided again, of 1,000", [1_000 * decided_again(*one) for one in per_node]),
        ("TB of log a year", [one.acts_a_day * BYTES_OF_LOG * 365 / 1e12 for one in worlds]),
    ]
    for name, figures in rows:
        table.add_row(
            name, *(f"{figure:,.3g}" if figure < MANY else f"{figure:,.0f}" for figure in figures)
        )
    Console().print(table)


if __name__ == "__main__":
    main()
