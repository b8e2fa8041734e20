"""A server without sockets: every part of it, on a log and rows in memory and a clock set by hand.

Used by the tests of commands, live and sessions. Nothing here imitates a part: the log and the
store are the second adapters of their ports, and the transport is the far end of a session.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
import pytest

from domain.facts import Fact, Recorded
from domain.ids import PlayerId
from projections.stores.memory import MemoryStore
from server.app import POLL_S
from server.bus.rates import SharedRates
from server.clock import Clock
from server.commands.group_commit import GroupCommit
from server.commands.handling import Tools
from server.commands.submission import Done, Refused, Reply
from server.commands.timers import Timers
from server.edge.auth import Auth, Denied, SignIn
from server.edge.endings import Endings
from server.edge.intake import Intake
from server.edge.session import Session
from server.edge.sessions import Sessions
from server.edge.sign_ins import SignIns
from server.eventlog.keys import Keys
from server.eventlog.log import Batch, Log
from server.eventlog.mapper import recorded
from server.eventlog.memory import MemoryLog
from server.live.hub import Hub
from server.live.presence import Presence
from server.live.read_models import ReadModels
from server.live.views import Views
from server.protocol.bodies import PlayerRegister
from server.protocol.errors import CloseCode
from server.runner import Runner
from server.secret import Purpose, Secret
from server.settings import Settings

Message = dict[str, Any]
"""A message as the wire has it: the tests of the wire read maps, as a stranger would."""

MONDAY_NOON = 1_795_435_200_000
"""2026-11-23T12:00:00Z, a Monday."""
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
LIMIT_S = 10.0
"""How long anything may take on a busy machine before a test says that it never happened."""

T = TypeVar("T")


class HandClock(Clock):
    """A clock that stands until somebody moves it, and makes ids by counting."""

    def __init__(self, at: int = MONDAY_NOON) -> None:
        super().__init__()
        self.at = at
        self.passed_s = 0.0
        self._made = 0

    def now(self) -> int:
        return self.at

    def steady(self) -> float:
        return self.passed_s

    def new_id(self) -> str:
        self._made += 1
        return f"01{self._made:024d}"

    def pass_ms(self, span_ms: int) -> None:
        """Let time pass on both clocks."""
        self.at += span_ms
        self.passed_s += span_ms / 1000


class CountingLog(MemoryLog):
    """A memory log that remembers its batches, and fails when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[Batch] = []
        self.failures: list[Exception] = []
        self.failures_after_write: list[Exception] = []

    def append(self, batch: Batch) -> list[int]:
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(batch)
        seqs = super().append(batch)
        if self.failures_after_write:
            raise self.failures_after_write.pop(0)
        return seqs


class FarEnd:
    """The transport of a session: keeps what was written, and is paused by hand."""

    def __init__(self) -> None:
        self.is_writable = True
        self.frames: list[bytes] = []
        self.closed: tuple[CloseCode, str] | None = None

    def write(self, frame: bytes) -> None:
        """Keep what came, frame by frame."""
        assert self.closed is None, "nothing is written after the close"
        self.frames += frames_in(frame)

    def close(self, code: CloseCode, reason: str) -> None:
        """Remember why."""
        assert self.closed is None, "closed once"
        self.closed = (code, reason)


class Client:
    """One connection of a player, from its far end."""

    def __init__(
        self, world: "World", player: PlayerId, *, cookie: SignIn | Denied = Denied.UNKNOWN
    ) -> None:
        self.player = player
        self.far_end = FarEnd()
        self._world = world
        self.session = Session(
            self.far_end,
            settings=world.settings,
            clock=world.clock,
            log=world.log,
            hub=world.hub,
            views=world.views,
            presence=world.presence,
            auth=world.auth,
            intake=world.intake,
            rate=world.sessions.messages.bucket(),
            cookie=cookie,
            address="peer",
        )
        world.clients.append(self)
        world.sessions.add(self.session, "here")

    def send(self, t: str, **fields: object) -> None:
        """Say something."""
        self.send_bytes(msgspec.msgpack.encode({"t": t, **fields}))

    def send_bytes(self, data: bytes) -> None:
        """Send any bytes as one message."""
        self.session.receive(data)

    async def hello(
        self, squads: Mapping[str, int | None] | None = None, **fields: object
    ) -> Message:
        """Say hello with a fresh ticket, and return the welcome."""
        ticket = self._world.ticket(self.player)
        self.send("hello", **{"v": 1, "c": "test", "a": ticket, "s": dict(squads or {}), **fields})
        return await self.first("welcome")

    async def follow(self, squad: str, n: int | None = None) -> Message:
        """Say hello, follow one squad and wait until this connection is at its head."""
        await self.hello({squad: n})
        return await self.first("live")

    async def first(self, t: str) -> Message:
        """The first message of a kind, once it has come."""
        return (await until(lambda: self.of(t)))[0]

    async def answer(self, message_id: str) -> Message:
        """The ``ack`` or ``err`` to what was sent under an id."""
        found = await until(lambda: [m for m in self.of("ack", "err") if m.get("id") == message_id])
        return found[0]

    async def reach(self, squad: str, n: int) -> None:
        """Wait until everything up to ``n`` has been received or is in a snapshot."""
        await until(lambda: self.position(squad) >= n)

    def position(self, squad: str) -> int:
        """The last number that this connection has come to in a squad."""
        reached = 0
        for message in self.messages:
            if message.get("s") != squad:
                continue
            if message["t"] in ("ev", "snap"):
                reached = message["n"]
            elif message["t"] == "evs":
                reached = message["n"] + len(message["b"]) - 1
        return reached

    def events(self, squad: str) -> list[Message | None]:
        """Each event of a squad as it came, in the form of ``ev``; None where a snapshot came."""
        found: list[Message | None] = []
        for message in self.messages:
            if message.get("s") != squad:
                continue
            if message["t"] == "ev":
                found.append(message)
            elif message["t"] == "evs":
                found += [
                    one_event(squad, n, row) for n, row in enumerate(message["b"], message["n"])
                ]
            elif message["t"] == "snap":
                found.append(None)
        return found

    def of(self, *kinds: str) -> list[Message]:
        """What has come so far, of some kinds."""
        return [message for message in self.messages if message["t"] in kinds]

    @property
    def messages(self) -> list[Message]:
        """What has come so far."""
        return [decoded(frame) for frame in self.far_end.frames]

    @property
    def close_code(self) -> int | None:
        """Why the connection was closed from the other side; None while it is open."""
        return None if self.far_end.closed is None else int(self.far_end.closed[0])

    def forget(self) -> None:
        """Look only at what comes from here on."""
        self.far_end.frames.clear()

    def pause(self) -> None:
        """Take no more bytes."""
        self.far_end.is_writable = False
        self.session.paused()

    def resume(self) -> None:
        """Take bytes again."""
        self.far_end.is_writable = True
        self.session.resumed()


