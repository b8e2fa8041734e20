"""Every peer of the benchmarks tells a room's members all in order, and nobody else."""

import re
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest
from websockets.sync.client import ClientConnection, connect

from loadtests.bench.peers import PEERS, TEXT, Peer, Running, install, started

MEMBERS = 4
ROOM_SIZE = 2
RECORD = struct.Struct("<IIQ")
RECORDS = [(0, 1), (1, 2), (0, 2**40), (1, 4), (1, 5), (0, 2**64 - 1)]
CUT = RECORD.size + 4
"""After the first record and a part of the second."""
EVENT = re.compile(rb"TS=([0-9a-f]{16})\.{161}")
PYTHON = [peer for peer in PEERS if peer.program[0] == sys.executable]
NODE = [peer for peer in PEERS if peer not in PYTHON]


def a_peer(peer: Peer) -> str:
    """Its name, for pytest to tell."""
    return peer.name


def told(peer: Peer) -> list[list[int]]:
    """What each member of two rooms gets of the records, as times."""
    with (
        started(peer, members=MEMBERS, room_size=ROOM_SIZE) as running,
        members(peer, running) as all_,
        socket.create_connection(("127.0.0.1", running.control_port)) as control,
    ):
        stream = b"".join(RECORD.pack(room, 0, time) for room, time in RECORDS)
        control.sendall(stream[:CUT])
        first = [times(member, 1) if in_room(0, n) else [] for n, member in enumerate(all_)]
        control.sendall(stream[CUT:])
        rest = [times(member, 2 if in_room(0, n) else 3) for n, member in enumerate(all_)]
    return [before + after for before, after in zip(first, rest, strict=True)]


@contextmanager
def members(peer: Peer, running: Running) -> Iterator[Sequence[ClientConnection]]:
    """Connections that are in: first the members of room 0, then those of room 1."""
    if peer.path is None:
        assert running.paths is not None
        paths = running.paths.read_text().splitlines()
    else:
        paths = [peer.path.replace("{r}", str(number // ROOM_SIZE)) for number in range(MEMBERS)]
    with ExitStack() as stack:
        urls = [f"ws://127.0.0.1:{running.port}{path}" for path in paths]
        all_ = [
            stack.enter_context(connect(url, compression=None, ping_interval=None)) for url in urls
        ]
        for member in all_:
            come_in(peer, member)
        yield all_


def come_in(peer: Peer, member: ClientConnection) -> None:
    """Send what a peer wants of a new member, and wait until it is in."""
    for opcode, payload in peer.first_frames:
        member.send(payload, text=opcode == TEXT)
    for _ in range(peer.ready_frames):
        member.recv(timeout=10)


def in_room(room: int, number: int) -> bool:
    """Whether the member of this number is in a room."""
    return number // ROOM_SIZE == room


def times(member: ClientConnection, count: int) -> list[int]:
    """The times in the next frames, each of which must hold one whole event."""
    frames = [member.recv(timeout=10, decode=False) for _ in range(count)]
    return [int(time, 16) for frame in frames for time in EVENT.findall(frame)]


ROOM_0 = [time for room, time in RECORDS if room == 0]
ROOM_1 = [time for room, time in RECORDS if room == 1]


@pytest.mark.parametrize("peer", PYTHON, ids=a_peer)
def test_a_python_peer_tells_a_room_all_in_order_and_nobody_else(peer: Peer) -> None:
    assert [ROOM_0, ROOM_0, ROOM_1, ROOM_1] == told(peer)


@pytest.mark.slow
@pytest.mark.parametrize("peer", NODE, ids=a_peer)
def test_a_node_peer_tells_a_room_all_in_order_and_nobody_else(peer: Peer) -> None:
    install()

    assert [ROOM_0, ROOM_0, ROOM_1, ROOM_1] == told(peer)
