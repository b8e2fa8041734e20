"""The socket: ``websockets``' Sans-I/O protocol as uvicorn's ``ws`` class, on the one port.

No task and no queue per connection. What is written to a connection in one turn of the loop goes
out in one write. uvicorn's class contract is not a documented API: its minor version is pinned,
and ``tests/server/edge/test_socket.py`` holds the contract.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from server.edge.auth import SignIn
from server.edge.pages import HEADERS
from server.edge.peers import client_address, is_allowed_origin
from server.edge.services import AppState, Services
from server.edge.session import Session
from server.protocol.client_messages import SUBPROTOCOL
from server.protocol.errors import CloseCode

logger = logging.getLogger(__name__)
_wire_logger = logging.getLogger("gutsy.wire")
_wire_logger.setLevel(logging.WARNING)

PATH = "/ws"
CLOSE_TIMEOUT_S = 1.0
"""How long the other side may take to close its end; then the connection is cut."""


class GutsySocket(asyncio.Protocol):
    """One connection from the upgrade on. Also the session's ``Transport``."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: AppState,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.is_writable = True
        self._loop = _loop or asyncio.get_running_loop()
        self._services: Services = app_state["services"]
        self._connections = server_state.connections
        self._protocol = ServerProtocol(
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            max_size=self._services.settings.max_message_bytes,
            logger=_wire_logger,
        )
        self._transport: asyncio.Transport | None = None
        self._session: Session | None = None
        self._address = ""
        self._out: list[bytes] = []
        self._is_flush_due = False
        self._can_write = True
        self._fragments: list[bytes] = []
        self._close_timer: asyncio.TimerHandle | None = None

    # asyncio's protocol, as uvicorn calls it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._services.settings.high_water_bytes)
        self._connections.add(cast(Any, self))  # uvicorn types its own classes only

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(cast(Any, self))
        if self._close_timer is not None:
            self._close_timer.cancel()
        if self._session is not None:
            self._session.lost()
            self._services.sessions.remove(self._session, self._address)
        self._can_write = False
        self._transport = None

    def data_received(self, data: bytes) -> None:
        try:
            self._protocol.receive_data(data)
            # A good message may stand before the one that breaks the connection: handle it.
            for event in self._protocol.events_received():
                if isinstance(event, Request):
                    self._handshake(event)
                elif isinstance(event, Frame):
                    self._frame(event)
            if self._session is not None and self._protocol.state is not State.OPEN:
                self._session.lost()  # the protocol itself has ended the connection
        except Exception:
            logger.exception("a connection failed")
            self.close(CloseCode.SERVER_ERROR, "server error")
        self._send_pending()

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        self._send_pending()
        return False

    def pause_writing(self) -> None:
        self.is_writable = False
        # Nor is anything read: a client that asks and never listens would fill the memory (P5).
        if self._transport is not None:
            self._transport.pause_reading()
        if self._session is not None:
            self._session.paused()

    def resume_writing(self) -> None:
        self.is_writable = True
        if self._transport is not None:
            self._transport.resume_reading()
        if self._session is not None:
            self._session.resumed()

    def shutdown(self) -> None:
        """uvicorn is stopping."""
        if self._session is not None:
            self._session.close(CloseCode.RESTART, "restart")
        elif self._transport is not None:
            self._transport.close()

    # The session's transport

    def write(self, frame: bytes) -> None:
        self._out.append(frame)
        if not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_soon(self._flush)

    def close(self, code: CloseCode, reason: str) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._send_pending()
        elif self._protocol.state is State.CONNECTING and self._transport is not None:
            self._transport.close()

    # The rest

    def _handshake(self, request: Request) -> None:
        headers = request.headers
        origin = _joined(headers, "Origin")
        if request.path.partition("?")[0] != PATH:
            response = self._protocol.reject(HTTPStatus.NOT_FOUND, "There is nothing here.\n")
        else:
            response = self._protocol.accept(request)
        is_open = response.status_code == HTTPStatus.SWITCHING_PROTOCOLS
        if is_open and not self._may_come_from(origin, headers):
            is_open = False
            response = self._protocol.reject(HTTPStatus.FORBIDDEN, "Unknown origin.\n")
        if not is_open:
            response.headers.update(HEADERS)
        self._protocol.send_response(response)
        if is_open:
            self._open(request, has_origin=origin is not None)

    def _may_come_from(self, origin: str | None, headers: Headers) -> bool:
        settings = self._services.settings
        return origin is None or is_allowed_origin(origin, _joined(headers, "Host"), settings)

    def _open(self, request: Request, *, has_origin: bool) -> None:
        services = self._services
        self._address = self._client_address(request)
        # A browser cannot read an HTTP status on an upgrade: accept, then close and say why.
        wait_ms = services.sessions.refusal(self._address)
        if wait_ms:
            self._protocol.send_close(CloseCode.RATE, f"retry={wait_ms}")
            return
        self._session = Session(
            self,
            settings=services.settings,
            clock=services.clock,
            log=services.log,
            hub=services.hub,
            views=services.views,
            auth=services.auth,
            intake=services.intake,
            rate=services.sessions.messages.bucket(),
            cookie=self._cookie(request) if has_origin else None,
        )
        services.sessions.add(self._session, self._address)

    def _cookie(self, request: Request) -> SignIn | None:
        header = "; ".join(request.headers.get_all("Cookie"))
        return self._services.auth.by_cookie(header)

    def _client_address(self, request: Request) -> str:
        assert self._transport is not None, "the handshake came over a transport"
        peer = self._transport.get_extra_info("peername")
        forwarded = ", ".join(request.headers.get_all("X-Forwarded-For"))
        trusted = self._services.settings.trusted_proxies
        return client_address(peer[0] if peer else "", forwarded, trusted)

    def _frame(self, frame: Frame) -> None:
        if self._session is None:
            return
        match frame.opcode:
            case Opcode.TEXT:
                self._session.close(CloseCode.TEXT, "binary messages only")
            case Opcode.BINARY | Opcode.CONT:
                self._fragments.append(bytes(frame.data))
                if frame.fin:
                    data = b"".join(self._fragments)
                    self._fragments = []
                    self._session.receive(data)
                else:
                    self._session.heard()
            case Opcode.CLOSE:
                self._session.lost()
            case _:
                # Pings are answered by the protocol, pongs are a sign of life; both have a rate.
                self._session.heard()

    def _flush(self) -> None:
        self._is_flush_due = False
        if self._out and self._can_write and self._transport is not None:
            self._transport.write(b"".join(self._out) if len(self._out) > 1 else self._out[0])
        self._out.clear()

    def _send_pending(self) -> None:
        """Send what the protocol has to say, after what was queued before it."""
        pending = self._protocol.data_to_send()
        if not pending or self._transport is None:
            return
        for data in pending:
            if data:
                self._out.append(data)
                continue
            self._flush()
            # Half-close: a full close with unread input makes the kernel reset the connection
            # and lose the close frame.
            self._can_write = False
            if self._transport.can_write_eof():
                self._transport.write_eof()
            else:
                self._transport.close()
        self._flush()
        if self._protocol.close_expected() and self._close_timer is None:
            self._close_timer = self._loop.call_later(CLOSE_TIMEOUT_S, self._abort)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def _joined(headers: Headers, name: str) -> str | None:
    """A header's values as one: sent twice, it matches nothing. None where there is none."""
    values = headers.get_all(name)
    return ", ".join(values) if values else None
