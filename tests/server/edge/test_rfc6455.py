"""RFC 6455 as one table: what a client sends, and what it then hears, on both loops.

Each case is sent in one write and byte by byte. The behaviour is that of ``websockets``' Sans-I/O
protocol, where the standard leaves a choice too; what a message means is for other tests.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from server.edge.socket import MOST_FRAGMENTS
from tests.server.edge.loops import LOOPS
from tests.server.serving import Guest, RawSocket, Served, masked, message, raw, serving

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
LIMIT = 16_384
END = "the end of what is asked"
EOF = b""
"""The client closes its end of the connection, without a word."""


@dataclass(frozen=True)
class Said:
    """The answer to a message, by the message's id."""

    id: str


@dataclass(frozen=True)
class Pong:
    """The answer to a ping."""

    data: bytes


@dataclass(frozen=True)
class Closed:
    """A close frame with this code, and the end of the connection. None: a frame without one."""

    code: int | None


@dataclass(frozen=True)
class Gone:
    """The end of the connection without a close frame."""


Heard = Said | Pong | Closed | Gone


def body(message_id: str, size: int | None = None) -> bytes:
    """A message that is answered with its id; with a size, of exactly so many bytes."""
    fields = {"t": "dance", "id": message_id}
    if size is None:
        return msgspec.msgpack.encode(fields)
    empty = len(msgspec.msgpack.encode({**fields, "x": b""}))
    # The length of the filling takes up to three bytes more, the longer it is.
    fillings = [bytes(size - empty - more) for more in (0, 1, 3)]
    forms = [msgspec.msgpack.encode({**fields, "x": filling}) for filling in fillings]
    return next(form for form in forms if len(form) == size)


def say(message_id: str) -> bytes:
    """A whole message in one frame."""
    return masked(BINARY, body(message_id))


def first(data: bytes, opcode: int = BINARY) -> bytes:
    """The first piece of a message."""
    return masked(opcode, data, fin=False)


def more(data: bytes) -> bytes:
    """A piece in the middle."""
    return masked(CONT, data, fin=False)


def last(data: bytes) -> bytes:
    """The last piece."""
    return masked(CONT, data)


def close(code: int, reason: bytes = b"") -> bytes:
    """A close frame."""
    return masked(CLOSE, code.to_bytes(2) + reason)


def announced(size: bytes, payload: bytes = b"") -> bytes:
    """A binary frame whose length is written with these bytes."""
    head = bytes([0x82, 0x80 | (126 if len(size) == 2 else 127)])
    key = b"\0\0\0\0"
    return head + size + key + payload


B = body("1")
FULL = body("1", LIMIT)
KEYLESS = b"\x82" + bytes([0x80 | len(B)]) + b"\0\0\0\0" + B

Row = tuple[str, bytes | Sequence[bytes], list[Heard]]


def closing(name: str, sent: bytes, code: int) -> Row:
    """A row of those that only differ in a number."""
    return name, sent, [Closed(code)]


