"""One shape of fan-out, run by each server: how many connections, in rooms of what size, how many
events outstanding in each room or how many a second in all."""

import tempfile
from functools import partial
from pathlib import Path

from msgspec import Struct

from loadtests.bench.gutsy import folder_of, house
from loadtests.bench.measure import Contestant, Figures
from loadtests.bench.native import Drained, Message, limit, sink, write_messages
from loadtests.bench.peers import PEERS, Peer, started

LIMIT, LIMIT_TOGETHER = "limit", "limit, together"
GUTSY = "gutsy"


class Shape(Struct, frozen=True, kw_only=True):
    """What is asked of a server. ``window`` or ``rate`` (events a second in all); 0 is neither."""

    connections: int
    room_size: int
    window: int = 0
    rate: float = 0
    seconds: float = 2
    settle: float = 0.5

    @property
    def name(self) -> str:
        """In words."""
        rooms = f"{self.connections:,} connections, rooms of {self.room_size:,}"
        if self.window:
            return f"{rooms}, {self.window} outstanding"
        return f"{rooms}, {self.rate:,.0f} events/s" if self.rate else f"{rooms}, idle"

    @property
    def pace(self) -> dict[str, float]:
        """The sink's options."""
        return {
            "window": self.window,
            "rate": self.rate,
            "seconds": self.seconds,
            "settle": self.settle,
        }


def limits(shape: Shape) -> list[Contestant]:
    """The C server, sending each event at once, or a turn's together."""
    return [
        Contestant(LIMIT, partial(_of_limit, shape, is_together=False)),
        Contestant(LIMIT_TOGETHER, partial(_of_limit, shape, is_together=True)),
    ]


def ours(shape: Shape) -> Contestant:
    """Our server's hub, the log left out."""
    return Contestant(GUTSY, partial(_of_hub, shape))


def peers(shape: Shape) -> list[Contestant]:
    """The others."""
    return [Contestant(peer.name, partial(_of_peer, shape, peer)) for peer in PEERS]


def figures(found: Drained) -> Figures:
    """What is said of a run."""
    kib = found.rss_connected_kib - found.rss_before_kib
    return {
        "deliveries_per_s": found.deliveries / found.seconds,
        "events_per_s": found.in_time / found.seconds,
        "p50_ms": found.socket_p50_ms,
        "p99_ms": found.socket_p99_ms,
        "last_p99_ms": found.last_p99_ms,
        "server_cores": found.server_cpu_s / found.seconds,
        "frame_bytes": found.bytes / max(1, found.frames),
        "frames_per_read": found.frames / max(1, found.reads),
        "kib_per_connection": kib / found.ready,
        "accepts_per_s": found.ready / found.connect_s,
    }


def _of_limit(shape: Shape, *, is_together: bool) -> Figures:
    with limit(is_together=is_together) as (pid, port, control):
        return figures(_sink(shape, pid=pid, port=port, control=control))


def _of_peer(shape: Shape, peer: Peer) -> Figures:
    with (
        started(peer, members=shape.connections, room_size=shape.room_size) as server,
        tempfile.TemporaryDirectory(prefix="gutsy-bench-") as folder,
    ):
        openings = None
        if peer.first_frames:
            openings = Path(folder) / "openings"
            messages = [Message(payload, opcode) for opcode, payload in peer.first_frames]
            write_messages(openings, [messages] * shape.connections)
        found = _sink(
            shape,
            pid=server.pid,
            port=server.port,
            control=server.control_port,
            path=peer.path,
            paths=server.paths,
            openings=openings,
            ready_frames=peer.ready_frames,
        )
        return figures(found)


def _of_hub(shape: Shape) -> Figures:
    squads = shape.connections // shape.room_size
    with (
        folder_of(squads=squads, size=shape.room_size) as (folder, population),
        house(folder, population) as server,
    ):
        return figures(server.sink(control=server.control_port, **shape.pace))


def _sink(shape: Shape, *, pid: int, **options: object) -> Drained:
    return sink(
        server=pid,
        connections=shape.connections,
        room_size=shape.room_size,
        **shape.pace,
        **options,
    )
