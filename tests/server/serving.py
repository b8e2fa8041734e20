"""A real server on this machine: in this process, or as one of its own that can be killed."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from server.app import make_server
from server.clock import derived_id
from server.edge.services import Services
from server.settings import Settings
from tests.server.world import LIMIT_S, Message, until

ROOT = Path(__file__).parent.parent.parent
WIDE = {
    "commands_per_s": 10_000,
    "command_burst": 100_000,
    "messages_per_s": 10_000,
    "message_burst": 100_000,
    "handshakes_per_min": 100_000,
    "guests_per_hour": 100_000,
    "drain_ms": 0,
    "joins_per_hour": 100_000,
    "sign_ins_per_min": 100_000,
    "lookups_per_min": 100_000,
}
"""Limits that no test meets by accident, and no waiting for sockets that tests leave open."""

_numbers = count()


def fresh_id() -> str:
    """An id that no other test uses."""
    return derived_id("test", str(next(_numbers)))


class Served:
    """A server that is up, and ways to talk to it."""

    def __init__(self, server: uvicorn.Server, task: asyncio.Task[None]) -> None:
        self._server = server
        self._task = task
        self.state = server.server_state
        self.services: Services = server.lifespan.state["services"]
        self.port: int = server.servers[0].sockets[0].getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"

    def stop(self, *signals: int) -> None:
        """Tell it to end, by these signals or as the first SIGTERM does."""
        for number in signals or (signal.SIGTERM,):
            self._server.handle_exit(number, None)

    async def ended(self) -> None:
        """Wait until it has ended."""
        async with asyncio.timeout(LIMIT_S):
            await asyncio.shield(self._task)

    def http(self, **options: Any) -> httpx2.AsyncClient:  # noqa: ANN401 the client's own options
        """An HTTP client with a cookie jar of its own, as of a page of the server's."""
        headers = {"origin": self.url, **options.pop("headers", {})}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, **options)

    @asynccontextmanager
    async def guest(self, handle: str | None = None) -> AsyncIterator["Guest"]:
        """Somebody new, with a cookie and a ticket."""
        async with self.http() as http:
            name = handle or f"Guest {next(_numbers)}"
            answer = await http.post("/api/guest", json=registration(name))
            assert answer.status_code == 201, answer.text
            yield Guest(self, http, answer.json())

    def connect(self, **options: Any) -> connect:  # noqa: ANN401 the client's own options
        """A socket by the `websockets` package."""
        return connecting(f"ws://{self.host}/ws", **options)


def connecting(url: str, **options: Any) -> connect:  # noqa: ANN401 the client's own options
    """A socket by the `websockets` package, to wherever."""
    known = {"subprotocols": [Subprotocol("gutsy.v1")], "compression": None, "proxy": None}
    return connect(url, **{**known, **options})


class Guest:
    """A signed-in player of a served game."""

    def __init__(self, served: Served, http: httpx2.AsyncClient, signed_in: Message) -> None:
        self.served = served
        self.http = http
        self.player: str = signed_in["player"]
        self.handle: str = signed_in["handle"]
        self.ticket: str = signed_in["ticket"]
        self.q = 0
        """The ``seq`` of the last command's last event: what reads wait for."""

    async def do(self, kind: str, squad: str | None = None, /, **body: object) -> Message:
        """A command over HTTP, which must be a yes."""
        fields = {"id": fresh_id(), "k": kind, "b": body, "s": squad}
        answer = await self.http.post("/api/cmd", json=fields)
        assert answer.status_code == 200, answer.text
        ack: Message = answer.json()
        self.q = ack.get("q", self.q)
        return ack

    async def squad(self, name: str = "Night owls") -> str:
        """A squad of one's own."""
        return str((await self.do("squad.create", name=name, tz="UTC"))["b"]["squad"])

    @asynccontextmanager
    async def socket(self, squads: dict[str, int | None] | None = None) -> AsyncIterator["Socket"]:
        """A welcomed connection."""
        async with self.served.connect() as connection:
            socket = Socket(connection)
            await socket.say("hello", v=1, c="test", a=self.ticket, s=squads or {})
            await socket.hear("welcome")
            yield socket


