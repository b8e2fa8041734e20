"""One socket to the game after another: signed in, alive, and back again after every end of one.

Called by ``client``, which knows what the messages mean.
"""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec.structs import replace
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from server.clock import Clock, Dice
from server.demo.account import Account, CallError, renewed
from server.protocol.client_messages import SUBPROTOCOL, Auth, ClientMessage, Hello
from server.protocol.codec import decode_server, encode
from server.protocol.errors import CloseCode, UnknownMessage
from server.protocol.server_messages import ServerMessage, Welcome

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
"""Before coming back: rand(0, min(20 s, 0.5 s * 2^k))."""
GOOD_AFTER_S = 10.0
"""A socket that held this long was good: the next failure counts from zero."""
WELCOME_S = 10.0
LIFE_S = 10.0
"""How long after a ping was due a socket counts as dead."""
TICKET_LEFT_MS = 60_000
"""A ticket with less than this left is renewed before it is shown."""
STAY_AWAY = range(4400, 4500)


class Ended(Exception):
    """This player cannot go on: signed out, or no longer a member."""


class Leave(Exception):
    """This socket is to be left for the next one, without a fault of anybody."""


class Line:
    """Sockets, one at a time. ``run`` until cancelled."""

    def __init__(
        self,
        account: Account,
        *,
        dice: Dice,
        clock: Clock,
        hello: Callable[[], Hello],
        take: Callable[[ServerMessage], Awaitable[None]],
    ) -> None:
        self.account = account
        self._dice = dice
        self._clock = clock
        self._hello = hello
        self._take = take
        self._socket: ClientConnection | None = None
        self._silence_s = WELCOME_S
        self._was_denied = False

    async def run(self) -> None:
        """Keep a socket open.

        Raises:
            Ended: the server wants this player no more.
        """
        failures = 0
        while True:
            opened_s = self._clock.steady()
            wait_s = await self._one_socket()
            was_good = self._clock.steady() - opened_s >= GOOD_AFTER_S
            longest_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**failures)
            failures = 0 if was_good else failures + 1
            await asyncio.sleep(wait_s + self._dice.between(0, longest_s))

    async def send(self, message: ClientMessage) -> None:
        """Send a message if there is a welcomed socket; the caller knows what to send again."""
        if self._socket is not None:
            try:
                await self._socket.send(encode(message))
            except ConnectionClosed:
                return  # the reader sees it too, and comes back

    async def renew(self) -> None:
        """Show a new ticket. Without one, the server ends this socket, and the next asks again."""
        try:
            self.account = await renewed(self.account)
        except (CallError, OSError):
            return
        await self.send(Auth(id=self._clock.new_id(), a=self.account.ticket))

    async def _one_socket(self) -> float:
        """A socket from its handshake to its end, and how long the server asks us to wait then."""
        try:
            if self.account.expires_at - self._clock.now() < TICKET_LEFT_MS:
                self.account = await renewed(self.account)
            await self._talk()
        except ConnectionClosed as closed:
            return self._after(closed)
        except CallError as error:
            if error.code == "UNAUTHENTICATED":
                raise Ended("signed out") from error
        except (OSError, InvalidHandshake, TimeoutError, Leave):
            pass  # nothing to say: come back
        finally:
            self._socket = None
        return 0.0

    async def _talk(self) -> None:
        address = self.account.url.replace("http", "ws", 1) + "/ws"
        async with connect(
            address,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=None,
            ping_interval=None,
            proxy=None,
        ) as socket:
            await socket.send(encode(replace(self._hello(), a=self.account.ticket)))
            self._silence_s = WELCOME_S
            while True:
                async with asyncio.timeout(self._silence_s):
                    data = await socket.recv(decode=False)
                try:
                    message = decode_server(data)
                except UnknownMessage:
                    continue  # of a newer server
                if isinstance(message, Welcome):
                    self._socket = socket
                    self._silence_s = message.ping / 1000 + LIFE_S
                    self._was_denied = False
                await self._take(message)

    def _after(self, closed: ConnectionClosed) -> float:
        """How long the server asks us to wait, in seconds.

        Raises:
            Ended: it asks us to stay away.
        """
        code, reason = (1006, "") if closed.rcvd is None else (closed.rcvd.code, closed.rcvd.reason)
        if code == CloseCode.NOT_SIGNED_IN and not self._was_denied:
            # The ticket may have run out while the net was away; the cookie gets another one.
            self._was_denied = True
            self.account = replace(self.account, expires_at=0)
            return 0.0
        if code in STAY_AWAY:
            raise Ended(f"{code} {reason}")
        asked_ms = reason.removeprefix("retry=")
        return int(asked_ms) / 1000 if asked_ms != reason and asked_ms.isdigit() else 0.0
