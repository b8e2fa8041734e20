"""Every limit of the protocol and every close code, met over a real socket with the real numbers.

Where a limit is a time, it is set shorter; ``test_session.py`` holds the instants by a clock of its
own. A row says what somebody does, and how their connection ends.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from msgspec import Struct, msgpack

from domain.ids import PlayerId
from server.edge.session import EXPIRY_NOTICE_MS
from server.edge.sessions import FULL_MS
from server.eventlog.log import LogUnavailable
from server.protocol.errors import CloseCode
from server.settings import Settings
from tests.server.serving import (
    Guest,
    RawSocket,
    Served,
    fresh_id,
    let_no_time_pass,
    masked,
    message,
    raw,
    registration,
    serving,
)
from tests.server.world import until

TEXT, BINARY, CLOSE = 1, 2, 8
STATED = {
    name: getattr(Settings(), name)
    for name in (
        "commands_per_s",
        "command_burst",
        "messages_per_s",
        "message_burst",
        "handshakes_per_min",
    )
}
"""The limits as they are stated, in place of the wide ones of other tests."""
WIDE_HANDSHAKES = {"handshakes_per_min": 100_000}
RETRY = r"retry=\d+"


class At(Struct):
    """One connection after its handshake, and what is around it."""

    served: Served
    guest: Guest
    wire: RawSocket
    patch: pytest.MonkeyPatch
    others: AsyncExitStack

    async def hello(self, **fields: object) -> None:
        """Say hello, as ``fields`` have it."""
        self.wire.send(message("hello", **{"v": 1, "c": "x", "a": self.guest.ticket, **fields}))

    async def welcome(self) -> None:
        """Come in."""
        await self.hello()
        await self.wire.message("welcome")

    async def another(self) -> RawSocket:
        """One more connection after its handshake."""
        wire = await self.others.enter_async_context(raw(self.served))
        assert await wire.handshake() == 101
        return wire


async def sends(at: At, *frames: bytes) -> None:
    """Something that no well-made client sends, once it is in."""
    await at.welcome()
    at.wire.send(*frames)


async def says(at: At, **fields: object) -> None:
    """A hello that is not good."""
    await at.hello(**fields)


async def nothing(_at: At) -> None:
    """Wait."""


async def comes_in_and_is_silent(at: At) -> None:
    await at.welcome()


async def does_not_read(at: At) -> None:
    await at.welcome()
    mine = cast(asyncio.Transport, at.wire.writer.transport)
    mine.pause_reading()
    (session,) = at.served.services.hub.outlets[PlayerId(at.guest.player)]
    blank = b"\x82\x7e\x3a\x98" + b"\0" * 15_000
    for _ in range(10_000):
        await asyncio.sleep(0)
        if session.is_writable:
            session.write(blank)
    await until(lambda: PlayerId(at.guest.player) not in at.served.services.hub.outlets)
    mine.resume_reading()


async def is_replaced(at: At) -> None:
    await at.welcome()
    for _ in range(Settings().connections_per_player):
        wire = await at.another()
        wire.send(message("hello", v=1, c="x", a=at.guest.ticket))
        await wire.message("welcome")


async def is_one_of_too_many(at: At) -> None:
    """The last of those that one address may open: it stays, and the next does not."""
    for _ in range(Settings().sockets_per_ip - 1):
        await at.another()
    at.wire = await at.another()


async def comes_too_often(at: At) -> None:
    let_no_time_pass(at.served, at.patch)
    for _ in range(Settings().handshakes_per_min + 1):
        await at.another()
    at.wire = await at.another()


async def outlives_the_session(at: At) -> None:
    await at.welcome()
    clock = at.served.services.clock
    at.patch.setattr(clock, "_offset_ms", 15 * 60_000)


async def meets_a_failure(at: At) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    at.patch.setattr(at.served.services.intake, "command", fail)
    await sends(at, message("cmd", id=fresh_id(), k="squad.leave"))


async def meets_a_broken_log(at: At) -> None:
    def fail(_streams: object) -> dict[str, int]:
        raise LogUnavailable("locked")

    at.patch.setattr(at.served.services.log, "heads", fail)
    await at.hello()


async def stays_to_the_end(at: At) -> None:
    await at.welcome()
    at.served.stop()


async def comes_to_the_end(at: At) -> None:
    await at.welcome()
    at.served.services.sessions.drain(0)
    at.wire = await at.another()


class Limit(Struct, frozen=True):
    """What somebody does, the code with which it ends, its reason, and what is set for it."""

    does: Callable[[At], Awaitable[None]]
    code: CloseCode
    reason: str = ".*"
    settings: Mapping[str, int] = {}


LIMITS = {
    "a text message": Limit(lambda at: sends(at, masked(TEXT, b"{}")), CloseCode.TEXT),
    "a frame of an unknown kind": Limit(
        lambda at: sends(at, masked(3, b"x")), CloseCode.PROTOCOL_ERROR
    ),
    "a close whose reason is no UTF-8": Limit(
        lambda at: sends(at, masked(CLOSE, (1000).to_bytes(2) + b"\xff")), CloseCode.BAD_UTF8
    ),
    "a message of more than 16 KiB": Limit(
        lambda at: sends(at, masked(BINARY, b"\0" * 16_385)), CloseCode.TOO_BIG
    ),
    "a failure of ours": Limit(meets_a_failure, CloseCode.SERVER_ERROR, "server error"),
    "the end of the server": Limit(stays_to_the_end, CloseCode.RESTART, "restart"),
    "a server about to end": Limit(comes_to_the_end, CloseCode.OVERLOADED, RETRY),
    "a log that cannot be read": Limit(meets_a_broken_log, CloseCode.OVERLOADED, RETRY),
    "bytes that are no message": Limit(
        lambda at: sends(at, masked(BINARY, b"\xc1")), CloseCode.MALFORMED
    ),
    "a second hello": Limit(
        lambda at: sends(at, message("hello", v=1, c="x")), CloseCode.MALFORMED
    ),
    "33 squads": Limit(lambda at: says(at, s={str(n): 0 for n in range(33)}), CloseCode.MALFORMED),
    "no sign-in": Limit(lambda at: says(at, a=None), CloseCode.NOT_SIGNED_IN),
    "another version": Limit(lambda at: says(at, v=2), CloseCode.VERSION),
    "eight newer connections": Limit(is_replaced, CloseCode.REPLACED),
    "not reading for so long": Limit(does_not_read, CloseCode.SLOW, "slow", {"paused_ms": 200}),
    "no hello": Limit(nothing, CloseCode.SILENT, "no hello", {"hello_ms": 100}),
    "silence after a ping": Limit(
        comes_in_and_is_silent, CloseCode.SILENT, "silent", {"ping_ms": 100, "silence_ms": 100}
    ),
    "more than 40 messages at once": Limit(
        lambda at: sends(at, *[message("pong")] * 60), CloseCode.RATE, RETRY
    ),
    "301 sockets of an address": Limit(is_one_of_too_many, CloseCode.RATE, RETRY, WIDE_HANDSHAKES),
    "101 handshakes in a minute": Limit(comes_too_often, CloseCode.RATE, RETRY),
    "a session that is over": Limit(outlives_the_session, CloseCode.SESSION_OVER),
}
NEVER_SAID = {CloseCode.NORMAL, CloseCode.GOING_AWAY, CloseCode.FORBIDDEN}
"""The first two are said by clients (ours echoes them), the last by no limit that there is yet."""


@asynccontextmanager
async def connected(
    folder: Path, patch: pytest.MonkeyPatch, settings: Mapping[str, int]
) -> AsyncIterator[At]:
    """A server with the stated limits, and one connection to it."""
    async with (
        serving(folder, **{**STATED, **settings}) as served,
        served.guest() as guest,
        AsyncExitStack() as others,
        raw(served) as wire,
    ):
        assert await wire.handshake() == 101
        yield At(served, guest, wire, patch, others)


@pytest.mark.parametrize("name", LIMITS)
async def test_a_connection_ends_as_stated(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    """With its code; what is to be tried again says when; only a failure of ours is logged."""
    limit = LIMITS[name]
    monkeypatch.setattr("server.edge.socket.CLOSE_TIMEOUT_S", 30)  # nobody is cut while reading
    async with connected(tmp_path, monkeypatch, limit.settings) as at:
        await limit.does(at)
        code, reason = await at.wire.close_frame()

    assert (limit.code, True) == (code, re.fullmatch(limit.reason, reason) is not None)
    assert (limit.code is CloseCode.SERVER_ERROR) == len(caplog.records)


def test_every_close_code_is_met() -> None:
    """Whoever adds one adds a row."""

    assert {limit.code for limit in LIMITS.values()} == set(CloseCode) - NEVER_SAID


# Limits that the connection outlives


@pytest.mark.parametrize(
    "frame",
    [
        masked(BINARY, msgpack.encode({"t": "dance", "id": "1", "x": b"\0" * 16_363})),
        message("dance", id="1"),
    ],
    ids=["a message of 16 KiB", "an unknown message"],
)
async def test_what_is_within_the_limits_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frame: bytes
) -> None:
    """The limit itself is allowed."""
    async with connected(tmp_path, monkeypatch, {}) as at:
        await at.welcome()
        at.wire.send(frame)
        err = await at.wire.message("err")

    assert (err["id"], err["c"]) == ("1", "UNKNOWN_KIND")


async def test_commands_over_the_rate_are_busy_and_the_connection_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20 at once and then 5 a second: ``w`` says when the same id may come again."""
    ids = [fresh_id() for _ in range(21)]
    async with connected(tmp_path, monkeypatch, {}) as at:
        await at.welcome()
        at.wire.send(*(message("cmd", id=command_id, k="squad.leave") for command_id in ids))
        answers = {a["id"]: a for a in [await at.wire.message("err") for _ in ids]}
        at.wire.send(message("dance", id="still here"))
        last = await at.wire.message("err")

    assert [answers[i]["c"] for i in ids] == ["BAD_INPUT"] * 20 + ["BUSY"]
    assert (0 < answers[ids[-1]]["w"] <= 200, last["id"]) == (True, "still here")


