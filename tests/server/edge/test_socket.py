"""The socket on a real connection: handshakes, messages and ends (frames: ``test_rfc6455``).

Holds the contract with uvicorn's undocumented protocol class, whose minor version is pinned.
"""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from domain.ids import PlayerId
from server.edge.session import Session
from server.edge.socket import GutsySocket
from server.protocol.codec import framed
from server.protocol.errors import CloseCode
from server.protocol.server_messages import Ping
from tests.server.serving import (
    Guest,
    RawSocket,
    Served,
    fresh_id,
    masked,
    message,
    raw,
    serving,
)
from tests.server.world import until

BINARY = 2


@pytest.fixture
async def guest(served: Served) -> AsyncIterator[Guest]:
    """Somebody new."""
    async with served.guest() as guest:
        yield guest


@pytest.fixture
async def wire(served: Served, guest: Guest) -> AsyncIterator[RawSocket]:
    """A welcomed connection, byte by byte."""
    async with raw(served) as wire:
        assert await wire.handshake() == 101
        wire.send(message("hello", v=1, c="test", a=guest.ticket))
        await wire.message("welcome")
        yield wire


# Handshakes


async def test_the_subprotocol_is_named_in_the_answer(served: Served) -> None:
    """And nothing else is negotiated."""
    async with raw(served) as wire:
        status = await wire.handshake(
            Sec_WebSocket_Protocol="other, gutsy.v1",
            Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits",
        )

    assert (
        status,
        "Sec-WebSocket-Protocol: gutsy.v1" in wire.head,
        "Sec-WebSocket-Extensions" in wire.head,
    ) == (101, True, False)


