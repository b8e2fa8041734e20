"""A node that ends: players move on, nothing is lost, and nobody waits longer than said."""

import asyncio
import contextlib
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import httpx2
import pytest
from msgspec import Struct
from websockets.exceptions import ConnectionClosed

from domain.ids import PlayerId
from server.commands.submission import Reply
from server.edge.session import COME_BACK
from server.eventlog.sqlite import SQLiteLog
from server.protocol.bodies import PlayerRegister
from server.protocol.errors import CloseCode
from tests.server.serving import (
    Socket,
    connecting,
    fresh_id,
    message,
    process,
    raw,
    registration,
    serving,
)
from tests.server.world import Client, World, running, until

LONG_MS = 600_000
"""A drain that no test waits for: it ends because all have left."""


# Two nodes over one log


class Mover(Struct):
    """A client as the protocol asks for one: a cursor, an outbox, and make before break."""

    squad: str
    links: list[Client]
    applied: list[int] = []
    read: dict[int, int] = {}

    def hear(self) -> None:
        """Apply what has come on every link: the next number counts, an old one is dropped."""
        for number, link in enumerate(self.links):
            for event in link.events(self.squad)[self.read.get(number, 0) :]:
                self.read[number] = self.read.get(number, 0) + 1
                assert event is not None, "nobody asked for a snapshot"
                if event["n"] == len(self.applied) + 1:
                    self.applied.append(event["n"])
                assert event["n"] <= len(self.applied), "a gap"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """The first node."""
    async with running() as world:
        yield world


async def commands(node: World, player: PlayerId, squad: str, count: int) -> None:
    """Things that happen, by one node."""
    for _ in range(count):
        await node.invite(player, squad)


