"""Durable commands through sockets: so many are unanswered at once, as if each client awaited its
answer and sent the next.

Two in each squad dare each other and take it back in turn. Beside them: the library's stock
application, saved in a thread for each command as one would call it from asyncio; and ``sqlite3``
alone, given the rows of as many dares in one transaction.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from loadtests.bench.appending import raw_batches
from loadtests.bench.commanding import stock_in_threads
from loadtests.bench.gutsy import THING, OpenHouse, command, folder_of, house
from loadtests.bench.measure import Contestant, Figures, Trial
from loadtests.bench.native import Message, write_messages
from loadtests.bench.population import Population

CLIENTS = (1, 8, 64, 512)
SECONDS = 2.0
WARM_UP_S = 0.5
REPEATS = 3
SQUADS = 600
"""Of two: each may dare 20 times a day (rules §3), and it must last."""


def trials(scale: float = 1.0) -> list[Trial]:
    """A trial for each number of clients; ``scale`` makes each measurement longer or shorter."""
    seconds = SECONDS * scale
    return [
        Trial(
            name=f"durable commands, {clients} clients",
            contestants=[
                Contestant("gutsy, by sockets", partial(by_sockets, clients, seconds)),
                Contestant("raw sqlite3", partial(_raw, clients, seconds)),
                Contestant("stock application", partial(stock_in_threads, clients, seconds)),
            ],
            repeats=REPEATS,
        )
        for clients in CLIENTS
    ]


def by_sockets(clients: int, seconds: float, open_house: OpenHouse = house) -> Figures:
    """Our server, everything on."""
    with (
        folder_of(squads=SQUADS, size=2) as (folder, population),
        open_house(folder, population) as server,
    ):
        path = server.folder / "commands"
        write_messages(path, _of_all(population))
        found = server.sink(commands=path, clients=clients, seconds=seconds, warm_up=WARM_UP_S)
        assert not found.refusals, found.first_refusal
        return {
            "commands_per_s": found.acks / found.seconds,
            "p50_ms": found.ack_p50_ms,
            "p99_ms": found.ack_p99_ms,
            "server_cores": found.server_cpu_s / found.seconds,
        }


def _of_all(population: Population) -> Iterator[Sequence[Message]]:
    for number, squad in enumerate(population.squads):
        one, other = population.members(number)
        for target in (other, one):
            yield [
                command("dare.issue", squad, arrivals=2, target=target, card="which-apple"),
                command("dare.withdraw", squad, arrivals=2, dare=THING),
            ]


def _raw(clients: int, seconds: float) -> Figures:
    return {"commands_per_s": raw_batches(clients, seconds)["events_per_s"]}
