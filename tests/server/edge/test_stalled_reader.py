"""A client that does not read: what it holds here is bounded, and nobody waits for it (P5)."""

import asyncio
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from domain.squads.events import SquadSettingsChanged
from server.edge.services import Services
from server.edge.session import Session
from server.edge.socket import READ_BYTES, GutsySocket
from server.eventlog.log import Batch, Event
from server.eventlog.mapper import to_stored
from server.live.catch_up import LARGEST_BYTES
from server.protocol.codec import framed
from server.protocol.server_messages import Ping
from server.settings import Settings
from tests.server.serving import Guest, RawSocket, Served, fresh_id, message, serving
from tests.server.world import Message, done, until

HIGH_WATER = Settings().high_water_bytes
LONG_MS = 600_000
START = 4
"""The squad's head before anything happens in it."""
EVENTS = 4_000
NARROW = 8 * 1024
"""Bytes that the kernel may keep on either side: else it would take megabytes off our hands."""

pytestmark = pytest.mark.slow


@asynccontextmanager
async def following(
    served: Served, guest: Guest, squad: str, *, kernel_bytes: int | None = None
) -> AsyncIterator[RawSocket]:
    """A live connection, perhaps through a narrow pipe."""
    one = sockets.socket()
    if kernel_bytes is not None:
        one.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, kernel_bytes)
    one.setblocking(False)
    await asyncio.get_running_loop().sock_connect(one, ("127.0.0.1", served.port))
    wire = RawSocket(*await asyncio.open_connection(sock=one))
    try:
        assert await wire.handshake() == 101
        wire.send(message("hello", v=1, c="test", a=guest.ticket, s={squad: START}))
        await wire.message("live")
        yield wire
    finally:
        wire.writer.transport.abort()


def transport_of(wire: RawSocket) -> asyncio.Transport:
    """The client's own end."""
    return cast(asyncio.Transport, wire.writer.transport)


def far_side(served: Served, player: str) -> GutsySocket:
    """The server's end of a player's connection."""
    (session,) = served.services.hub.outlets[PlayerId(player)]
    return cast(GutsySocket, cast(Session, session)._transport)


def narrow(far: GutsySocket) -> None:
    """Let the kernel keep little for it."""
    assert far._transport is not None
    kernel: sockets.socket = far._transport.get_extra_info("socket")
    kernel.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, NARROW)


def demands(squad: str) -> bytes:
    """All that a client could ask for, at once and over again."""
    return b"".join(
        message("sub", id=fresh_id(), s=squad, n=START)
        + message("sub", id=fresh_id(), s=squad)
        + message("cmd", id=fresh_id(), s=squad, k="squad.invite")
        + message("dance", id="x" * 15_000)
        for _ in range(80)
    )


async def happen(served: Served, player: str, squad: str) -> None:
    """Thousands of events in one squad."""
    services = served.services
    for turn in range(EVENTS // 500):
        commands = [
            services.intake.command(
                PlayerId(player),
                address="here",
                command_id=fresh_id(),
                kind="squad.rename",
                squad=squad,
                fields={"name": f"Night owls of {turn}, {n}"},
                arrived_at=services.clock.now(),
            )
            for n in range(500)
        ]
        for reply in await asyncio.gather(*commands):
            done(reply)


async def test_wire_p5_a_reader_that_is_stuck_holds_so_much_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it asks for and whatever happens; when it reads again it catches up."""
    peaks: list[int] = []
    flush = GutsySocket.flush

    def measured(self: GutsySocket) -> None:
        if self is far:
            peaks.append(self.unsent_bytes)  # right before it leaves: never more in this turn
        flush(self)

    async with (
        serving(tmp_path, paused_ms=LONG_MS, silence_ms=LONG_MS) as served,
        served.guest() as slow,
        served.guest() as quick,
    ):
        squad = await quick.squad()
        code = (await quick.do("squad.invite", squad))["b"]["code"]
        await slow.do("squad.join", code=code)
        async with (
            following(served, slow, squad, kernel_bytes=NARROW) as wire,
            following(served, quick, squad) as other,
        ):
            far = far_side(served, slow.player)
            narrow(far)
            monkeypatch.setattr(GutsySocket, "flush", measured)
            transport_of(wire).pause_reading()
            wire.send(demands(squad))
            await until(lambda: not far.is_writable)
            happening = asyncio.create_task(happen(served, quick.player, squad))
            others = await read_to(other, squad, START + EVENTS)
            stuck = (far.is_writable, far.unsent_bytes)
            await happening
            transport_of(wire).resume_reading()
            head = served.services.hub._rooms[squad].head
            late = await read_to(wire, squad, head)

    # Everybody else had everything, each once and in order, while one of them was stuck.
    assert (others, stuck[0]) == (list(range(START, others[-1] + 1)), False)
    # As `socket.py` states it.
    assert HIGH_WATER <= max(peaks) <= 2 * HIGH_WATER + LARGEST_BYTES + READ_BYTES
    assert stuck[1] <= max(peaks)
    assert late[-1] == head


async def test_wire_p5_one_turn_brings_no_more_than_a_connection_takes(tmp_path: Path) -> None:
    """What is put off comes right after, without anybody's hint: the log is polled much later."""
    async with serving(tmp_path, heads_poll_ms=60_000) as served, served.guest() as maya:
        squad = await maya.squad()
        await maya.do("squad.invite", squad)
        await maya.do("squad.invite", squad)
        async with following(served, maya, squad) as wire:
            far, services = far_side(served, maya.player), served.services
            event = append_behind_everybody(services, squad)
            frame = framed(Ping(now=1, h={"x" * 1_000: 1}))
            written = 0
            while far.is_writable and written < 10_000:
                far.write(frame)
                written += 1
            services.hub.publish([event])
            at_once = far.unsent_bytes
            for _ in range(written):
                await wire.message("ping")
            late = await wire.message("ev")

    assert HIGH_WATER <= at_once < HIGH_WATER + len(frame)
    assert late["n"] == START + 1


def append_behind_everybody(services: Services, squad: str) -> Recorded[Fact]:
    """An event that is in the log, and of which nobody has been told."""
    fact = SquadSettingsChanged(at=1, by=None, size=9)
    topic, state = to_stored(fact)
    (seq,) = services.log.append(Batch(events=[Event(f"squad-{squad}", START + 1, topic, state)]))
    return Recorded(seq, f"squad-{squad}", START + 1, fact, None)


async def read_to(wire: RawSocket, squad: str, head: int) -> list[int]:
    """Where a client starts or is snapped to, and what it applies: the next number, no old one."""
    applied = [START]
    while applied[-1] < head:
        came = await wire.message()
        if came["t"] == "snap":
            applied = [came["n"]]
        for n in numbers_of(came):
            assert n <= applied[-1] + 1, "a gap"
            if n == applied[-1] + 1:
                applied.append(n)
    return applied


def numbers_of(came: Message) -> range:
    """The numbers of the events that a message brings."""
    if came["t"] == "ev":
        return range(came["n"], came["n"] + 1)
    return range(came["n"], came["n"] + len(came["b"])) if came["t"] == "evs" else range(0)
