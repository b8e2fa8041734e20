"""One connection's conversation in ``gutsy.v1``, without a socket: messages in, frames out.

The socket protocol owns the bytes and calls ``receive``, ``tick`` and ``lost``; the session says
what to write and when to close through ``Transport``.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, assert_never

from domain.ids import Millis, PlayerId
from domain.refusals import Refusal
from server.clock import Clock, is_id
from server.commands.submission import Done, Reply
from server.edge.auth import Auth, Denied, SignIn
from server.edge.intake import Intake
from server.edge.rates import Bucket
from server.eventlog.log import Log, LogError
from server.eventlog.players import find_player
from server.live.catch_up import needs_snapshot
from server.live.hub import Hub
from server.live.presence import Presence
from server.live.views import ME, Views
from server.metrics import EdgeMetrics
from server.protocol.client_messages import (
    VERSION,
    Act,
    ClientMessage,
    Cmd,
    Hello,
    Pong,
    Sub,
    Unsub,
)
from server.protocol.client_messages import (
    Auth as AuthMessage,
)
from server.protocol.codec import decode_client, framed
from server.protocol.errors import CloseCode, ProtocolError, UnknownMessage
from server.protocol.server_messages import Ack, Err, Exp, Ping, ServerMessage, Welcome
from server.settings import Settings

logger = logging.getLogger(__name__)

EXPIRY_NOTICE_MS = 60_000
HELD_MESSAGES = 64
"""Messages that may come before the welcome is out."""
HELD_BYTES = 64 * 1024
"""Bytes that they may have together."""
NOT_A_MEMBER = -1
COME_BACK = "retry=1000"
"""The close reason of what is over in a moment, or elsewhere."""


class Transport(Protocol):
    """What carries a session."""

    @property
    def is_writable(self) -> bool:
        """Whether a frame written now would leave soon."""
        ...

    def write(self, frame: bytes) -> None:
        """Queue a frame."""
        ...

    def close(self, code: CloseCode, reason: str) -> None:
        """Say why and close; nothing is written afterwards."""
        ...


class Session:
    """A connection from its handshake to its end. Also the ``Outlet`` that live writes to."""

    __slots__ = (
        "_address",
        "_auth",
        "_clock",
        "_coming",
        "_ends_with",
        "_has_noticed_expiry",
        "_has_said_hello",
        "_heard_s",
        "_held",
        "_held_bytes",
        "_hub",
        "_intake",
        "_log",
        "_metrics",
        "_opened_s",
        "_paused_s",
        "_pinged_s",
        "_presence",
        "_rate",
        "_settings",
        "_tasks",
        "_transport",
        "_unanswered",
        "_views",
        "id",
        "is_over",
        "is_welcome",
        "look_at_s",
        "player",
        "send",
        "sign_in",
        "write",
    )

    def __init__(  # the parts it talks to, each named
        self,
        transport: Transport,
        *,
        settings: Settings,
        clock: Clock,
        log: Log,
        hub: Hub,
        views: Views,
        presence: Presence,
        auth: Auth,
        intake: Intake,
        rate: Bucket,
        cookie: SignIn | Denied,
        address: str,
        connection_id: str = "",
        metrics: EdgeMetrics | None = None,
    ) -> None:
        self.id = connection_id
        self.write: Callable[[bytes], None] = transport.write
        """Queue a frame; once this is over, for nobody."""
        self.send: Callable[[bytes], None] = transport.write
        """Write frames now; see ``send_by``."""
        self.player = PlayerId("")
        self.is_welcome = False
        self.is_over = False
        self._transport = transport
        self._settings = settings
        self._clock = clock
        self._log = log
        self._hub = hub
        self._views = views
        self._presence = presence
        self._auth = auth
        self._intake = intake
        self._rate = rate
        self._metrics = metrics or EdgeMetrics()
        self._address = address
        self.sign_in = cookie
        self._has_said_hello = False
        self._has_noticed_expiry = False
        # Tuples: one that is empty takes no memory, and most are most of the time.
        self._coming: tuple[str, ...] = ()
        """Squads that are asked for and not followed yet: they count as those that are."""
        self._unanswered = 0
        self._ends_with: tuple[CloseCode, str] | None = None
        self._held: tuple[tuple[ClientMessage, Millis], ...] = ()
        self._held_bytes = 0
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        now_s = clock.steady()
        self._opened_s = self._heard_s = self._pinged_s = now_s
        self._paused_s: float | None = None
        self.look_at_s = now_s
        """When it is to ``tick`` next; whoever ticks it keeps this."""

    # The outlet

    @property
    def is_writable(self) -> bool:
        """Whether a frame written now would leave soon."""
        return self._transport.is_writable and not self.is_over

    @property
    def about(self) -> dict[str, str]:
        """What stands beside a line of the log about this connection."""
        return {"connection": self.id, "player": self.player}

    # What the socket tells

    def receive(self, data: bytes) -> None:
        """One whole binary message has come in."""
        arrived_at = self._clock.now()
        self.heard()
        if self.is_over or self._ends_with is not None:
            return
        try:
            self._handle(decode_client(data), arrived_at, len(data))
        except UnknownMessage as unknown:
            if unknown.message_id is not None:
                self._refuse(Err(id=unknown.message_id, c="UNKNOWN_KIND", m="Unknown message."))
        except ProtocolError as error:
            self.close(error.code, error.reason[:100])

    def heard(self) -> None:
        """A frame came in: a sign of life, and one off the rate, whatever it holds."""
        self._heard_s = self._clock.steady()
        wait_ms = self._rate.take(self._heard_s)
        if wait_ms:
            self.close(CloseCode.RATE, f"retry={wait_ms}")

    def send_by(self, sender: Callable[[bytes], None]) -> None:
        """Live's frames go by this from here on: the transport itself while nothing is queued."""
        if not self.is_over:
            self.send = sender
            self._hub.redirect(self)

    def paused(self) -> None:
        """The socket takes no more bytes for now."""
        self._paused_s = self._clock.steady()
        self._hub.paused(self)

    def resumed(self) -> None:
        """The socket takes bytes again."""
        self._paused_s = None
        if self.is_welcome:
            self._hub.resumed(self)
            self._views.resumed(self)
            self._presence.resumed(self)

    def lost(self) -> None:
        """The connection is gone."""
        self.is_over = True
        self.write = self.send = _to_nobody
        for task in self._tasks:
            task.cancel()
        self._presence.leave(self)
        self._hub.leave(self)

    def tick(self) -> None:
        """Time has passed: ping, or give up."""
        if self.is_over:
            return
        now_s, limits = self._clock.steady(), self._settings
        if not self._has_said_hello:
            if (now_s - self._opened_s) * 1000 > limits.hello_ms:
                self.close(CloseCode.SILENT, "no hello")
            return
        if self._paused_s is not None and (now_s - self._paused_s) * 1000 > limits.paused_ms:
            self.close(CloseCode.SLOW, "slow")
        elif (now_s - self._heard_s) * 1000 > limits.ping_ms + limits.silence_ms:
            self.close(CloseCode.SILENT, "silent")
        elif self.is_welcome and (now_s - self._pinged_s) * 1000 >= limits.ping_ms:
            self._pinged_s = now_s
            self._say(Ping(now=self._clock.now(), h=self._hub.followed(self)))
        self._watch_expiry()

    def close(self, code: CloseCode, reason: str) -> None:
        """End the conversation from this side."""
        if not self.is_over:
            self._transport.close(code, reason)
            self.lost()

    def drain(self, frame: bytes) -> None:
        """This node is about to end: say so and go on; whoever is not in yet goes elsewhere."""
        if self.is_welcome:
            self.write(frame)
        else:
            self.close(CloseCode.OVERLOADED, COME_BACK)

    def finish(self, code: CloseCode, reason: str) -> None:
        """Take in nothing more, and close when all that was taken in is answered."""
        self._ends_with = (code, reason)
        self._close_if_answered()

    def _close_if_answered(self) -> None:
        if self._ends_with is not None and not self._unanswered:
            self.close(*self._ends_with)

    # What the client says

    def _handle(self, message: ClientMessage, arrived_at: Millis, size: int) -> None:
        if isinstance(message, Hello):
            self._hello(message)
        elif not self._has_said_hello:
            raise ProtocolError(CloseCode.MALFORMED, "hello comes first")
        elif not self.is_welcome or self._held:
            self._held_bytes += size
            if len(self._held) >= HELD_MESSAGES or self._held_bytes > HELD_BYTES:
                raise ProtocolError(CloseCode.RATE, "wait for welcome")
            self._held += ((message, arrived_at),)
        else:
            self._answer(message, arrived_at)

    def _answer(self, message: ClientMessage, arrived_at: Millis) -> None:
        match message:
            case Cmd():
                self._command(message, arrived_at)
            case Sub():
                self._spawn(self._follow(message))
            case Unsub():
                self._hub.unfollow(self, message.s)
                self._presence.let_go(self, message.s)
                self._say(Ack(id=message.id, s=message.s))
            case AuthMessage():
                self._refresh(message)
            case Act():
                self._presence.act(self, message.s, message.st)
            case Pong() | Hello():
                pass
            case _:
                assert_never(message)

    def _hello(self, hello: Hello) -> None:
        if self._has_said_hello:
            raise ProtocolError(CloseCode.MALFORMED, "hello comes once")
        if hello.v != VERSION:
            raise ProtocolError(CloseCode.VERSION, f"this server speaks version {VERSION}")
        sign_in = self.sign_in if hello.a is None else self._auth.by_ticket(hello.a)
        if isinstance(sign_in, Denied):
            raise ProtocolError(CloseCode.NOT_SIGNED_IN, sign_in.value)
        if len(hello.s) > self._settings.squads_per_connection:
            raise ProtocolError(CloseCode.MALFORMED, "too many squads")
        self._has_said_hello = True
        self.sign_in = sign_in
        self.player = sign_in.player
        self._spawn(self._welcome(hello, sign_in))

    async def _welcome(self, hello: Hello, sign_in: SignIn) -> None:
        try:
            heads = await asyncio.to_thread(self._heads, sign_in.player, list(hello.s))
        except LogError:
            self.close(CloseCode.OVERLOADED, COME_BACK)
            return
        if heads is None:
            self.close(CloseCode.NOT_SIGNED_IN, "nobody by this name")
            return
        self._say(
            Welcome(
                v=VERSION,
                u=sign_in.player,
                l=self._log.log_id,
                now=self._clock.now(),
                exp=sign_in.expires_at,
                ping=self._settings.ping_ms,
                max=self._settings.max_message_bytes,
                s=heads,
            )
        )
        self.is_welcome = True
        self._make_room()
        self._hub.join(self)
        self._views.want(self, (ME, sign_in.player))
        is_same_log = hello.l in (None, self._log.log_id)
        for squad, n in hello.s.items():
            if heads[squad] != NOT_A_MEMBER:
                await self._resume(squad, n if is_same_log else None, heads[squad])
        # What came meanwhile is answered in its order; what comes now waits behind it.
        while self._held:
            self._answer(*self._held[0])
            self._held = self._held[1:]

    def _make_room(self) -> None:
        """A player's newest connections stay; the oldest goes when there are too many."""
        others = [o for o in self._hub.outlets.get(self.player, ()) if isinstance(o, Session)]
        others.sort(key=lambda session: session._opened_s)
        for session in others[: max(0, len(others) + 1 - self._settings.connections_per_player)]:
            session.close(CloseCode.REPLACED, "a newer connection took this one's place")

    def _heads(self, player: PlayerId, asked: list[str]) -> dict[str, int] | None:
        """The heads of a player's squads, and -1 where they asked for another's. Blocks."""
        if find_player(self._log, player) is None:
            return None
        mine = [seat.owner for seat in self._log.find_claims_under("seat", player)]
        heads = self._log.heads([f"squad-{squad}" for squad in mine])
        known = {stream.removeprefix("squad-"): head for stream, head in heads.items()}
        return {**dict.fromkeys(asked, NOT_A_MEMBER), **known}

    async def _resume(self, squad: str, n: int | None, head: int) -> None:
        try:
            cursor = await self._hub.follow(self, squad, None if needs_snapshot(n, head) else n)
        except Refusal:
            return  # left in the meantime: the welcome's head is stale, and nothing is owed
        self._hub.start(cursor)

    async def _follow(self, sub: Sub) -> None:
        refusal = self._refusal(sub)
        if refusal is not None:
            self._refuse(refusal)
            return
        self._coming += (sub.s,)
        try:
            cursor = await self._hub.follow(self, sub.s, sub.n)
        except Refusal as no:
            self._refuse(Err(id=sub.id, c=no.code, m=no.message, f=no.field))
            return
        finally:
            self._coming = tuple(squad for squad in self._coming if squad != sub.s)
        head = cursor.room.head
        if sub.n is not None and needs_snapshot(sub.n, head):
            cursor.start_anew()
        self._say(Ack(id=sub.id, s=sub.s, b={"head": head}))
        self._hub.start(cursor)

    def _refusal(self, sub: Sub) -> Err | None:
        """Why not even to ask whether one may follow."""
        # A snapshot is work: subscribing counts as a command does.
        wait_ms = self._intake.take(self.player)
        if wait_ms:
            return Err(id=sub.id, c="BUSY", m="Again in a moment.", w=wait_ms)
        if not is_id(sub.s):
            return Err(id=sub.id, c="BAD_INPUT", m="Which squad?", f="s")
        squads = {*self._hub.followed(self), *self._coming}
        if sub.s not in squads and len(squads) >= self._settings.squads_per_connection:
            return Err(id=sub.id, c="BAD_INPUT", m="Too many squads on one connection.", f="s")
        return None

    def _command(self, cmd: Cmd, arrived_at: Millis) -> None:
        answer = self._intake.command(
            self.player,
            address=self._address,
            command_id=cmd.id,
            kind=cmd.k,
            squad=cmd.s,
            fields=cmd.b,
            arrived_at=arrived_at,
            expected_n=cmd.x,
        )
        self._unanswered += 1
        answer.add_done_callback(lambda done: self._answered(cmd.id, done.result()))

    def _answered(self, command_id: str, reply: Reply) -> None:
        self._unanswered -= 1
        self._say(answer_message(command_id, reply))
        self._close_if_answered()

    def _refresh(self, message: AuthMessage) -> None:
        sign_in = self._auth.by_ticket(message.a)
        if isinstance(sign_in, Denied) or sign_in.player != self.player:
            self._refuse(Err(id=message.id, c="UNAUTHENTICATED", m="Please sign in again."))
            return
        self.sign_in = sign_in
        self._has_noticed_expiry = False
        self._say(Ack(id=message.id, b={"exp": sign_in.expires_at}))

    def _watch_expiry(self) -> None:
        if self.is_over or isinstance(self.sign_in, Denied):
            return
        left_ms = self.sign_in.expires_at - self._clock.now()
        if left_ms <= 0:
            self.close(CloseCode.SESSION_OVER, "session over")
        elif left_ms <= EXPIRY_NOTICE_MS and not self._has_noticed_expiry:
            self._has_noticed_expiry = True
            self._say(Exp(in_ms=left_ms))

    def _refuse(self, err: Err) -> None:
        """Say no to what is not a command: those are counted where they come in."""
        self._metrics.refused(err.c)
        self._say(err)

    def _say(self, message: ServerMessage) -> None:
        self.write(framed(message))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks += (task,)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks = tuple(other for other in self._tasks if other is not task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("a connection failed", exc_info=task.exception(), extra=self.about)
            self.close(CloseCode.SERVER_ERROR, "server error")


def _to_nobody(_frame: bytes) -> None:
    """What is written to a connection that is over."""


def answer_message(command_id: str, reply: Reply) -> Ack | Err:
    """A command's answer as the wire has it."""
    if isinstance(reply, Done):
        return Ack(
            id=command_id, s=reply.squad, n=reply.n, q=reply.q, b=reply.body, dup=reply.is_repeat
        )
    return Err(id=command_id, c=reply.code, m=reply.message, f=reply.field, w=reply.retry_after_ms)