async def test_one_squad_too_many_is_refused_and_the_connection_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of those that are asked for at once. Nobody has seats for 33."""
    async with connected(tmp_path, monkeypatch, {"squads_per_connection": 1}) as at:
        squads = [await at.guest.squad(), await at.guest.squad()]
        await at.welcome()
        at.wire.send(*(message("sub", id=squad, s=squad) for squad in squads))
        err = await at.wire.message("err")
        ack = await at.wire.message("ack")

    assert (ack["id"], err["id"], err["c"], err["f"]) == (*squads, "BAD_INPUT", "s")


async def test_a_socket_that_closes_makes_room_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of those that one address may have."""
    async with connected(tmp_path, monkeypatch, {"sockets_per_ip": 1}) as at:
        refused = await (await at.another()).close_frame()
        at.wire.writer.close()
        await until(lambda: len(at.served.services.sessions) == 0)
        at.wire = await at.another()
        await at.welcome()

    assert refused == (CloseCode.RATE, f"retry={FULL_MS}")


async def test_a_handshake_that_finds_no_room_is_one_of_its_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address with all its sockets may not come as often as it likes."""
    limits = {"sockets_per_ip": 1, "handshakes_per_min": 3}
    async with connected(tmp_path, monkeypatch, limits) as at:
        let_no_time_pass(at.served, monkeypatch)
        reasons = [(await (await at.another()).close_frame())[1] for _ in range(3)]

    assert reasons[:2] == [f"retry={FULL_MS}"] * 2
    assert reasons[2] not in reasons[:2]


Lines = Sequence[str]
each_chain = pytest.mark.parametrize(
    ("proxies", "forwarded", "is_let_in"),
    [
        (0, [["1.1.1.1"], ["2.2.2.2"], ["3.3.3.3"]], [True, False, False]),
        (1, [["1.1.1.1"], ["2.2.2.2"], ["2.2.2.2"]], [True, True, False]),
        (1, [["1.1.1.1"], ["9.9.9.9, 2.2.2.2"], ["8.8.8.8, 2.2.2.2"]], [True, True, False]),
        (1, [["1.1.1.1"], ["9.9.9.9", "2.2.2.2"], ["8.8.8.8", "2.2.2.2"]], [True, True, False]),
        (1, [["1.1.1.1:1"], ["2.2.2.2:2"], ["2.2.2.2:3"]], [True, True, False]),
        (2, [["1.1.1.1, 7.7.7.7"], ["2.2.2.2, 7"], ["9, 2.2.2.2, 6"]], [True, True, False]),
        (2, [["1.1.1.1", "7.7.7.7"], ["2.2.2.2", "7"], ["9, 2.2.2.2", "6"]], [True, True, False]),
    ],
    ids=[
        "no proxy",
        "a proxy",
        "a proxy and a liar",
        "a proxy with a line of its own and a liar",
        "a proxy that names ports",
        "two proxies",
        "two proxies and two lines",
    ],
)
"""What proxies say of three requests, line by line; and whether each is the first of its address.

