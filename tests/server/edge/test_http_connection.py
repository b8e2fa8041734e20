"""HTTP as bytes: heads and bodies that come slowly, never, in excess or broken.

Holds the contract with uvicorn's undocumented protocol class, on both loops.
"""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import httpx2
import pytest

from server.edge.http_connection import MOST_HEADERS, MOST_PIPELINED, GutsyHttp
from server.edge.pages import HEADERS
from tests.server.edge.loops import LOOPS
from tests.server.serving import (
    RawSocket,
    Served,
    fresh_id,
    message,
    raw,
    registration,
    serving,
)
from tests.server.world import until

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = "POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
LARGE = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: gutsy.v1\r\n\r\n"
)
NARROW = 8 * 1024
"""Bytes that the kernel may keep on either side: else it would take megabytes off our hands."""
SILENT = 200


@pytest.fixture(scope="module", params=LOOPS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Both loops."""
    return request.param


@pytest.fixture
async def hurried(tmp_path: Path) -> AsyncIterator[Served]:
    """A server with little patience for heads."""
    async with serving(tmp_path, head_ms=300) as served:
        yield served


@asynccontextmanager
async def calling(served: Served) -> AsyncIterator[RawSocket]:
    """A connection, and at its end: nothing waits, and nothing went wrong here."""
    async with raw(served) as wire:
        yield wire
    await until(lambda: len(served.services.unfinished) == 0)


def post(path: str, body: bytes, *headers: str) -> bytes:
    """A request with a body, as bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def status(wire: RawSocket) -> int:
    """The status of the next answer."""
    async with asyncio.timeout(10):
        return int((await wire.reader.readuntil(b"\r\n\r\n")).split()[1])


async def drip(served: Served, wire: RawSocket, drop: bytes) -> bytes:
    """Say a little again and again while somebody listens, and return what is said to it.

    Not longer: the kernel would answer by a reset, and what was said be lost.
    """
    await until(lambda: served.state.connections)
    (connection,) = served.state.connections
    assert isinstance(connection, GutsyHttp)
    rest = asyncio.create_task(wire.rest())
    while not connection.transport.is_closing():
        wire.send(drop)
        await asyncio.wait([rest], timeout=0.02)
    return await rest


@asynccontextmanager
async def narrow(served: Served) -> AsyncIterator[tuple[RawSocket, GutsyHttp]]:
    """A connection whose client does not read yet, and the server's end of it."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)
    one.setblocking(False)
    known = set(served.state.connections)
    await asyncio.get_running_loop().sock_connect(one, ("127.0.0.1", served.port))
    wire = RawSocket(*await asyncio.open_connection(sock=one))
    transport_of(wire).pause_reading()
    await until(lambda: served.state.connections - known)
    (connection,) = served.state.connections - known
    assert isinstance(connection, GutsyHttp)
    kernel: socket.socket = connection.transport.get_extra_info("socket")
    kernel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, NARROW)
    try:
        yield wire, connection
    finally:
        transport_of(wire).abort()


def transport_of(wire: RawSocket) -> asyncio.Transport:
    """The client's own end."""
    return cast(asyncio.Transport, wire.writer.transport)


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as an error."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


# Slow heads


async def test_who_says_nothing_is_closed_without_a_word(hurried: Served) -> None:
    """A browser that connects ahead of time takes it for what it is."""
    async with calling(hurried) as wire:
        assert await wire.rest() == b""


async def test_who_says_half_a_head_is_told_that_it_took_too_long(hurried: Served) -> None:
    """408."""
    async with calling(hurried) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost:")

        assert await status(wire) == 408


@pytest.mark.parametrize("drop", [b"x", b"x: y\r\n"], ids=["a byte", "a header"])
async def test_a_head_may_not_drip_on_and_on(hurried: Served, drop: bytes) -> None:
    """The deadline is for the whole of it."""
    async with calling(hurried) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n")

        assert (await drip(hurried, wire, drop)).startswith(b"HTTP/1.1 408 ")


async def test_a_kept_connection_is_not_kept_by_empty_lines(hurried: Served) -> None:
    """Which are no request: uvicorn's own clock stops at them."""
    async with calling(hurried) as wire:
        wire.send(GET)
        assert await status(wire) == 200

        assert (await drip(hurried, wire, b"\r\n")).startswith(b'{"ok":true}')


async def test_a_kept_connection_may_ask_again(hurried: Served) -> None:
    """Each request has its own deadline."""
    async with calling(hurried) as wire:
        statuses = []
        for _ in range(3):
            wire.send(GET[:10])
            await until(lambda: len(hurried.services.unfinished) == 1)
            wire.send(GET[10:])
            statuses.append(await status(wire))
            await until(lambda: len(hurried.services.unfinished) == 0)

    assert statuses == [200, 200, 200]


async def test_an_upgraded_connection_has_left_the_heads_deadline(hurried: Served) -> None:
    """From there on the time to say hello counts."""
    async with hurried.guest() as guest, calling(hurried) as wire:
        await wire.handshake()
        await until(lambda: len(hurried.services.unfinished) == 0)
        wire.send(message("hello", v=1, c="test", a=guest.ticket))

        assert (await wire.message("welcome"))["u"] == guest.player


async def test_silence_of_many_keeps_nobody_out(hurried: Served) -> None:
    """Of one address; neither others nor more people from there. All are closed in the end."""
    silent = [
        await asyncio.open_connection("127.0.0.1", hurried.port, local_addr=("127.0.0.2", 0))
        for _ in range(SILENT)
    ]
    async with hurried.guest() as guest, guest.socket() as other:
        neighbour = httpx2.AsyncHTTPTransport(local_address="127.0.0.2")
        async with httpx2.AsyncClient(base_url=hurried.url, transport=neighbour) as http:
            answer = await http.get("/healthz")
        await other.say("sub", id="1", s="no squad")
        await other.hear("err", id="1")
    async with asyncio.timeout(10):
        said = [await reader.read() for reader, _ in silent]
    for _, writer in silent:
        writer.close()
    await until(lambda: len(hurried.services.unfinished) == 0)

    assert (answer.status_code, said) == (200, [b""] * SILENT)


async def test_too_many_who_wait_make_room_for_the_next(tmp_path: Path) -> None:
    """The one who waited longest goes."""
    async with (
        serving(tmp_path, unfinished_requests_per_ip=2) as served,
        raw(served) as first,
        raw(served) as second,
    ):
        first.send(GET[:10])
        await until(lambda: len(served.services.unfinished) == 2)
        async with raw(served) as third:
            third.send(GET)
            statuses = [await status(first), await status(third)]
        second.send(GET)

        assert [*statuses, await status(second)] == [503, 200, 200]


# Large heads


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 5_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * MOST_HEADERS + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 5_000,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a" * 5_000,
    ],
    ids=["path", "header", "headers", "a header without end", "a name without end"],
)
async def test_a_head_that_is_too_large_is_refused(tmp_path: Path, head: bytes) -> None:
    """431, as soon as it is."""
    async with serving(tmp_path, max_head_bytes=4096) as served, calling(served) as wire:
        wire.send(head)

        assert await status(wire) == 431