async def test_uvicorn_hands_over_the_head_and_nothing_after_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the protocol that has shaken hands holds no part of a frame when it goes."""
    handed: list[bytes] = []
    received = GutsySocket.data_received

    def note(socket: GutsySocket, data: bytes) -> None:
        handed.append(data)
        received(socket, data)

    monkeypatch.setattr(GutsySocket, "data_received", note)
    async with raw(served) as wire:
        wire.with_head = masked(9, b"too early")[:7]
        status = await wire.handshake()

    assert (101, 1, b"\r\n\r\n") == (status, len(handed), handed[0][-4:])


@pytest.mark.parametrize("subprotocol", [None, "chat", "gutsy.v2"])
async def test_without_our_subprotocol_there_is_no_upgrade(
    served: Served, subprotocol: str | None
) -> None:
    """400."""
    async with raw(served) as wire:
        status = await wire.handshake(Sec_WebSocket_Protocol=subprotocol)

    assert status == 400


@pytest.mark.parametrize("path", ["/", "/socket", "/ws/", "/api/ws", "/wsx"])
async def test_there_is_one_path(served: Served, path: str) -> None:
    """404 elsewhere."""
    async with raw(served) as wire:
        status = await wire.handshake(path)

    assert status == 404


async def test_a_query_does_not_matter(served: Served) -> None:
    """Whatever a proxy appends."""
    async with raw(served) as wire:
        status = await wire.handshake("/ws?x=1")

    assert status == 101


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1", "null", "http://[", "file://", ""]
)
async def test_a_page_of_somebody_else_may_not_come_in(served: Served, origin: str) -> None:
    """403, whatever ticket it has."""
    async with raw(served) as wire:
        status = await wire.handshake(Origin=origin)

    assert status == 403


async def test_our_own_page_may_come_in(served: Served) -> None:
    """The host that was asked."""
    async with raw(served) as wire:
        status = await wire.handshake(Origin=served.url)

    assert status == 101


async def test_stated_origins_are_the_only_ones(tmp_path: Path) -> None:
    """Exactly those."""
    async with serving(tmp_path, origins="https://gutsy.example") as served:
        statuses = []
        for origin in ("https://gutsy.example", served.url, "https://gutsy.example.evil.example"):
            async with raw(served) as wire:
                statuses.append(await wire.handshake(Origin=origin))

    assert statuses == [101, 403, 403]


async def test_a_cookie_without_an_origin_is_nobody(served: Served, guest: Guest) -> None:
    """4401: a browser always sends its origin."""
    cookie = guest.http.cookies["gutsy_session"]
    async with raw(served) as wire:
        await wire.handshake(Cookie=f"gutsy_session={cookie}")
        wire.send(message("hello", v=1, c="test"))

        assert await wire.close_code() == 4401


async def test_a_cookie_with_our_origin_signs_in(served: Served, guest: Guest) -> None:
    """As the web client comes."""
    cookie = guest.http.cookies["gutsy_session"]
    async with raw(served) as wire:
        await wire.handshake(Cookie=f"a=b; gutsy_session={cookie}", Origin=served.url)
        wire.send(message("hello", v=1, c="test"))
        welcome = await wire.message("welcome")

    assert welcome["u"] == guest.player


async def test_a_ticket_needs_no_origin(served: Served, guest: Guest) -> None:
    """For clients that are no browsers."""
    async with raw(served) as wire:
        await wire.handshake()
        wire.send(message("hello", v=1, c="test", a=guest.ticket))
        welcome = await wire.message("welcome")

    assert welcome["u"] == guest.player


async def test_a_request_that_is_no_websocket_is_told_so(served: Served) -> None:
    """400, and the connection ends."""
    async with raw(served) as wire:
        status = await wire.handshake(Sec_WebSocket_Version="12")

    assert status in (400, 426)


# Messages


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x93\1\2\3", b"plain", b"\x81\xa1t\xa3sub"])
async def test_bytes_that_are_no_message_close(wire: RawSocket, data: bytes) -> None:
    """4400."""
    wire.send(masked(BINARY, data))

    assert await wire.close_code() == 4400


async def test_a_good_message_before_a_bad_frame_is_still_handled(
    served: Served, guest: Guest, caplog: pytest.LogCaptureFixture
) -> None:
    """In one read: the command is done, and nothing is written after the close."""
    command_id = fresh_id()
    async with raw(served) as wire:
        await wire.handshake()
        wire.send(message("hello", v=1, c="test", a=guest.ticket))
        await wire.message("welcome")
        wire.send(
            message("cmd", id=command_id, k="squad.create", b={"name": "Owls", "tz": "UTC"}),
            masked(3, b"bad"),
        )
        code = await wire.close_code()
        rest = await wire.rest()
    log = served.services.log
    await until(lambda: log.find_answers([(guest.player, command_id)]))

    assert (code, rest, [r.message for r in caplog.records]) == (1002, b"", [])


async def test_events_for_a_connection_that_failed_are_not_written(
    served: Served, guest: Guest, caplog: pytest.LogCaptureFixture
) -> None:
    """Between our close and the end of the connection."""
    squad = await guest.squad()
    async with raw(served) as wire:
        await wire.handshake()
        wire.send(message("hello", v=1, c="test", a=guest.ticket, s={squad: 2}))
        await wire.message("live")
        wire.send(masked(BINARY, b"\0" * 20_000))
        code = await wire.close_code()
        await guest.do("squad.invite", squad)
        await guest.do("squad.invite", squad)
        rest = await wire.rest()

    assert (code, rest, [r.message for r in caplog.records]) == (1009, b"", [])


async def test_messages_after_the_one_that_closes_are_not_handled(
    served: Served, wire: RawSocket, guest: Guest
) -> None:
    """Also in the same read."""
    command_id = fresh_id()
    wire.send(
        masked(BINARY, b"\xc1"),
        message("cmd", id=command_id, k="squad.create", b={"name": "Owls", "tz": "UTC"}),
    )
    await wire.close_code()
    await wire.rest()
    await guest.squad()  # whatever was submitted before has been answered by now

    assert served.services.log.find_answers([(guest.player, command_id)]) == {}


async def test_a_connection_that_just_ends_is_forgotten(served: Served, guest: Guest) -> None:
    """Without a close."""
    before = len(served.services.sessions)
    async with raw(served) as wire:
        await wire.handshake()
        wire.send(message("hello", v=1, c="test", a=guest.ticket))
        await wire.message("welcome")
        during = len(served.services.sessions)
    await until(lambda: len(served.services.sessions) == before)

    assert before + 1 == during


# A client from a library


async def test_a_client_of_a_library_walks_a_dare(served: Served) -> None:
    """Two players, each event where it belongs."""
    async with served.guest() as maya, served.guest() as sam:
        squad = await maya.squad()
        code = (await maya.do("squad.invite", squad))["b"]["code"]
        await sam.do("squad.join", code=code)
        async with maya.socket({squad: 4}) as hers, sam.socket({squad: None}) as his:
            await hers.hear("live")
            await his.hear("live")
            dare_id = fresh_id()
            await hers.say(
                "cmd",
                id=dare_id,
                s=squad,
                k="dare.issue",
                b={"target": sam.player, "card": "which-apple"},
            )
            dare = (await hers.hear("ack", id=dare_id))["b"]["dare"]
            offered = await his.hear("ev", k="dare.issued")
            accept_id = fresh_id()
            await his.say("cmd", id=accept_id, s=squad, k="dare.accept", b={"dare": dare})
            accepted = await hers.hear("ev", k="dare.accepted")

    assert (dare, dare, accept_id) == (offered["b"]["dare"], accepted["b"]["dare"], accepted["c"])


async def test_what_took_everything_and_then_stopped_is_still_slow(tmp_path: Path) -> None:
    """Both in one turn of the loop: that it took everything is told in the next."""
    async with (
        serving(tmp_path, paused_ms=200) as served,
        served.guest() as guest,
        raw(served) as wire,
    ):
        await wire.handshake()
        wire.send(message("hello", v=1, c="test", a=guest.ticket))
        await wire.message("welcome")
        (outlet,) = served.services.hub.outlets[PlayerId(guest.player)]
        far = cast(GutsySocket, cast(Session, outlet)._transport)
        while far.unsent_bytes < served.services.settings.high_water_bytes:
            far.write(framed(Ping(now=1, h={"x" * 1_000: 1})))
        far.flush()
        assert far.is_writable, "it took everything"
        far.pause_writing()

        assert await wire.close_code() == CloseCode.SLOW


async def test_presence_reaches_the_squad_by_itself(served: Served) -> None:
    """At its own pace, on both connections alike."""
    async with served.guest() as maya, served.guest() as sam:
        squad = await maya.squad()
        code = (await maya.do("squad.invite", squad))["b"]["code"]
        await sam.do("squad.join", code=code)
        async with maya.socket({squad: None}) as hers, sam.socket({squad: None}) as his:
            for socket in (hers, his):
                await socket.hear("pres", b={})
            await his.say("act", s=squad, st=3)

            assert await hers.hear("pres") == {"t": "pres", "s": squad, "b": {sam.player: 3}}
            assert (await his.hear("pres"))["b"] == {sam.player: 3}


def test_the_sample_key_of_the_rfc_is_one() -> None:
    """So that our handshakes are those of the standard."""
    assert base64.b64decode("dGhlIHNhbXBsZSBub25jZQ==") == b"the sample nonce"
