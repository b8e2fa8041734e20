"""A player's connection as any client would keep it: a cursor per squad, an outbox, and patience.

It comes back whenever the connection ends, says how far it had come, and sends again whatever was
not answered. What it has seen stays, so that it can be compared in the end.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct, field
from ulid import ULID
from websockets.exceptions import InvalidHandshake

from loadtests.wire import OPEN_S, Wire
from server.protocol.client_messages import SUBPROTOCOL, VERSION, Act, Auth, Cmd, Hello, Pong, Sub
from server.protocol.codec import decode_server, encode
from server.protocol.errors import UnknownMessage
from server.protocol.server_messages import (
    Ack,
    Body,
    Drain,
    Err,
    Ev,
    Evs,
    Exp,
    Live,
    Ping,
    Pres,
    Snap,
    View,
    Welcome,
)

ANSWER_S = 30.0
"""How long an answer may take before the player gives up."""
NOT_FINAL = ("BUSY", "INTERNAL", "UNAUTHENTICATED")
"""Errors after which the same command is sent again (protocol, "Client, per squad")."""
WAIT_MS = 200
"""Before that, where the error does not say how long."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
"""Before coming back: rand(0, min(longest, first * 2^k)) (protocol, "Close codes")."""
MOVE_AGAIN_S = 1.0, 3.0
"""After a move that did not work: what a node that drains asks for, and up to 2 s more."""
NOT_SIGNED_IN = 4401
FOR_GOOD = range(4400, 4500)
"""Close codes after which one does not come back by oneself."""

Seen = tuple[str, str | None, str | None, Body] | None
"""An event as this player saw it: kind, actor, command id, body. None is a blank."""
OnEvent = Callable[[str, int, Seen], None]


class Refused(Exception):
    """The server answered a command with an error."""

    def __init__(self, error: Err) -> None:
        super().__init__(f"{error.c}: {error.m}")
        self.code = error.c
        self.wait_ms = error.w
        """None: waiting does not help."""


class Feed(Struct):
    """What a player has of one squad. ``first`` is the number after the snapshot, if there is."""

    first: int = 1
    events: list[Seen] = field(default_factory=list)
    snapshot: Body | None = None
    doubled: int = 0
    gaps: int = 0
    is_live: bool = False
    overlap: int = 0
    """Up to here the node moved to may tell what the one before has told."""

    @property
    def have(self) -> int:
        """The last number applied."""
        return self.first + len(self.events) - 1


class Pushed(Struct, frozen=True):
    """A view as it was pushed last: folded up to ``r``."""

    r: int
    body: Any


