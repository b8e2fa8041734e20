"""The two protocol classes on wires in memory: bytes in, bytes out, and no socket.

Everything behind them is the server's own, on a log and rows in memory. Used by ``targets``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from server.edge import calls
from server.edge.http import make_http
from server.edge.http_connection import GutsyHttp
from server.edge.outbox import Outbox
from server.edge.pages import NOT_BUILT
from server.edge.rates import CallRates
from server.edge.services import AppState, Services
from server.edge.socket import GutsySocket
from server.edge.unfinished import Unfinished
from server.metrics import Metrics
from server.protocol.errors import CloseCode
from tests.fuzz.house import close_code, listening
from tests.server.serving import masked, message
from tests.server.world import World, running

BINARY = 2
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: gutsy.v1\r\n\r\n"
)
SAYS_HELLO, IS_MESSAGE, IS_CUT = 1, 2, 4
"""Bits of the first byte: after a hello; all of it as one message; in two reads."""
KEPT_RUNS = 2_000
"""Runs with one world: it remembers every answer, and would grow with each."""
TURNS = 5
MOST_TURNS = 1_000_000


class Wire(asyncio.Transport):
    """A transport that keeps what is written, and never fills."""

    def __init__(self, protocol_of: Callable[["Wire"], asyncio.BaseProtocol]) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.said = bytearray()
        self.is_over = False
        self.protocol = cast(asyncio.Protocol, protocol_of(self))

    def write(self, data: Any) -> None:  # noqa: ANN401 asyncio's own signature
        if not self.is_over:
            self.said += data

    def close(self) -> None:
        self.is_over = True

    abort = write_eof = close

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return self.is_over

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = cast(asyncio.Protocol, protocol)

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Wires:
    """A server in memory, and a way to send it bytes; anew after so many runs."""

    def __init__(self) -> None:
        calls.READ_YOUR_WRITES_S = 0.0  # nobody writes here, so there is nothing to wait for
        self._runner = asyncio.Runner()
        self._left = 0
        self._stack = AsyncExitStack()
        self._failures: list[str] = []

    def socket(self, data: bytes) -> None:
        """Bytes on a socket, after the handshake; the first byte says how they are sent."""
        self._run(self._socket, data)

    def request(self, data: bytes) -> None:
        """Bytes on a connection that has just been opened."""
        self._run(self._request, data)

    def _run(self, play: Callable[[bytes], Awaitable[bytes]], data: bytes) -> None:
        async def whole() -> bytes:
            if not self._left:
                await self._begin()
            self._left -= 1
            self._world.clock.pass_ms(60_000)
            return await play(data)

        said = self._runner.run(whole())
        assert not self._failures, self._failures
        # There is no client, so a page is a 503: the only answer of this kind that is right.
        assert not said.startswith(b"HTTP/1.1 5") or NOT_BUILT.encode() in said, said

    async def _begin(self) -> None:
        await self._stack.aclose()
        self._stack.enter_context(listening(self._failures))
        self._world = world = await self._stack.enter_async_context(running())
        self._left = KEPT_RUNS
        self._config = Config(
            make_http(_no_lifespan, Path("nothing")), ws=GutsySocket, log_config=None
        )
        self._config.load()
        self._state = ServerState()
        self._app_state: AppState = {"services": _services(world)}
        self._player = await world.register("Fuzz")

    async def _socket(self, data: bytes) -> bytes:
        mode, rest = data[:1] or b"\0", data[1:]
        wire = Wire(lambda _: GutsySocket(self._config, self._state, self._app_state))
        wire.protocol.connection_made(wire)
        wire.protocol.data_received(HANDSHAKE)
        if mode[0] & SAYS_HELLO:
            ticket = self._world.ticket(self._player)
            wire.protocol.data_received(message("hello", v=1, c="fuzz", a=ticket))
            await _soon(lambda: b"welcome" in wire.said)
        start = len(wire.said)
        if mode[0] & IS_MESSAGE:
            rest = masked(BINARY, rest)
        cut_at = len(rest) // 2 if mode[0] & IS_CUT else 0
        for part in (rest[:cut_at], rest[cut_at:]):
            wire.protocol.data_received(part)
            await _turns()
        await self._settled(data)
        heads_end = wire.said.find(b"\r\n\r\n") + 4
        assert close_code(bytes(wire.said[max(start, heads_end) :])) != CloseCode.SERVER_ERROR
        wire.protocol.eof_received()
        wire.protocol.connection_lost(None)
        return b""

    async def _request(self, data: bytes) -> bytes:
        wire = Wire(lambda _: GutsyHttp(self._config, self._state, self._app_state))
        wire.protocol.connection_made(wire)
        wire.protocol.data_received(data)
        await _turns()
        unfinished = self._app_state["services"].unfinished
        await _soon(lambda: wire.is_over or len(unfinished) or not self._state.tasks)
        wire.protocol.connection_lost(None)
        await _soon(lambda: not self._state.tasks)
        return bytes(wire.said)

    async def _settled(self, data: bytes) -> None:
        """Wait until what was commanded is done: its failure is to be this run's."""
        if b"cmd" in data:
            await self._world.do(self._player, "squad.leave", squad="0" * 26)


def _services(world: World) -> Services:
    return Services(
        settings=world.settings,
        clock=world.clock,
        log=world.log,
        tools=world.tools,
        commands=world.commands,
        runner=world.runner,
        models=world.models,
        hub=world.hub,
        views=world.views,
        presence=world.presence,
        auth=world.auth,
        intake=world.intake,
        sessions=world.sessions,
        outbox=Outbox(),
        rates=CallRates(world.settings, world.clock),
        sign_ins=world.sign_ins,
        metrics=Metrics(),
        unfinished=Unfinished(world.settings),
        failed=[],
    )


def _no_lifespan(_app: object) -> Any:  # noqa: ANN401 it is never entered: uvicorn's server would
    raise NotImplementedError


async def _soon(condition: Callable[[], object]) -> None:
    """Wait without a pause: a thousand runs in a second have no time for one."""
    turns = 0
    while not condition():
        await asyncio.sleep(0)
        turns += 1
        assert turns < MOST_TURNS, "it did not happen"


async def _turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)
