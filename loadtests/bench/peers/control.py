"""What the Python peers have in common: the events that come over the control connection.

A record is 16 bytes, little endian: room, nothing, nanoseconds. `control.mjs` is this for Node.
"""

import asyncio
import resource
import struct
import sys
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"
BACKLOG = 4096
"""As many members as may knock at once; Linux cuts it to net.core.somaxconn, 4096 by default."""
RECORD = struct.Struct("<IIQ")
EVENT_BYTES = 180
CHUNK_BYTES = 65_536

Publish = Callable[[int, bytes], Awaitable[None]]


def ports() -> tuple[int, int]:
    """The ports for members and for control, from the command line."""
    return int(sys.argv[1]), int(sys.argv[2])


def room_of(path: str) -> int:
    """The room that a connection's path asks for."""
    return int(parse_qs(urlsplit(path).query)["room"][0])


def event(nanoseconds: int) -> bytes:
    """An event as large as one about a dare; the sink knows its age by the time in it."""
    return f"TS={nanoseconds:016x}".ljust(EVENT_BYTES, ".").encode()


def raise_open_files() -> None:
    """Let this process have as many connections as it may, which Node does by itself."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def listen(port: int, publish: Publish) -> asyncio.Server:
    """Publish one event for each record, in order, and say that the peer is ready.

    Called last, when the members' port listens already.
    """

    async def records(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pending = b""
        while chunk := await reader.read(CHUNK_BYTES):
            pending += chunk
            whole = len(pending) // RECORD.size * RECORD.size
            for room, _, nanoseconds in RECORD.iter_unpack(pending[:whole]):
                await publish(room, event(nanoseconds))
            pending = pending[whole:]
        writer.close()

    server = await asyncio.start_server(records, HOST, port)
    print("ready", flush=True)
    return server