async def test_a_head_within_the_limit_is_read(tmp_path: Path) -> None:
    """And as many headers."""
    async with serving(tmp_path, max_head_bytes=4096) as served, calling(served) as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * (MOST_HEADERS - 1))
        wire.send(b"B: " + b"b" * 3_000 + b"\r\n\r\n")

        assert await status(wire) == 200


async def test_requests_ahead_of_their_answers_are_answered_in_order(served: Served) -> None:
    """A few of them."""
    async with calling(served) as wire:
        wire.send(GET * MOST_PIPELINED)

        assert [await status(wire) for _ in range(MOST_PIPELINED)] == [200] * MOST_PIPELINED


async def test_too_many_requests_ahead_of_their_answers_end_the_connection(served: Served) -> None:
    """They would all be kept in memory."""
    async with calling(served) as wire:
        wire.send(GET * (MOST_PIPELINED + 10))

        assert (await wire.rest()).count(b"HTTP/1.1 200 ") <= 1


# Bodies


async def test_a_body_that_never_comes_is_not_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """408, and nothing is logged: it is not our failure."""
    async with serving(tmp_path, body_ms=300) as served, calling(served) as wire:
        wire.send(post("/api/guest", b"x" * 100)[:-1])

        assert await status(wire) == 408
    assert failures(caplog) == []