class World:
    """Every part, ready for use; ``running`` makes one."""

    def __init__(
        self,
        log: Log,
        clock: HandClock,
        settings: Settings,
        keys: Keys | None = None,
        rates: SharedRates | None = None,
    ) -> None:
        self.log = log
        self.clock = clock
        self.settings = settings
        self.secret = Secret(b"a secret that is long enough to be one")
        self.keys = keys or Keys(":memory:", self.secret.key(Purpose.KEYS))
        self.tools = Tools(clock, self.keys, self.secret, settings.ruleset)
        self.commands = GroupCommit(log, self.keys, self.tools, settings.queue_limit)
        self.store = MemoryStore()
        self.runner = Runner(log, self.store, POLL_S if log.is_shared else None)
        self.models = ReadModels(log, self.store, self.keys.open, clock)
        self.hub = Hub(log, self.keys.open, settings.heads_poll_ms / 1000)
        self.views = Views(self.hub, self.models, lambda: self.runner.position)
        self.presence = Presence(self.hub, clock)
        self.endings = Endings(log.sign_ins.endings())
        self.auth = Auth(self.secret, clock, self.endings)
        self.intake = Intake(self.commands, self.tools, settings, clock, shared=rates)
        self.sessions = Sessions(settings, clock)
        self.sign_ins = SignIns(
            log,
            self.tools,
            settings,
            auth=self.auth,
            endings=self.endings,
            sessions=self.sessions,
            shared=rates,
        )
        self.timers = Timers(log, self.commands, clock)
        self.clients: list[Client] = []

    async def do(
        self,
        player: str,
        kind: str,
        body: Mapping[str, object] | None = None,
        *,
        squad: str | None = None,
        command_id: str | None = None,
    ) -> Reply:
        """A player's command, and its answer."""
        reply = await self.submit(player, kind, body, squad=squad, command_id=command_id)
        await asyncio.sleep(0)  # what was committed is shown in this turn, right after the answers
        return reply

    def submit(
        self,
        player: str,
        kind: str,
        body: Mapping[str, object] | None = None,
        *,
        squad: str | None = None,
        command_id: str | None = None,
        expected_n: int | None = None,
        by: Intake | None = None,
    ) -> "asyncio.Future[Reply]":
        """A player's command, on its way, perhaps by another node."""
        return (by or self.intake).command(
            PlayerId(player),
            address="peer",
            command_id=command_id or self.clock.new_id(),
            kind=kind,
            squad=squad,
            fields=dict(body or {}),
            arrived_at=self.clock.now(),
            expected_n=expected_n,
        )

    async def register(self, handle: str, guest_id: str | None = None) -> PlayerId:
        """A new player."""
        reply = await self.intake.register(
            guest_id or f"guest of {handle}", PlayerRegister(handle=handle, tz="UTC", adult=True)
        )
        return PlayerId(str(done(reply)["player"]))

    def ticket(self, player: str) -> str:
        """A fresh ticket of a fresh sign-in."""
        return self.auth.ticket(self.auth.begin(PlayerId(player)))[0]

    async def create_squad(self, owner: str, name: str = "Night owls") -> str:
        """A squad with its owner in it."""
        return str(done(await self.do(owner, "squad.create", {"name": name, "tz": "UTC"}))["squad"])

    async def invite(self, owner: str, squad: str, **body: object) -> str:
        """A code to a squad."""
        return str(done(await self.do(owner, "squad.invite", body, squad=squad))["code"])

    async def squad_of(self, *handles: str) -> tuple[str, list[PlayerId]]:
        """A squad with these players in it; the first owns it."""
        players = [await self.register(handle) for handle in handles]
        squad = await self.create_squad(players[0])
        if players[1:]:
            code = await self.invite(players[0], squad)
            for player in players[1:]:
                done(await self.do(player, "squad.join", {"code": code}))
        return squad, players

    async def dare(
        self, issuer: str, target: str, squad: str, card: str = "which-apple", **body: object
    ) -> str:
        """A card dared by one to another."""
        fields = {"target": target, "card": card, **body}
        return str(done(await self.do(issuer, "dare.issue", fields, squad=squad))["dare"])

    def facts(self, squad: str) -> list[Recorded[Fact]]:
        """A squad's facts, from the log."""
        return recorded(self.log.read_stream(f"squad-{squad}"))

    def tick(self) -> None:
        """Let every session know that time passes."""
        for client in self.clients:
            client.session.tick()

    async def folded(self) -> None:
        """Wait until the projections have caught up with the log."""
        await until(lambda: self.runner.position == self.log.last_seq())