TABLE: list[Row] = [
    # Messages
    ("a message", say("1"), [Said("1")]),
    ("many messages", say("1") + say("2") + say("3"), [Said("1"), Said("2"), Said("3")]),
    ("a masking key of zeros", KEYLESS, [Said("1")]),
    ("two pieces", first(B[:4]) + last(B[4:]), [Said("1")]),
    ("three pieces", first(B[:4]) + more(B[4:9]) + last(B[9:]), [Said("1")]),
    ("empty pieces", first(b"") + more(B) + more(b"") + last(b""), [Said("1")]),
    ("the most pieces", first(B[:4]) + more(b"") * (MOST_FRAGMENTS - 2) + last(B[4:]), [Said("1")]),
    ("too many pieces", first(B[:4]) + more(b"") * (MOST_FRAGMENTS - 1), [Closed(1009)]),
    ("a ping in between", first(B[:4]) + masked(PING) + last(B[4:]), [Pong(b""), Said("1")]),
    ("a pong in between", first(B[:4]) + masked(PONG, b"!") + last(B[4:]), [Said("1")]),
    ("two messages in pieces", (first(B[:4]) + last(B[4:])) * 2, [Said("1"), Said("1")]),
    ("nothing to go on with", last(B), [Closed(1002)]),
    ("a message within another", first(B[:4]) + say("2"), [Closed(1002)]),
    ("a good message before a bad frame", say("1") + masked(3), [Said("1"), Closed(1002)]),
    ("a good message after a bad frame", masked(3) + say("1"), [Closed(1002)]),
    # Text is never taken, so its bytes do not matter
    ("text", masked(TEXT, b"{}"), [Closed(1003)]),
    ("empty text", masked(TEXT), [Closed(1003)]),
    ("text that is no UTF-8", masked(TEXT, b"\xff\xfe"), [Closed(1003)]),
    ("the beginning of a text", first(b"{", TEXT), [Closed(1003)]),
    ("text within a message", first(B[:4]) + masked(TEXT, b"x"), [Closed(1002)]),
    # Sizes
    ("125 bytes", masked(BINARY, body("1", 125)), [Said("1")]),
    ("126 bytes", masked(BINARY, body("1", 126)), [Said("1")]),
    ("a length in more bytes than it needs", announced(len(B).to_bytes(2), B), [Said("1")]),
    ("a length in far more bytes", announced(len(B).to_bytes(8), B), [Said("1")]),
    ("the limit", masked(BINARY, FULL), [Said("1")]),
    ("the limit in pieces", first(FULL[:9_000]) + last(FULL[9_000:]), [Said("1")]),
    ("a byte past the limit", masked(BINARY, bytes(LIMIT + 1)), [Closed(1009)]),
    ("a byte past the limit in pieces", first(bytes(LIMIT)) + last(b"x"), [Closed(1009)]),
    ("past the limit, only announced", announced((LIMIT + 1).to_bytes(2)), [Closed(1009)]),
    ("65,535 bytes", announced((65_535).to_bytes(2)), [Closed(1009)]),
    ("65,536 bytes", announced((65_536).to_bytes(8)), [Closed(1009)]),
    ("the most that can be written", announced(b"\xff" * 8), [Closed(1009)]),
    # Control frames
    ("a ping", masked(PING, b"there?"), [Pong(b"there?")]),
    ("an empty ping", masked(PING), [Pong(b"")]),
    ("a ping of 125 bytes", masked(PING, bytes(range(125))), [Pong(bytes(range(125)))]),
    ("many pings", masked(PING, b"1") + masked(PING, b"2"), [Pong(b"1"), Pong(b"2")]),
    ("a pong that nobody asked for", masked(PONG, b"x") + say("1"), [Said("1")]),
    ("a ping of 126 bytes", masked(PING, bytes(126)), [Closed(1002)]),
    ("a pong of 126 bytes", masked(PONG, bytes(126)), [Closed(1002)]),
    ("a close of 126 bytes", close(1000, bytes(124)), [Closed(1002)]),
    ("a ping past the limit of a message", b"\x89\xff" + (1 << 40).to_bytes(8), [Closed(1009)]),
    ("a ping in pieces", masked(PING, b"x", fin=False), [Closed(1002)]),
    ("a pong in pieces", masked(PONG, b"x", fin=False), [Closed(1002)]),
    ("a close in pieces", masked(CLOSE, b"\x03\xe8", fin=False), [Closed(1002)]),
    # Reserved, unmasked
    *[
        closing(f"reserved bit {bit}", bytes([0x82 | 0x80 >> bit]) + KEYLESS[1:], 1002)
        for bit in (1, 2, 3)
    ],
    *[
        closing(f"opcode {opcode:#x}", masked(opcode, b"x"), 1002)
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    ],
    ("unmasked", masked(BINARY, B, is_masked=False), [Closed(1002)]),
    ("an unmasked ping", masked(PING, b"x", is_masked=False), [Closed(1002)]),
    ("an unmasked close", masked(CLOSE, b"\x03\xe8", is_masked=False), [Closed(1002)]),
    # Closing
    ("a close without a code", masked(CLOSE), [Closed(None)]),
    ("a close with half a code", masked(CLOSE, b"\x03"), [Closed(1002)]),
    *[
        closing(f"a close with {code}", close(code), code)
        for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014)
    ],
    *[closing(f"a close with {code}", close(code), code) for code in (3000, 3999, 4000, 4999)],
    *[
        closing(f"a close with {code}", close(code), 1002)
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)
    ],
    ("a close with a reason", close(1000, "tschüß".encode()), [Closed(1000)]),
    ("a close with the longest reason", close(1000, b"x" * 123), [Closed(1000)]),
    ("a close whose reason is no UTF-8", close(1000, b"\xff"), [Closed(1007)]),
    ("a close whose reason is cut", close(1000, "ß".encode()[:1]), [Closed(1007)]),
    ("a close after a message", say("1") + close(1000), [Said("1"), Closed(1000)]),
    ("a message after the close", close(1000) + say("1"), [Closed(1000)]),
    ("a ping after the close", close(1000) + masked(PING, b"x"), [Closed(1000)]),
    ("two closes", close(1000) + close(1001), [Closed(1000)]),
    ("nonsense after the close", close(1000) + b"\xff" * 50, [Closed(1000)]),
    ("a close within a message", first(B[:4]) + close(1000), [Closed(1002)]),
    ("the end without a close", [EOF], [Gone()]),
    ("the end after a message", [say("1"), EOF], [Said("1"), Gone()]),
    ("the end within a frame", [say("1")[:5], EOF], [Gone()]),
    ("the end within a message", [first(B[:4]), EOF], [Gone()]),
    ("the end after a close", [close(1000), EOF], [Closed(1000)]),
]  # fmt: skip


