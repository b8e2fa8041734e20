"""The whole house: from a command to the disk and on to every member's socket, the log on.

The members of each squad cheer in turn for what the others have done: a command whose event
everybody sees, and that changes no board. At saturation as many are outstanding in each squad as
the shape says; at half load commands are due at half of the rate that saturation reached before.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from domain.cheers import Emoji
from loadtests.bench.gutsy import House, OpenHouse, command, folder_of, house
from loadtests.bench.measure import Contestant, Figures, Trial
from loadtests.bench.native import Message, write_messages
from loadtests.bench.population import Population
from loadtests.bench.shapes import LIMIT, Shape, figures, limits, ours

REPEATS = 3
SECONDS = 2.0
SHAPES = (
    (1_000, 10, 1),
    (1_000, 10, 4),
    (1_000, 50, 1),
    (1_000, 50, 4),
    (5_000, 50, 1),
)
HALF_LOAD = (1_000, 10)
DARES = 9
"""That were done in each squad: enough to cheer for until the end."""
WHOLE = "gutsy, whole house"


def trials(scale: float = 1.0) -> list[Trial]:
    """Saturation for each shape beside the hub alone, and half load beside the limit server."""
    shapes = [
        Shape(connections=connections, room_size=size, window=window, seconds=SECONDS * scale)
        for connections, size, window in SHAPES
    ]
    saturated = [
        Trial(
            name=f"whole house: {shape.name}",
            contestants=[ours(shape), Contestant(WHOLE, partial(cheered, shape))],
            repeats=REPEATS,
        )
        for shape in shapes
    ]
    return [*saturated, _half_load(scale)]


def cheered(shape: Shape, open_house: OpenHouse = house) -> Figures:
    """Squads that cheer: deliveries of committed events, and how long they took."""
    squads = shape.connections // shape.room_size
    with (
        folder_of(squads=squads, size=shape.room_size, reports=DARES) as (folder, population),
        open_house(folder, population) as server,
    ):
        found = server.sink(commands=_cheers(server, population), **shape.pace)
        return {
            **figures(found),
            "commands_per_s": found.acks / found.seconds,
            "ack_p50_ms": found.ack_p50_ms,
            "ack_p99_ms": found.ack_p99_ms,
        }


def _cheers(server: House, population: Population) -> Path:
    path = server.folder / "commands"
    write_messages(path, _of_all(population))
    return path


def _of_all(population: Population) -> Iterator[Sequence[Message]]:
    for number, squad in enumerate(population.squads):
        members = population.members(number)
        dares = population.dares[number * DARES : (number + 1) * DARES]
        for member in members:
            yield [
                command("cheer", squad, arrivals=population.size, dare=dare, emoji=emoji)
                for emoji in Emoji
                for dare, target in zip(dares, members[1:], strict=False)
                if target != member
            ]


def _half_load(scale: float) -> Trial:
    connections, size = HALF_LOAD
    full = Shape(connections=connections, room_size=size, window=1, seconds=SECONDS * scale)
    rate = cheered(full)["events_per_s"] / 2
    shape = Shape(connections=connections, room_size=size, rate=rate, seconds=SECONDS * scale)
    limit = next(one for one in limits(shape) if one.name == LIMIT)
    return Trial(
        name=f"half load: {shape.name}",
        contestants=[limit, ours(shape), Contestant(WHOLE, partial(cheered, shape))],
        repeats=REPEATS,
    )