@asynccontextmanager
async def running(
    log: Log | None = None,
    clock: HandClock | None = None,
    beside: World | None = None,
    rates: SharedRates | None = None,
    **settings: Any,  # noqa: ANN401 a field of Settings each
) -> AsyncIterator[World]:
    """A world whose queue, projections and views are at work. Limits are wide unless stated.

    ``beside`` another one it is a second node: on the same log, keys and clock.
    """
    wide = {
        "commands_per_s": 10_000,
        "command_burst": 100_000,
        "joins_per_hour": 100_000,
        "messages_per_s": 10_000,
        "message_burst": 100_000,
    }
    if beside is not None:
        log, clock = beside.log, beside.clock
    world = World(
        log or MemoryLog(),
        clock or HandClock(),
        Settings(**{**wide, **settings}),
        None if beside is None else beside.keys,
        rates,
    )
    world.commands.on_commit(world.hub.publish)
    world.commands.on_commit(world.runner.notify)
    world.runner.on_change(world.views.note)
    work = [world.commands.run(), world.runner.run(), world.views.run()]
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield world
    finally:
        for client in world.clients:
            client.session.lost()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await world.hub.close()
        world.runner.close()
        world.views.close()
        world.commands.close()
        if beside is None:
            world.keys.close()
            world.log.close()


@asynccontextmanager
async def second_node(world: World, log: Log | None = None) -> AsyncIterator[Intake]:
    """Another writer on the same log, or on its own way to it, with states of its own in memory."""
    commands = GroupCommit(log or world.log, world.keys, world.tools, world.settings.queue_limit)
    task = asyncio.create_task(commands.run())
    try:
        yield Intake(commands, world.tools, world.settings, world.clock)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        commands.close()


async def until(condition: Callable[[], T], limit_s: float = LIMIT_S) -> T:
    """Wait for a condition and return what it says; fail when it never comes true."""
    ends_at = time.monotonic() + limit_s
    while not (value := condition()):
        if time.monotonic() > ends_at:
            pytest.fail(f"it did not happen within {limit_s} s")
        await asyncio.sleep(0.001)
    return value


def done(reply: Reply) -> dict[str, object]:
    """The body of an answer that must be a yes."""
    assert isinstance(reply, Done), reply
    return reply.body or {}


def refusal(reply: Reply) -> str:
    """The code of an answer that must be a no."""
    assert isinstance(reply, Refused), reply
    return reply.code.value


def one_event(squad: str, n: int, row: list[Any] | None) -> Message:
    """A row of ``evs`` as the ``ev`` that it stands for."""
    event: Message = {"t": "ev", "s": squad, "n": n}
    if row is not None:
        fields = dict(zip(("k", "at", "u", "c", "b"), row, strict=True))
        event |= {name: value for name, value in fields.items() if value is not None}
    return event


def frames_in(data: bytes) -> list[bytes]:
    """Whole frames that came together, one by one."""
    found = []
    while data:
        start, size = _bounds(data)
        found.append(data[: start + size])
        data = data[start + size :]
    return found


def payload(frame: bytes) -> bytes:
    """What is in an unmasked, unfragmented binary frame (RFC 6455, 5.2)."""
    start, size = _bounds(frame)
    assert len(frame) == start + size, "one whole frame"
    return frame[start:]


def _bounds(frame: bytes) -> tuple[int, int]:
    """Where a frame's payload starts, and its size."""
    assert frame[0] == 0x82, "final and binary"
    if frame[1] == 126:
        return 4, int.from_bytes(frame[2:4])
    if frame[1] == 127:
        return 10, int.from_bytes(frame[2:10])
    return 2, frame[1]


def decoded(frame: bytes) -> Message:
    """The message in a frame."""
    message: Message = msgspec.msgpack.decode(payload(frame))
    return message