@pytest.fixture(scope="module", params=LOOPS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Both loops."""
    return request.param


@pytest.fixture(scope="module")
async def guest(served: Served) -> AsyncIterator[Guest]:
    """Who sends all this."""
    async with served.guest() as guest:
        yield guest


@pytest.fixture
async def wire(guest: Guest) -> AsyncIterator[RawSocket]:
    """A welcomed connection of a client that has nothing more to expect."""
    async with raw(guest.served) as wire:
        await welcomed(wire, guest)
        yield wire


async def welcomed(wire: RawSocket, guest: Guest) -> None:
    """Come in, and hear what a newcomer hears."""
    assert await wire.handshake() == 101
    wire.send(message("hello", v=1, c="test", a=guest.ticket))
    await wire.message("welcome")


def pongs_first(heard: list[Heard]) -> list[Heard]:
    """In an order that can be compared: answers and pongs may overtake each other."""
    return sorted(heard, key=lambda one: not isinstance(one, Pong))


async def heard(wire: RawSocket) -> list[Heard]:
    """What comes until the pong that is marked as the end, or the end of the connection."""
    found: list[Heard] = []
    while True:
        try:
            opcode, data = await wire.receive()
        except asyncio.IncompleteReadError as end:
            if end.partial:
                pytest.fail("the connection ends within a frame")
            return found if found and isinstance(found[-1], Closed) else [*found, Gone()]
        if opcode == PONG and data == END.encode():
            return found
        match opcode:
            case 2:
                came = msgspec.msgpack.decode(data)
                # A newcomer's views come when they are ready, perhaps in between.
                found += [Said(came["id"])] if came["t"] == "err" else []
            case 8:
                found.append(Closed(int.from_bytes(data[:2]) if data else None))
            case 10:
                found.append(Pong(data))
            case _:
                pytest.fail(f"a server sends no frame like {opcode}")


@pytest.mark.parametrize("is_dripping", [False, True], ids=["at once", "byte by byte"])
@pytest.mark.parametrize(
    ("sent", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
async def test_frames_are_answered_by_the_book(
    wire: RawSocket,
    sent: bytes | Sequence[bytes],
    expected: list[Heard],
    is_dripping: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """However the network cuts them; and nothing of it is an error of ours."""
    parts = [sent] if isinstance(sent, bytes) else [*sent]
    if not expected or not isinstance(expected[-1], Closed | Gone):
        parts.append(masked(PING, END.encode()))
    for part in parts:
        if part == EOF:
            wire.writer.write_eof()
        elif is_dripping:
            # Of long ones only the first bytes one by one: there the frame's head is.
            for byte in part[:300]:
                wire.send(bytes([byte]))
                await asyncio.sleep(0)
            wire.send(part[300:])
        else:
            wire.send(part)

    assert pongs_first(expected) == pongs_first(await heard(wire))
    assert caplog.records == []


@pytest.mark.parametrize("size", [125, 126, 65_535, 65_536])
async def test_each_form_of_a_length_is_read(tmp_path: Path, size: int) -> None:
    """Where the limit lets it in."""
    async with (
        serving(tmp_path, max_message_bytes=65_536) as served,
        served.guest() as guest,
        raw(served) as wire,
    ):
        await welcomed(wire, guest)
        wire.send(masked(BINARY, body("1", size)), masked(PING, END.encode()))

        assert [Said("1")] == await heard(wire)


async def test_an_echoed_close_has_the_very_bytes(wire: RawSocket) -> None:
    """Reason and all."""
    wire.send(close(4000, "tschüß".encode()))

    assert (await wire.close_frame(), await wire.rest()) == ((4000, "tschüß"), b"")


async def test_after_our_close_the_connection_ends_by_itself(wire: RawSocket) -> None:
    """Even when the other side goes on talking and never closes."""
    wire.send(masked(TEXT))
    await wire.close_frame()
    wire.send(say("1"), say("2"))

    assert await wire.rest() == b""
