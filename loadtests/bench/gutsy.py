"""Gutsy as a contestant: a folder with players in squads, a server on it, and the sink's files."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from loadtests.bench.native import Drained, Message, sink, write_messages
from loadtests.bench.pinned import free_ports, pinned
from loadtests.bench.population import Population, populate, ticket
from server.app import open_log
from server.commands.streams import squad_stream
from server.protocol.client_messages import SUBPROTOCOL, VERSION, Hello
from server.protocol.codec import encode
from server.settings import Settings

RAISED = {
    "GUTSY_SOCKETS_PER_IP": "100000",
    "GUTSY_HANDSHAKES_PER_MIN": "10000000",
    "GUTSY_UNFINISHED_REQUESTS_PER_IP": "100000",
    "GUTSY_UNFINISHED_REQUESTS": "100000",
    "GUTSY_MESSAGES_PER_S": "10000",
    "GUTSY_MESSAGE_BURST": "100000",
    "GUTSY_COMMANDS_PER_S": "10000",
    "GUTSY_COMMAND_BURST": "100000",
    "GUTSY_LOG_LEVEL": "warning",
}
"""Limits that hold strangers back, raised by the documented settings: all come from one machine."""


OpenHouse = Callable[[Path, Population], AbstractContextManager["House"]]
"""Serves what is in a folder, which stays as it is."""


class House(Struct, frozen=True, kw_only=True):
    """A server of ours, or several nodes, with a population; the sink goes to all in turn."""

    pids: Sequence[int]
    ports: Sequence[int]
    control_port: int
    """Of the first one."""
    folder: Path
    population: Population
    heads: Mapping[str, int]
    """The last number of each squad's stream at the start."""

    def sink(self, *flags: str, **options: Any) -> Drained:  # noqa: ANN401 the sink's own
        """Connect everybody, each following their squad from its head, and let the sink measure."""
        openings = self.folder / "openings"
        write_messages(openings, self._openings())
        return sink(
            *flags,
            port=",".join(map(str, self.ports)),
            server=",".join(map(str, self.pids)),
            connections=len(self.population.players),
            room_size=self.population.size,
            path="/ws",
            subprotocol=SUBPROTOCOL,
            openings=openings,
            ready_tag="live",
            **options,
        )

    def _openings(self) -> Iterator[Sequence[Message]]:
        population = self.population
        for number, player in enumerate(population.players):
            squad = population.squads[number // population.size]
            heads: dict[str, int | None] = {squad: self.heads[squad_stream(squad)]}
            hello = Hello(v=VERSION, c="bench", a=ticket(self.folder, player), s=heads)
            yield [Message(encode(hello))]


@contextmanager
def folder_of(*, squads: int, size: int, reports: int = 0) -> Iterator[tuple[Path, Population]]:
    """A folder with so many squads, as ``populate`` makes them, which goes away afterwards."""
    with tempfile.TemporaryDirectory(prefix="gutsy-bench-") as name:
        folder = Path(name) / "data"
        yield folder, populate(folder, squads=squads, size=size, reports=reports)


@contextmanager
def house(folder: Path, population: Population, **settings: str) -> Iterator[House]:
    """Our server on a copy of a folder, so that each measurement finds the same."""
    with tempfile.TemporaryDirectory(prefix="gutsy-bench-") as name:
        copy = Path(name) / "data"
        shutil.copytree(folder, copy)
        with closing(open_log(Settings(data_dir=str(copy)))) as log:
            heads = log.heads([squad_stream(squad) for squad in population.squads])
        with serving(copy, population, settings) as (pid, port, control_port):
            yield House(
                pids=[pid],
                ports=[port],
                control_port=control_port,
                folder=copy,
                population=population,
                heads=heads,
            )


@contextmanager
def serving(
    folder: Path, population: Population, settings: Mapping[str, str]
) -> Iterator[tuple[int, int, int]]:
    """A server in a process of its own; yields its pid, its port and its control port."""
    squads = folder.with_name(f"{folder.name}-squads")
    squads.write_text("\n".join(population.squads))
    port, control_port = free_ports(2)
    own = {"GUTSY_DATA_DIR": str(folder), "GUTSY_PORT": str(port)}
    program = [sys.executable, "-m", "loadtests.bench.house", str(control_port), str(squads)]
    with pinned(program, {**RAISED, **settings, **own}) as pid:
        yield pid, port, control_port


ID = "!" * 26
"""Where the sink writes a command's id."""
THING = "?" * 26
"""Where it writes the dare that the last command has made."""


def command(kind: str, squad: str, arrivals: int, **body: object) -> Message:
    """A command for the sink to send; ``arrivals`` of its events, over the squad."""
    fields = {"t": "cmd", "id": ID, "k": kind, "s": squad, "b": body}
    return Message(msgspec.msgpack.encode(fields), arrivals=arrivals)