async def test_wire_p3_make_before_break_brings_every_event_once(world: World) -> None:
    """Through the drain, on the node that ends, on the next one, and on both at once."""
    squad, (maya,) = await world.squad_of("Maya")
    first = Client(world, maya)
    await first.follow(squad, 0)
    mover = Mover(squad, [first])
    async with running(beside=world) as other:
        world.sessions.drain(LONG_MS)
        (drain,) = first.of("drain")
        await commands(world, maya, squad, 3)
        await commands(other, maya, squad, 3)
        mover.hear()
        second = Client(other, maya)
        mover.links.append(second)
        await second.hello({squad: len(mover.applied)})
        await commands(world, maya, squad, 2)
        await second.first("live")
        await asyncio.gather(commands(world, maya, squad, 4), commands(other, maya, squad, 4))
        for node in (world, other):
            await node.hub.poll()  # each learns of the other's events from the log
        mover.hear()
        first.session.lost()
        await commands(other, maya, squad, 3)
        await second.reach(squad, len(world.facts(squad)))
        mover.hear()

    assert drain == {"t": "drain", "by": LONG_MS, "lo": 0, "hi": LONG_MS // 2}
    assert mover.applied == list(range(1, len(world.facts(squad)) + 1))
    assert len(mover.applied) == 2 + 3 + 3 + 2 + 8 + 3
    assert [link.close_code for link in mover.links] == [None, None]


async def test_wire_p2_a_command_sent_to_both_nodes_while_moving_is_done_once(
    world: World,
) -> None:
    """The outbox is sent again after the next welcome: the same id, the same answer."""
    squad, (maya,) = await world.squad_of("Maya")
    first = Client(world, maya)
    await first.follow(squad)
    async with running(beside=world) as other:
        world.sessions.drain(LONG_MS)
        first.send("cmd", id="0" * 26, s=squad, k="squad.invite")
        second = Client(other, maya)
        await second.hello({squad: 2})
        second.send("cmd", id="0" * 26, s=squad, k="squad.invite")
        answers = [await client.answer("0" * 26) for client in (first, second)]

    assert {(a["t"], a["n"], a["b"]["code"]) for a in answers} == {
        ("ack", 3, answers[0]["b"]["code"])
    }
    assert len(world.facts(squad)) == 3


async def test_everybody_is_asked_by_the_same_bytes(world: World) -> None:
    """However many they are."""
    _, players = await world.squad_of("Maya", "Sam")
    clients = [Client(world, player) for player in players]
    for client in clients:
        await client.hello()
    world.sessions.drain(20_000)

    assert clients[0].of("drain") == [{"t": "drain", "by": 20_000, "lo": 0, "hi": 10_000}]
    assert clients[0].far_end.frames[-1] is clients[1].far_end.frames[-1]


async def test_whoever_is_not_in_yet_comes_in_elsewhere(world: World) -> None:
    """Before hello, and between hello and welcome."""
    maya = await world.register("Maya")
    silent, early = Client(world, maya), Client(world, maya)
    early.send("hello", v=1, c="test", a=world.ticket(maya))
    world.sessions.drain(LONG_MS)

    assert [client.far_end.closed for client in (silent, early)] == [(1013, COME_BACK)] * 2


async def test_the_end_waits_for_the_answers_to_what_came_before_it(world: World) -> None:
    """What comes after it is not taken in: the outbox takes it to the next node."""
    squad, (maya,) = await world.squad_of("Maya")
    client = Client(world, maya)
    await client.hello()
    for n in range(3):
        client.send("cmd", id=f"{n:026d}", s=squad, k="squad.invite")
    client.session.finish(CloseCode.RESTART, "restart")
    client.send("cmd", id="9" * 26, s=squad, k="squad.invite")
    during = client.close_code
    await until(lambda: client.close_code)

    assert (during, client.far_end.closed) == (None, (1012, "restart"))
    assert [m["id"] for m in client.of("ack", "err")] == [f"{n:026d}" for n in range(3)]
    assert len(world.facts(squad)) == 2 + 3


# One server, real sockets


async def ready(http: httpx2.AsyncClient) -> tuple[int, list[str]]:
    """What ``/readyz`` says."""
    answer = await http.get("/readyz")
    return answer.status_code, answer.json()["reasons"]


async def test_a_server_that_drains_serves_whoever_is_there_and_nobody_new(
    tmp_path: Path,
) -> None:
    """It is not ready, says so, and ends when the last one has left, long before its time."""
    async with serving(tmp_path, drain_ms=LONG_MS) as served, served.guest() as maya:
        async with maya.socket() as socket:
            served.stop()
            drain = await socket.hear("drain")
            told = await ready(maya.http)
            command = fresh_id()
            await socket.say("cmd", id=command, k="squad.create", b={"name": "A", "tz": "UTC"})
            ack = await socket.hear("ack", id=command)
            async with raw(served) as late:
                await late.handshake()
                refused = await late.close_frame()
        await served.ended()

    assert drain == {"t": "drain", "by": LONG_MS, "lo": 0, "hi": LONG_MS // 2}
    assert told == (503, ["draining"])
    assert (ack["n"], refused) == (2, (1013, COME_BACK))


async def test_whoever_is_left_in_the_end_is_closed(tmp_path: Path) -> None:
    """1012, after everything said before it."""
    async with serving(tmp_path, drain_ms=200) as served, served.guest() as maya:
        async with raw(served) as wire:
            await wire.handshake()
            wire.send(message("hello", v=1, c="test", a=maya.ticket))
            await wire.message("welcome")
            served.stop()
            await wire.message("drain")
            end = await wire.close_frame()
        await served.ended()

    assert end == (1012, "restart")


@pytest.mark.parametrize(
    "signals",
    list(product((signal.SIGTERM, signal.SIGINT), repeat=2)),
    ids=lambda signals: " ".join(one.name for one in signals),
)
async def test_a_second_signal_leaves_nothing_unanswered_and_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signals: tuple[signal.Signals, ...]
) -> None:
    """However it is asked: a call that was under way has its answer, and the log is closed."""
    is_held, go_on = asyncio.Event(), asyncio.Event()
    async with serving(tmp_path, drain_ms=LONG_MS) as served, served.http() as http:
        register = served.services.intake.register

        async def hold(guest_id: str, body: PlayerRegister) -> Reply:
            is_held.set()
            await go_on.wait()
            return await register(guest_id, body)

        monkeypatch.setattr(served.services.intake, "register", hold)
        calling = asyncio.create_task(http.post("/api/guest", json=registration("Maya")))
        await is_held.wait()
        served.stop(*signals)
        await until(lambda: served.services.sessions.is_draining)
        go_on.set()
        answer = await calling
        await served.ended()
    SQLiteLog(tmp_path / "gutsy.db").close()  # which nobody else may have

    assert answer.status_code == 201


# Processes and signals


class End(Struct):
    """How a server process came to its end, as a player saw it who was sending commands."""

    exit_code: int
    close_code: int | None
    kinds: set[str]
    acked: set[str]
    done: set[str]


async def end_by(folder: Path, *signals: signal.Signals, drain_ms: int) -> End:
    """Send signals to a server while commands come in, each after another answer."""
    with process(folder, drain_ms=drain_ms) as server:
        async with httpx2.AsyncClient(base_url=server.url) as http:
            guest = (await http.post("/api/guest", json=registration("Maya"))).json()
            headers = {"authorization": f"Bearer {guest['ticket']}"}
            body = {"id": fresh_id(), "k": "squad.create", "b": {"name": "Owls", "tz": "UTC"}}
            squad = (await http.post("/api/cmd", json=body, headers=headers)).json()["b"]["squad"]
        async with connecting(server.ws_url) as connection:
            socket = Socket(connection)
            await socket.say("hello", v=1, c="test", a=guest["ticket"])
            for turn, number in enumerate(signals):
                if turn:
                    await socket.hear("drain")
                for _ in range(30):
                    await socket.say("cmd", id=fresh_id(), s=squad, k="squad.invite")
                await socket.hear("ack")
                os.kill(server.process.pid, number)
            with contextlib.suppress(ConnectionClosed):
                await socket.hear("the end")
        exit_code = await asyncio.to_thread(server.process.wait, 20)
    return End(
        exit_code,
        connection.close_code,
        {heard["t"] for heard in socket.heard},
        {heard["id"] for heard in socket.heard if heard["t"] == "ack"},
        done_in(folder),
    )


def done_in(folder: Path) -> set[str]:
    """The ids of the invites in a log."""
    file = sqlite3.connect(f"file:{folder / 'gutsy.db'}?mode=ro", uri=True)
    rows = file.execute("SELECT command FROM events WHERE topic LIKE 'invite%'").fetchall()
    file.close()
    return {command for (command,) in rows}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signals", "drain_ms", "is_asked"),
    [
        ((signal.SIGTERM,), 300, True),
        ((signal.SIGTERM, signal.SIGTERM), LONG_MS, True),
        ((signal.SIGTERM, signal.SIGINT), LONG_MS, True),
        ((signal.SIGINT,), LONG_MS, False),
    ],
    ids=["SIGTERM", "SIGTERM twice does not wait", "nor SIGINT after it", "SIGINT does not wait"],
)
async def test_wire_p1_a_signal_ends_a_server_well(
    tmp_path: Path, signals: tuple[signal.Signals, ...], drain_ms: int, is_asked: bool
) -> None:
    """Exit code 0; sockets get 1012; what was done was answered, and the other way round."""
    end = await end_by(tmp_path, *signals, drain_ms=drain_ms)

    assert (end.exit_code, end.close_code, "drain" in end.kinds) == (0, 1012, is_asked)
    assert end.acked == end.done
    assert len(end.done) > 0