async def test_a_body_may_not_drip_after_its_answer(tmp_path: Path) -> None:
    """An answer that did not need it does not make it endless."""
    async with serving(tmp_path, body_ms=300) as served, calling(served) as wire:
        wire.send(b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        assert await status(wire) == 405

        assert b"HTTP/1.1" not in await drip(served, wire, b"x")


async def test_a_body_that_comes_in_pieces_is_read(served: Served) -> None:
    """A slow phone is no attack."""
    body = json.dumps(registration(f"Sue {fresh_id()[:9]}")).encode()
    async with calling(served) as wire:
        request = post("/api/guest", body)
        for start in range(0, len(request), 10):
            wire.send(request[start : start + 10])
            await wire.writer.drain()

        assert await status(wire) == 201


async def test_who_leaves_in_the_middle_of_a_body_is_no_failure_of_ours(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """As a phone in a tunnel."""
    async with calling(served) as wire:
        wire.send(post("/api/guest", b"x" * 100)[:-1])
        await until(lambda: len(served.services.unfinished) == 1)
    await until(lambda: not served.state.tasks)

    assert failures(caplog) == []


# What stands around a body


@pytest.mark.parametrize(
    "excess",
    [
        b"0\r\n" + b"A: b\r\n" * 1_000,
        b"0\r\nA: " + b"b" * 6_000,
        b"0\r\n" + b"a" * 6_000,
        b"1;a=" + b"b" * 6_000,
        b"1\r\nx\r\n" * 1_000,
    ],
    ids=["trailers", "a trailer without end", "a name without end", "an extension", "chunks"],
)
async def test_what_stands_around_a_body_has_a_limit(tmp_path: Path, excess: bytes) -> None:
    """413 at the first byte past a full head and a full body; nobody waits for the end of it."""
    limits = {"max_head_bytes": 4096, "max_message_bytes": 1024}
    request = CHUNKED.format(path="/api/guest").encode() + excess
    async with serving(tmp_path, **limits) as served, calling(served) as wire:
        wire.send(request[: sum(limits.values()) + 1])

        assert await status(wire) == 413


async def test_a_trailer_is_no_header(served: Served) -> None:
    """Nobody is signed in by one."""
    async with calling(served) as wire, served.guest() as guest:
        asked = CHUNKED.format(path="/api/ticket").encode()
        wire.send(asked + f"0\r\nAuthorization: Bearer {guest.ticket}\r\n\r\n".encode())

        assert await status(wire) == 401


# Readers


async def test_an_answer_that_nobody_takes_is_given_up(tmp_path: Path) -> None:
    """Neither its bytes nor its connection are kept for ever."""
    async with serving(tmp_path, paused_ms=200) as served:
        mute = socket.create_connection(("127.0.0.1", served.port))
        mute.setblocking(False)
        await until(lambda: served.state.connections)
        (connection,) = served.state.connections
        asked = 0
        while connection in served.state.connections:
            if asked == served.state.total_requests:
                mute.send(LARGE)
                asked += 1
            await asyncio.sleep(0)
        mute.close()

    assert asked > 1


async def test_an_upgraded_connection_has_left_the_watch_over_its_answers(tmp_path: Path) -> None:
    """From there on the socket's own limits count, and say why they close."""
    async with serving(tmp_path, paused_ms=600_000) as served, narrow(served) as (wire, connection):
        wire.send(LARGE * 3)
        await until(lambda: connection._reader_watch is not None)
        transport_of(wire).resume_reading()
        for _ in range(3):
            head = await wire.reader.readuntil(b"\r\n\r\n")
            await wire.reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))

        assert await wire.handshake() == 101
        assert connection._reader_watch is None


async def test_there_is_no_upgrade_before_all_is_answered(served: Served) -> None:
    """The answer would wait for a word that goes to the socket."""
    async with calling(served) as wire:
        wire.send(GET + UPGRADE)

        assert b"HTTP/1.1 101 " not in await wire.rest()


async def test_there_is_no_upgrade_before_all_is_taken(served: Served) -> None:
    """The socket would not know that it has to wait."""
    async with narrow(served) as (wire, connection):
        wire.send(LARGE)
        await until(lambda: connection._reader_watch is not None and not connection._is_answering)
        wire.send(UPGRADE)
        await until(connection.transport.is_closing)
        transport_of(wire).resume_reading()
        said = await wire.rest()

    assert (said.count(b"HTTP/1.1 200 "), b"HTTP/1.1 101 " in said) == (1, False)


# Nonsense


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n continued\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n",
        b"GET \x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=["TLS", "no target", "name", "folded", "bare LF", "NUL", "target", "HTTP/2"],
)
async def test_what_is_no_request_is_refused_and_guarded(
    served: Served, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """400, with the headers of every answer; strangers cannot fill the log with it."""
    async with calling(served) as wire:
        wire.send(request_bytes)
        head = (await wire.rest()).decode()

    assert head.startswith("HTTP/1.1 400 "), head
    assert [name for name, value in HEADERS.items() if f"{name}: {value}" not in head] == []
    assert caplog.records == []


async def test_an_upgrade_to_what_we_do_not_speak_is_ignored(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """The request is answered as it is (RFC 9110, 7.8), and nothing is logged."""
    async with calling(served) as wire:
        wire.send(GET[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n")

        assert await status(wire) == 200
    assert caplog.records == []


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 2\r\nContent-Length: 3\r\n",
        b"Content-Length: 2\r\nContent-Length: 2\r\n",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length: +2\r\n",
        b"Content-Length: 0x2\r\n",
        b"Content-Length: 2, 2\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length : 2\r\n",
    ],
    ids=lambda headers: headers.decode().strip().replace("\r\n", " + "),
)
async def test_a_body_whose_end_is_in_doubt_is_refused(served: Served, headers: bytes) -> None:
    """400: whoever stands in front might see another end, and smuggle a request in."""
    async with calling(served) as wire:
        wire.send(b"POST /api/guest HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n{}" + GET)
        said = await wire.rest()

    assert (said.split()[1], said.count(b"HTTP/1.1 ")) == (b"400", 1)