class Known(Struct):
    """All that a player has been told."""

    feeds: dict[str, Feed] = field(default_factory=dict)
    views: dict[tuple[str, ...], Pushed] = field(default_factory=dict)
    """The newest of each: (me), (week, squad, week), (battle, squad)."""
    presence: dict[str, dict[str, int]] = field(default_factory=dict)
    """Who is around in each squad, as it was told last."""
    acked: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Commands that had an effect: the squad, and the number of the last event."""


class Patience(Struct, frozen=True, kw_only=True):
    """When a client gives up a connection, and how long it waits before the next.

    ``silence_s``: without a word from the server, which pings; None: for ever.
    """

    open_s: float = OPEN_S
    silence_s: float | None = None
    longest_wait_s: float = LONGEST_WAIT_S


PATIENT = Patience()


class Client:
    """One player. ``on_event`` is called from the reading thread, once for each event applied."""

    def __init__(
        self,
        url: str,
        ticket: str,
        on_event: OnEvent,
        *,
        renew: Callable[[], str] | None = None,
        receive_bytes: int | None = None,
        on_back: Callable[[float], None] | None = None,
        patience: Patience = PATIENT,
    ) -> None:
        """Connect to the game at ``url`` (http) and wait for the welcome.

        Args:
            renew: gives a new ticket when this one is over.
            receive_bytes: the kernel's buffer for what is not read yet; None leaves it.
            on_back: called with the seconds from the end of a connection until all is live again.
        """
        self.known = Known()
        self.closes: Counter[int] = Counter()
        """How connections ended, by code; 0: without one."""
        self.moves = 0
        """From a node that drained to the next one, welcomed there before it was left."""
        self.player = ""
        self._log: str | None = None
        self._id = str(ULID())
        self._url = url.replace("http", "ws", 1) + "/ws"
        self.ticket = ticket
        self._renew = renew
        self._receive_bytes = receive_bytes
        self._on_event = on_event
        self._on_back = on_back
        self._patience = patience
        self._lost_at: float | None = None
        self._outbox: dict[str, Cmd] = {}
        self._answers: dict[str, Ack | Err] = {}
        self._changed = threading.Condition()
        self._wire: Wire | None = None
        self._next: tuple[Wire, Iterator[bytes]] | None = None
        """The connection that was moved to, before it is read on."""
        self._is_open = False
        self._is_leaving = False
        self._wants_snapshots = False
        self._has_new_ticket = False
        self._last_end = 0
        self._greeted: set[str] = set()
        """The squads that the hello asked for; one followed since then is asked for by itself."""
        self._reads = threading.Event()
        self._reads.set()
        self._reader = threading.Thread(target=self._stay, daemon=True)
        self._reader.start()
        self.wait_until_open()

    @property
    def is_open(self) -> bool:
        """Whether it has been welcomed, on the connection that it has now."""
        return self._is_open

    def follow(self, squad: str) -> None:
        """Follow a squad from its first event, and wait until it is live."""
        with self._changed:
            self.known.feeds[squad] = Feed()
            # Not kept in the outbox: after a loss the hello asks for the squad.
            self._send(Sub(id=str(ULID()), s=squad, n=0))
        self._wait(lambda: self.known.feeds[squad].is_live, "live")

    def command(self, kind: str, body: Body, squad: str | None = None) -> Ack:
        """Send a command and wait for its answer.

        Raises:
            Refused: the answer is an error.
        """
        return self.answer(self.send_command(kind, body, squad))

    def send_command(self, kind: str, body: Body, squad: str | None = None) -> str:
        """Send a command, now or when the connection is back, and return its id at once."""
        command = Cmd(id=str(ULID()), k=kind, b=body, s=squad)
        with self._changed:
            self._outbox[command.id] = command
            self._send(command)
        return command.id

    def answer(self, command_id: str) -> Ack:
        """Wait for the answer to a command, which is sent again until there is one.

        Raises:
            Refused: it is an error.
        """
        while True:
            self._wait(lambda: command_id in self._answers, "an answer")
            answer = self._answers.pop(command_id)
            if isinstance(answer, Err) and answer.c in NOT_FINAL:
                time.sleep((answer.w or WAIT_MS) / 1000)
                with self._changed:
                    self._send(self._outbox[command_id])
                continue
            del self._outbox[command_id]
            if isinstance(answer, Err):
                raise Refused(answer)
            if answer.s is not None and answer.n is not None:
                self.known.acked[command_id] = (answer.s, answer.n)
            return answer

    def act(self, squad: str, state: int) -> None:
        """Say how one is around; lost with the connection."""
        with self._changed:
            self._send(Act(s=squad, st=state))

    def wait_for(self, squad: str, n: int) -> None:
        """Wait until the feed of a squad has come to ``n``."""
        self._wait(lambda: self.known.feeds[squad].have >= n, f"event {n}")

    def wait_until_open(self) -> None:
        """Wait for the welcome."""
        self._wait(lambda: self._is_open, "welcome")

    def wait_until_live(self) -> None:
        """Wait until every squad is at its head, on the connection that there is now."""
        self._wait(
            lambda: self._is_open and all(feed.is_live for feed in self.known.feeds.values()),
            "live",
        )

    def wait_until_answered(self) -> None:
        """The same, and until nothing is under way any more, though nobody waits for it."""
        self.wait_until_live()
        self._wait(lambda: self._outbox.keys() <= self._answers.keys(), "an answer")

    def drop(self) -> None:
        """The net is gone, without a word; it comes back by itself."""
        wire = self._wire
        if wire is not None:
            # At once: what is asked from here on is about the next connection.
            self._wire, self._is_open = None, False
            wire.cut()

    def forget(self) -> None:
        """The same for somebody who has lost all they had: snapshots are what they ask for."""
        self._wants_snapshots = True
        self.drop()

    def stop_reading(self) -> None:
        """Leave everything unread from here on, with the connection open."""
        self._reads.clear()

    def read_on(self) -> None:
        """Read what has gathered, and what comes."""
        self._reads.set()

    def close(self) -> None:
        """Leave."""
        self._is_leaving = True
        self._reads.set()
        if self._wire is not None:
            self._wire.close()
        self._reader.join(ANSWER_S)

    def _stay(self) -> None:
        tries = 0
        while not self._is_leaving:
            tries = 1 if self._be_there() else tries + 1
            if self._next is None:
                self._wait_before(tries)

    def _wait_before(self, tries: int) -> None:
        """Not everybody at once; but who has a new ticket only asks again."""
        has_new_ticket, self._has_new_ticket = self._has_new_ticket, False
        if not (self._is_leaving or has_new_ticket):
            longest_s = min(self._patience.longest_wait_s, FIRST_WAIT_S * 2 ** (tries - 1))
            time.sleep(random.uniform(0, longest_s))

    def _be_there(self) -> bool:
        """One connection from its opening to its end; whether it was welcomed."""
        with self._changed:
            moved_to, self._next = self._next, None
        was_open = moved_to is not None
        if moved_to is not None:
            wire, messages = moved_to
        else:
            try:
                wire = self._wire = self._new_wire()
            except (OSError, InvalidHandshake):
                return False
            messages = wire.messages()
        try:
            if moved_to is None:
                wire.send(encode(self._hello()))
            for data in messages:
                self._reads.wait()
                with self._changed:
                    if self._wire is not wire:
                        break  # cut or left meanwhile: what was not read is lost
                    self._take(data)
                    was_open |= self._is_open
                    self._changed.notify_all()
        except OSError:
            pass  # while it was being answered
        finally:
            wire.end()
            is_left = self._is_left(wire)
        if not is_left:
            self._note_the_end(wire.close_code or 0)
        return was_open

    def _is_left(self, wire: Wire) -> bool:
        """Whether a connection that has ended was left for another one; else it was lost."""
        with self._changed:
            if self._next is not None:
                return True
            if self._wire is wire:
                self._wire = None
            self._lose()
            return False

    def _lose(self) -> None:
        self._is_open = False
        if self._lost_at is None and self.known.feeds:
            self._lost_at = time.monotonic()
        for feed in self.known.feeds.values():
            feed.is_live, feed.overlap = False, 0

    def _move(self, drain: Drain, leaving: Wire | None) -> None:
        """The node is about to end: be welcomed by another one first (protocol, ``drain``)."""
        until = time.monotonic() + drain.by / 1000
        time.sleep(random.uniform(drain.lo, drain.hi) / 1000)
        while self._wire is leaving and not self._is_leaving and time.monotonic() < until:
            if self._has_moved(leaving):
                return
            time.sleep(random.uniform(*MOVE_AGAIN_S))

    def _has_moved(self, leaving: Wire | None) -> bool:
        try:
            wire = self._new_wire()
        except (OSError, InvalidHandshake):
            return False
        messages = wire.messages()
        with suppress(OSError):
            with self._changed:
                wire.send(encode(self._hello()))
            # The first is the welcome, or there is none.
            welcome = next(messages, None)
            if welcome is not None:
                return self._take_over(leaving, wire, messages, welcome)
        wire.end()
        self.closes[wire.close_code or 0] += 1
        return False

    def _take_over(
        self, leaving: Wire | None, wire: Wire, messages: Iterator[bytes], welcome: bytes
    ) -> bool:
        with self._changed:
            if leaving is None or self._wire is not leaving or self._is_leaving:
                wire.close()  # it was cut meanwhile
                return False
            self._lose()
            for feed in self.known.feeds.values():
                feed.overlap = feed.have
            self._wire, self._next = wire, (wire, messages)
            self.moves += 1
            self._take(welcome)
            self._changed.notify_all()
            leaving.close()
            return True

    def _new_wire(self) -> Wire:
        return Wire(
            self._url,
            SUBPROTOCOL,
            self._receive_bytes,
            open_s=self._patience.open_s,
            silence_s=self._patience.silence_s,
        )

    def _note_the_end(self, code: int) -> None:
        self.closes[code] += 1
        if code == NOT_SIGNED_IN and self._renew is not None:
            # At once, but not again and again.
            self._has_new_ticket = self._renew_ticket() and self._last_end != code
        elif code in FOR_GOOD:
            self._is_leaving = True
        self._last_end = code

    def _note_being_back(self) -> None:
        if self._lost_at is not None and all(feed.is_live for feed in self.known.feeds.values()):
            lost_at, self._lost_at = self._lost_at, None
            if self._on_back is not None:
                self._on_back(time.monotonic() - lost_at)

    def _renew_ticket(self) -> bool:
        assert self._renew is not None, "asked before"
        try:
            self.ticket = self._renew()
        except OSError:
            return False  # the server is not there: it will say so again
        return True

    def _hello(self) -> Hello:
        self._wants_snapshots, wants = False, self._wants_snapshots
        cursors = {squad: None if wants else feed.have for squad, feed in self.known.feeds.items()}
        self._greeted = set(cursors)
        return Hello(v=VERSION, c=self._id, a=self.ticket, l=self._log, s=cursors)

    def _send(self, message: Act | Cmd | Sub | Auth | Pong) -> None:
        """What is not sent now is sent after the next welcome, if it is in the outbox."""
        if self._is_open and self._wire is not None:
            try:
                self._wire.send(encode(message))
            except OSError:
                self._is_open = False

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, ANSWER_S):
                raise TimeoutError(f"{what} did not come within {ANSWER_S:.0f} s")

    def _take(self, data: bytes) -> None:
        try:
            message = decode_server(data)
        except UnknownMessage:
            return  # of a newer server (protocol, "Unknown things")
        match message:
            case Welcome():
                self.player, self._log, self._is_open = message.u, message.l, True
                for squad in self.known.feeds.keys() - self._greeted:
                    self._send(Sub(id=str(ULID()), s=squad, n=self.known.feeds[squad].have))
                for waiting in list(self._outbox.values()):
                    self._send(waiting)
            case Ev():
                self._apply(message.s, message.n, _seen(message))
            case Evs():
                for n, row in enumerate(message.b, message.n):
                    seen = None if row is None else (row[0], row[2], row[3], row[4])
                    self._apply(message.s, n, seen)
            case Snap():
                before = self.known.feeds.get(message.s, Feed())
                self.known.feeds[message.s] = Feed(
                    first=message.n + 1,
                    snapshot=msgspec.msgpack.decode(message.b),
                    doubled=before.doubled,
                    gaps=before.gaps,
                )
            case Live():
                self.known.feeds[message.s].is_live = True
                self._note_being_back()
            case View():
                self._show(message)
            case Ack() | Err():
                # Twice the same answer: it was sent again while the first one was on its way.
                if message.id in self._outbox:
                    self._answers[message.id] = message
            case Pres():
                self.known.presence[message.s] = message.b
            case Ping():
                self._send(Pong())
            case Exp():
                if self._renew is not None:
                    self._renew_ticket()
                    self._send(Auth(id=str(ULID()), a=self.ticket))
            case Drain():
                moving = (message, self._wire)
                threading.Thread(target=self._move, args=moving, daemon=True).start()
            case _:
                pass

    def _apply(self, squad: str, n: int, seen: Seen) -> None:
        feed = self.known.feeds.get(squad)
        if feed is None:
            return
        if n <= feed.overlap:
            return
        if n <= feed.have:
            feed.doubled += 1
        elif n > feed.have + 1:
            feed.gaps += 1
        else:
            feed.events.append(seen)
            self._on_event(squad, n, seen)

    def _show(self, view: View) -> None:
        body: Body = msgspec.msgpack.decode(view.b)
        key = tuple(str(part) for part in (view.k, view.s, body.get("week")) if part is not None)
        known = self.known.views.get(key)
        if known is None or known.r <= view.r:
            self.known.views[key] = Pushed(view.r, body)


def _seen(event: Ev) -> Seen:
    return None if event.k is None else (event.k, event.u, event.c, event.b or {})
