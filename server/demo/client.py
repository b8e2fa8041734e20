"""A player's client: commands that are not lost, a squad without a gap, and who is around.

What every client owes (protocol, "Client, per squad"): ids made once and sent again until they are
answered, one command at a time, what is missing asked for.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, assert_never

import msgspec

from projections.squad_view import Seen
from server.clock import Clock, Dice
from server.demo.account import Account
from server.demo.known import Known
from server.demo.line import Ended, Leave, Line
from server.protocol.client_messages import VERSION, Act, Cmd, Hello, Pong, Sub
from server.protocol.server_messages import (
    Ack,
    Body,
    Drain,
    Err,
    Ev,
    Evs,
    Exp,
    Live,
    Out,
    Ping,
    Pres,
    ServerMessage,
    Snap,
    View,
    Welcome,
)
from server.protocol.views import BattleTable

BEHIND_S = 2.0
"""How long one may be behind the heads of a ping before asking again (protocol)."""
NOT_FINAL = ("BUSY", "INTERNAL", "UNAUTHENTICATED")
"""Answers after which the same command is sent again."""
AGAIN_MS = 1_000
HERE, AWAY, GOING_IN = 1, 2, 3


class Refused(Exception):
    """The game's answer to a command is no."""

    def __init__(self, error: Err) -> None:
        super().__init__(f"{error.c}: {error.m}")
        self.code = error.c


class Client:
    """One player's. ``run`` until cancelled; ``heard`` is told every event that is new."""

    def __init__(
        self, account: Account, *, dice: Dice, clock: Clock, heard: Callable[[Seen], None]
    ) -> None:
        self.player = account.player
        self.known: Known | None = None
        self.present: dict[str, int] = {}
        """Who is around, and how: 1 here, 2 away, 3 going in."""
        self.table: BattleTable | None = None
        """The squad's newest battle, as the server counts it."""
        self.has_ended = False
        self.server_ahead_ms = 0
        """How far the server's clock is ahead of ours."""
        self._clock = clock
        self._heard = heard
        self._line = Line(account, dice=dice, clock=clock, hello=self._hello, take=self._take)
        self._client_id = clock.new_id()
        self._log_id: str | None = None
        self._turn = asyncio.Lock()
        self._asked: tuple[Cmd, asyncio.Future[Ack | Err]] | None = None
        self._moved = asyncio.Event()
        self._shown = HERE
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def account(self) -> Account:
        """Who is signed in, with the ticket of now."""
        return self._line.account

    async def run(self) -> None:
        """Stay connected.

        Raises:
            Ended: the server wants this player no more.
        """
        try:
            await self._line.run()
        finally:
            self.has_ended = True
            for task in self._tasks:
                task.cancel()
            if self._asked is not None and not self._asked[1].done():
                self._asked[1].set_exception(Ended("the line is down for good"))
            self._wake()

    async def do(self, kind: str, body: Body, squad: str | None = None) -> Ack:
        """Have a command done, once, however often the line breaks meanwhile.

        Raises:
            Refused: the game says no.
            Ended: this player cannot go on.
        """
        async with self._turn:
            command = Cmd(id=self._clock.new_id(), k=kind, b=body, s=squad)
            while True:
                answer = await self._ask(command)
                if isinstance(answer, Ack):
                    return answer
                if answer.c not in NOT_FINAL:
                    raise Refused(answer)
                if answer.c == "UNAUTHENTICATED":
                    await self._line.renew()
                await asyncio.sleep((answer.w or AGAIN_MS) / 1000)

    async def follow(self, squad: str) -> None:
        """Follow a squad, and wait for its snapshot."""
        self.known = Known(squad=squad)
        await self._subscribe()
        await self.until(lambda: self.known is not None and self.known.n is not None)

    async def reached(self, n: int) -> None:
        """Wait until everything up to ``n`` is known."""
        await self.until(lambda: self.known is not None and (self.known.n or 0) >= n)

    async def show(self, presence: int) -> None:
        """Let the squad see: here, away, or going in."""
        if presence != self._shown:
            self._shown = presence
            await self._show()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what the server is to say.

        Raises:
            Ended: it will never say it.
        """
        while not condition():
            if self.has_ended:
                raise Ended("the line is down for good")
            await self._moved.wait()

    def _hello(self) -> Hello:
        squads = {} if self.known is None else {self.known.squad: self.known.n}
        return Hello(v=VERSION, c=self._client_id, l=self._log_id, s=squads, app="demo")

    async def _take(self, message: ServerMessage) -> None:
        match message:
            case Welcome():
                await self._welcomed(message)
            case Ev() | Evs() | Snap():
                await self._apply(message)
            case Pres():
                self.present = message.b
            case Live():
                await self._show()
            case Ack() | Err():
                self._answered(message)
            case Ping():
                await self._line.send(Pong())
                head = 0 if self.known is None else message.h.get(self.known.squad, 0)
                if self._is_behind(head):
                    self._spawn(self._ask_again(BEHIND_S, head))
            case Exp():
                self._spawn(self._line.renew())
            case Drain():
                # What is not answered yet is sent on the next socket.
                raise Leave
            case Out():
                if self.known is not None and message.s == self.known.squad:
                    raise Ended(message.why)
            case View(k="battle"):
                if self.known is not None and message.s == self.known.squad:
                    self.table = msgspec.msgpack.decode(message.b, type=BattleTable)
            case View():
                pass
            case _:
                assert_never(message)
        self._wake()

    async def _welcomed(self, welcome: Welcome) -> None:
        self.server_ahead_ms = welcome.now - self._clock.now()
        if self.known is not None:
            if self._log_id not in (None, welcome.l):
                self.known = Known(squad=self.known.squad)
            if welcome.s.get(self.known.squad, -1) < 0:
                raise Ended("no longer a member")
        self._log_id = welcome.l
        if self._asked is not None:
            await self._line.send(self._asked[0])

    async def _apply(self, message: Ev | Evs | Snap) -> None:
        if self.known is None or message.s != self.known.squad:
            return
        had_gap = self.known.is_gap
        for seen in self.known.take(message):
            self._heard(seen)
        if self.known.is_gap and not had_gap:
            await self._subscribe()

    def _is_behind(self, head: int) -> bool:
        return self.known is not None and (self.known.n or 0) < head

    async def _ask_again(self, wait_s: float, head: int) -> None:
        await asyncio.sleep(wait_s)
        if self._is_behind(head):
            await self._subscribe()

    async def _subscribe(self) -> None:
        if self.known is not None:
            sub = Sub(id=self._clock.new_id(), s=self.known.squad, n=self.known.n)
            await self._line.send(sub)

    def _answered(self, answer: Ack | Err) -> None:
        if self._asked is not None and answer.id == self._asked[0].id:
            if not self._asked[1].done():
                self._asked[1].set_result(answer)
        elif isinstance(answer, Err) and answer.w is not None and self.known is not None:
            # A `sub` that was too much for now.
            self._spawn(self._ask_again(answer.w / 1000, (self.known.n or 0) + 1))

    async def _ask(self, command: Cmd) -> Ack | Err:
        if self.has_ended:
            raise Ended("the line is down for good")
        answer: asyncio.Future[Ack | Err] = asyncio.get_running_loop().create_future()
        self._asked = (command, answer)
        try:
            await self._line.send(command)
            return await answer
        finally:
            self._asked = None

    async def _show(self) -> None:
        if self.known is not None:
            await self._line.send(Act(s=self.known.squad, st=self._shown))

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
