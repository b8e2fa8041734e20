"""Peers: what others offer for telling a room something, each at its best and in one small file.

The harness learns here how to start one and how its members connect. All take the same control
stream of 16-byte records (``control.py``), so that nobody pays for how events come in.
"""

import fcntl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from loadtests.bench.pinned import free_ports, pinned

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
"""Where `make setup` puts `node` and `npm`, beside this Python."""
INSTALLED = HERE / "node_modules" / ".package-lock.json"
TEXT, BINARY = 1, 2
"""The opcodes of data frames (RFC 6455)."""
COLYSEUS_JOIN_ROOM = bytes([10])


class Peer(Struct, frozen=True, kw_only=True):
    """A server, and how members connect to it."""

    name: str
    program: Sequence[str]
    """What is started with the ports for members and for control, and then its options."""
    options: Sequence[str] = ()
    path: str | None = "/ws?room={r}"
    """Where a member connects; `{r}` is its room's number. None: each has a path of its own."""
    first_frames: Sequence[tuple[int, bytes]] = ()
    """Opcodes and payloads that a member sends after the handshake."""
    ready_frames: int = 0
    """After how many text and binary frames a member is in; 0: with the handshake."""


class Running(Struct, frozen=True, kw_only=True):
    """A peer that listens."""

    pid: int
    """The server itself, whose memory and time are in /proc."""
    port: int
    control_port: int
    paths: Path | None
    """For a peer without a path: one path a line, first those of room 0, then those of room 1."""


def _python(module: str) -> Sequence[str]:
    return (sys.executable, "-m", f"loadtests.bench.peers.{module}")


def _node(file: str) -> Sequence[str]:
    return (str(BIN / "node"), str(HERE / file))


PEERS: Sequence[Peer] = (
    Peer(name="ws", program=_node("ws.mjs")),
    Peer(name="ws, framed once", program=_node("ws.mjs"), options=["--framed"]),
    Peer(
        name="socket.io",
        program=_node("socketio.mjs"),
        path="/socket.io/?EIO=4&transport=websocket&room={r}",
        first_frames=[(TEXT, b"40")],
        ready_frames=2,
    ),
    Peer(
        name="Colyseus",
        program=_node("colyseus.mjs"),
        path=None,
        first_frames=[(BINARY, COLYSEUS_JOIN_ROOM)],
        ready_frames=1,
    ),
    Peer(name="websockets broadcast", program=_python("broadcast")),
    Peer(name="Starlette WebSocketRoute", program=_python("starlette_route")),
)


def install() -> None:
    """Install the npm packages exactly as they are pinned, unless they are there already."""
    lock = HERE / "package-lock.json"
    with lock.open() as one:
        # One at a time: tests run beside each other.
        fcntl.flock(one, fcntl.LOCK_EX)
        if INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
            return
        subprocess.run([BIN / "npm", "ci"], cwd=HERE, check=True, stdout=subprocess.DEVNULL)
        INSTALLED.touch()


@contextmanager
def started(peer: Peer, *, members: int, room_size: int) -> Iterator[Running]:
    """A peer on the servers' core, ready for ``members`` in rooms of ``room_size``.

    Raises:
        RuntimeError: it did not start.
    """
    port, control_port = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="gutsy-peer-") as folder:
        paths = None if peer.path is not None else Path(folder) / "paths"
        seats = {"--members": members, "--room-size": room_size, "--paths": paths}
        options = [] if paths is None else [str(part) for pair in seats.items() for part in pair]
        program = [*peer.program, str(port), str(control_port), *peer.options, *options]
        # What Express, and Colyseus when it encodes, ask for.
        with pinned(program, {"NODE_ENV": "production"}) as pid:
            yield Running(pid=pid, port=port, control_port=control_port, paths=paths)