What strangers wrote left of it is not believed."""


@each_chain
async def test_a_sockets_address_is_the_one_that_trusted_proxies_name(
    tmp_path: Path, proxies: int, forwarded: Sequence[Lines], is_let_in: list[bool]
) -> None:
    """Each has a count of its own."""
    async with serving(tmp_path, handshakes_per_min=1, trusted_proxies=proxies) as served:
        codes = []
        for lines in forwarded:
            async with raw(served) as wire:
                await wire.handshake(X_Forwarded_For="\r\nX-Forwarded-For: ".join(lines))
                wire.send(message("hello", v=1, c="test"))
                codes.append(await wire.close_code())

    assert codes == [4401 if one else 4503 for one in is_let_in]


@each_chain
async def test_a_calls_address_is_the_one_that_trusted_proxies_name(
    tmp_path: Path, proxies: int, forwarded: Sequence[Lines], is_let_in: list[bool]
) -> None:
    """By the same rule."""
    settings = {"guests_per_hour": 1, "trusted_proxies": proxies}
    async with serving(tmp_path, **settings) as served, served.http() as http:
        statuses = []
        for lines in forwarded:
            answer = await http.post(
                "/api/guest",
                json=registration(f"Sue {fresh_id()[:9]}"),
                headers=[("x-forwarded-for", line) for line in lines],
            )
            statuses.append(answer.status_code)

    assert statuses == [201 if one else 503 for one in is_let_in]


# Signing in anew


async def test_a_session_is_told_of_its_end_and_goes_on_with_a_new_ticket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``exp`` a minute before; ``auth`` on the same connection, which then outlives the old end."""
    async with connected(tmp_path, monkeypatch, {}) as at:
        await at.welcome()
        other = await at.another()
        other.send(message("hello", v=1, c="x", a=at.guest.ticket))
        clock, passed_ms = at.served.services.clock, 14 * 60_000 + 30_000
        monkeypatch.setattr(clock, "_offset_ms", passed_ms)
        exp = await at.wire.message("exp")
        ticket = (await at.guest.http.post("/api/ticket")).json()
        at.wire.send(message("auth", id="1", a=ticket["ticket"]))
        ack = await at.wire.message("ack")
        monkeypatch.setattr(clock, "_offset_ms", passed_ms + 60_000)
        ends = [await other.close_code()]  # the same turn of the wheel looked at both
        at.wire.send(message("dance", id="2"))
        alive = await at.wire.message("err")
        monkeypatch.setattr(clock, "_offset_ms", passed_ms + 15 * 60_000)
        ends.append(await at.wire.close_code())

    assert 0 < exp["in"] <= EXPIRY_NOTICE_MS
    assert ack["b"] == {"exp": ticket["expires_at"]}
    assert (alive["id"], ends) == ("2", [4504, 4504])