class Socket:
    """A `websockets` connection that speaks the protocol."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[Message] = []

    async def say(self, t: str, **fields: object) -> None:
        """Send a message."""
        await self.connection.send(msgspec.msgpack.encode({"t": t, **fields}))

    async def hear(self, t: str, **fields: object) -> Message:
        """The next message of a kind with these fields; others are kept in ``heard``."""
        async with asyncio.timeout(10):
            while True:
                data = await self.connection.recv(decode=False)
                message: Message = msgspec.msgpack.decode(data)
                self.heard.append(message)
                if message["t"] == t and fields.items() <= message.items():
                    return message


class RawSocket:
    """A socket that says any bytes at all."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.with_head = b""
        """What leaves in one write with the head of the handshake."""

    async def handshake(self, path: str = "/ws", **headers: str | None) -> int:
        """Ask for the upgrade and return the status; a header that is None is left out."""
        host, port = self.writer.get_extra_info("peername")
        lines = {
            "Host": f"{host}:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": "gutsy.v1",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        text = f"GET {path} HTTP/1.1\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in lines.items() if value is not None
        )
        self.writer.write((text + "\r\n").encode() + self.with_head)
        async with asyncio.timeout(10):
            head = await self.reader.readuntil(b"\r\n\r\n")
        self.head = head.decode()
        return int(head.split()[1])

    def send(self, *frames: bytes) -> None:
        """Write frames in one go."""
        self.writer.write(b"".join(frames))

    async def receive(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload."""
        async with asyncio.timeout(10):
            first, second = await self.reader.readexactly(2)
            assert not second & 0x80, "a server does not mask"
            size = second & 0x7F
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2))
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8))
            return first & 0x0F, await self.reader.readexactly(size)

    async def message(self, t: str | None = None) -> Message:
        """The next message, or the next of a kind."""
        while True:
            opcode, data = await self.receive()
            assert opcode == 2, (opcode, data)
            message: Message = msgspec.msgpack.decode(data)
            if t in (None, message["t"]):
                return message

    async def close_code(self) -> int:
        """The code with which the server closes, whatever comes before it."""
        return (await self.close_frame())[0]

    async def close_frame(self) -> tuple[int, str]:
        """Code and reason with which the server closes, whatever comes before."""
        while True:
            opcode, data = await self.receive()
            if opcode == 8:
                return struct.unpack("!H", data[:2])[0], data[2:].decode()

    async def rest(self) -> bytes:
        """What still comes until the server has closed its end."""
        async with asyncio.timeout(10):
            return await self.reader.read()


def masked(opcode: int, data: bytes = b"", *, fin: bool = True, is_masked: bool = True) -> bytes:
    """A frame as a client sends it (RFC 6455, 5.2), masked with a key that shows."""
    head = bytes([(0x80 if fin else 0) | opcode])
    mask_bit = 0x80 if is_masked else 0
    if len(data) < 126:
        head += bytes([mask_bit | len(data)])
    elif len(data) < 1 << 16:
        head += bytes([mask_bit | 126]) + len(data).to_bytes(2)
    else:
        head += bytes([mask_bit | 127]) + len(data).to_bytes(8)
    if not is_masked:
        return head + data
    key = b"\x11\x22\x33\x44"
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(data))


def message(t: str, **fields: object) -> bytes:
    """A message in one binary frame."""
    return masked(2, msgspec.msgpack.encode({"t": t, **fields}))


def registration(handle: str, **fields: object) -> dict[str, object]:
    """What a new guest sends."""
    guest_id = f"{next(_numbers):032x}"
    return {"id": guest_id, "handle": handle, "tz": "UTC", "adult": True, **fields}


@asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[Served]:  # noqa: ANN401 fields of Settings
    """A server in this process, on a free port of the loopback."""
    server = make_server(Settings(**{"port": 0, "data_dir": str(folder), **WIDE, **settings}))
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started or task.done())
    try:
        yield Served(server, task)
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def raw(served: Served) -> AsyncIterator[RawSocket]:
    """A connection that has said nothing yet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        yield RawSocket(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):  # the other side was quicker
            await writer.wait_closed()


def let_no_time_pass(served: Served, patch: pytest.MonkeyPatch) -> None:
    """By the clock of rates, however slow this machine is."""
    clock = served.services.clock
    now_s = clock.steady()
    patch.setattr(clock, "steady", lambda: now_s)


def gutsy(command: str, settings: Mapping[str, object], *arguments: str) -> subprocess.Popen[bytes]:
    """The command line in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GUTSY_")}
    environment |= {f"GUTSY_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "server.cli", command, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def ending(command: str, folder: Path) -> tuple[int, list[str]]:
    """The exit code and the lines of a command that ends by itself."""
    process = gutsy(command, {"port": 0, "data_dir": folder})
    _, stderr = process.communicate(timeout=20)
    return process.returncode, [line for line in _plain(stderr).splitlines() if line.strip()]


def _plain(line: bytes) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line.decode())


class Process:
    """A server in a process of its own, by its command line."""

    def __init__(self, folder: Path, port: int, **settings: object) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.ws_url = f"ws://127.0.0.1:{port}/ws"
        given = {"host": "127.0.0.1", "port": port, "data_dir": folder, **WIDE, **settings}
        self.process = gutsy("serve", given)
        # A pipe that nobody reads would stop a server that has much to say.
        self._said: list[str] = []
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()
        ends_at = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < ends_at, "the server did not start"
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx2.TransportError:
            return False

    def kill(self) -> None:
        """As a power cut, but for the disk."""
        self.process.kill()
        self.output()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.terminate()
        self.output()
        return self.process.returncode

    def output(self) -> str:
        """What it said, once it has ended."""
        self.process.wait(timeout=20)
        self._listener.join()
        return "".join(self._said)

    def _listen(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            self._said += [_plain(line) for line in stream]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def process(folder: Path, **settings: object) -> Iterator[Process]:
    """A server process, ended afterwards."""
    running = Process(folder, free_port(), **settings)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
