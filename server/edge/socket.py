"""The socket: ``websockets``' Sans-I/O protocol as uvicorn's ``ws`` class, on the one port.

No task and no queue per connection. What is written to a connection in one turn of the loop goes
out in one write.

What a client that does not read holds here (P5): with W for ``high_water_bytes``, at most W of what
was written before it was paused; another W and one frame of the turn that paused it, or what one
batch brought to a squad (``LARGEST_BYTES``); and the answers to what one read of it had brought
(``READ_BYTES``; none is longer than its message by more than a line). From then on nothing is read
from it and nothing is queued for it; its squads are numbers in a cursor, its views and presence are
names. After ``paused_ms`` it is closed, and cut ``CLOSE_TIMEOUT_S`` later. Before its welcome,
``HELD_BYTES`` of what it says are kept; and of a message that is not whole at most
``max_message_bytes``, in ``MOST_FRAGMENTS``: it has an end.

uvicorn's class contract is not a documented API: its minor version is pinned,
and ``tests/server/edge/test_socket.py`` holds the contract.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import CloseCode as CloseFrameCode
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Protocol, Side, State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from server.clock import draw_bytes
from server.edge.auth import Denied, SignIn
from server.edge.pages import HEADERS
from server.edge.peers import client_address, is_allowed_origin
from server.edge.services import AppState, Services
from server.edge.session import COME_BACK, Session
from server.protocol.client_messages import SUBPROTOCOL
from server.protocol.errors import CloseCode

logger = logging.getLogger(__name__)
_wire_logger = logging.getLogger("gutsy.wire")
_wire_logger.setLevel(logging.WARNING)

PATH = "/ws"
ID_BYTES = 6
"""Enough that no two connections of a month share an id."""
CLOSE_TIMEOUT_S = 1.0
"""How long the other side may take to close its end; then the connection is cut."""
MOST_FRAGMENTS = 64
"""Frames of one message: each is a sign of life, and they could go on for ever, empty."""
READ_BYTES = 256 * 1024
"""What asyncio and uvloop read at once at most: known here for the bound above only."""


class GutsySocket(asyncio.Protocol):
    """One connection from the upgrade on. Also the session's ``Transport``."""

    __slots__ = (
        "_address",
        "_can_write",
        "_close_timer",
        "_connections",
        "_fragments",
        "_high_water",
        "_id",
        "_is_full",
        "_is_paused",
        "_loop",
        "_message",
        "_opened_s",
        "_out",
        "_out_bytes",
        "_outbox",
        "_protocol",
        "_services",
        "_session",
        "_transport",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: AppState,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._is_paused = False
        self._loop = _loop or asyncio.get_running_loop()
        self._services: Services = app_state["services"]
        self._high_water = self._services.settings.high_water_bytes
        self._connections = server_state.connections
        self._protocol: Protocol = ServerProtocol(
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            max_size=self._services.settings.max_message_bytes,
            logger=_wire_logger,
        )
        self._transport: asyncio.Transport | None = None
        self._session: Session | None = None
        self._address = ""
        self._id = draw_bytes(ID_BYTES).hex()
        """Names this connection in the log."""
        self._opened_s = 0.0
        self._outbox = self._services.outbox
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._is_full = False
        """Whether this turn has brought as much as it takes."""
        self._can_write = True
        self._message = b""
        self._fragments = 0
        self._close_timer: asyncio.TimerHandle | None = None

    # asyncio's protocol, as uvicorn calls it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._high_water)
        self._connections.add(cast(Any, self))  # uvicorn types its own classes only

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(cast(Any, self))
        if self._close_timer is not None:
            self._close_timer.cancel()
        if self._session is not None:
            self._session.lost()
            self._services.sessions.remove(self._session, self._address)
            self._note_end(self._session)
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
            logger.exception("a connection failed", extra={"connection": self._id})
            self.close(CloseCode.SERVER_ERROR, "server error")
        self._send_pending()

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        self._send_pending()
        return False

    def pause_writing(self) -> None:
        self._is_paused = True
        # Nor is anything read: a client that asks and never listens would fill the memory (P5).
        if self._transport is not None:
            self._transport.pause_reading()
        self._tell_paused()

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._transport is not None:
            self._transport.resume_reading()
        self._tell_resumed()

    def shutdown(self) -> None:
        """uvicorn is stopping."""
        if self._session is not None:
            self._session.finish(CloseCode.RESTART, "restart")
        elif self._transport is not None:
            self._transport.close()

    # The session's transport

    @property
    def is_writable(self) -> bool:
        """Also false when this turn has brought enough: thousands of events may come in one."""
        return not self._is_paused and not self._is_full

    @property
    def unsent_bytes(self) -> int:
        """What is held in memory until the other side reads."""
        waiting = 0 if self._transport is None else self._transport.get_write_buffer_size()
        return self._out_bytes + waiting

    def write(self, frame: bytes) -> None:
        if not self._out:
            self._outbox.add(self)
            self._choose_sender(self._send_queued_and)
        self._out.append(frame)
        self._out_bytes += len(frame)
        if self._out_bytes >= self._high_water and not self._is_full:
            self._is_full = True
            self._tell_paused()

    def close(self, code: CloseCode, reason: str) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._send_pending()
        elif self._protocol.state is State.CONNECTING and self._transport is not None:
            self._transport.close()

    # The rest

    def _note_end(self, session: Session) -> None:
        code = self._close_code()
        self._services.metrics.edge.closed(code)
        span_s = self._services.clock.steady() - self._opened_s
        about = {"code": code, "seconds": round(span_s, 3)}
        logger.info("connection ended", extra={**session.about, **about})

    def _close_code(self) -> int:
        """The code of whoever closed first."""
        sent, received = self._protocol.close_sent, self._protocol.close_rcvd
        if sent is None or (received is not None and self._protocol.close_rcvd_then_sent):
            sent = received
        return CloseFrameCode.ABNORMAL_CLOSURE if sent is None else sent.code

    def _refuse(self, reason: str) -> None:
        """Note that a handshake leads to no socket."""
        self._services.metrics.edge.refused_handshake(reason)
        logger.info("handshake refused", extra={"connection": self._id, "reason": reason})

    def _handshake(self, request: Request) -> None:
        protocol = self._protocol
        assert isinstance(protocol, ServerProtocol), "a request comes once, and first"
        response, reason = self._answer(protocol, request)
        if reason is not None:
            self._refuse(reason)
            response.headers.update(HEADERS)
        protocol.send_response(response)
        if reason is None:
            self._send_pending()
            # One that has shaken hands keeps the request: 3 KiB for as long as somebody is here.
            # No frame has begun in it, since uvicorn hands over the head alone.
            self._protocol = Protocol(
                Side.SERVER, max_size=protocol.max_message_size, logger=_wire_logger
            )
            self._open(request)

    def _answer(self, protocol: ServerProtocol, request: Request) -> tuple[Response, str | None]:
        """The answer to a handshake; and why it leads to no socket, or None."""
        if request.path.partition("?")[0] != PATH:
            not_found = HTTPStatus.NOT_FOUND
            return protocol.reject(not_found, "There is nothing here.\n"), "path"
        if not self._may_come(request):
            return protocol.reject(HTTPStatus.FORBIDDEN, "Unknown origin.\n"), "origin"
        response = protocol.accept(request)
        is_open = response.status_code == HTTPStatus.SWITCHING_PROTOCOLS
        return response, None if is_open else "protocol"

    def _may_come(self, request: Request) -> bool:
        origin, host = _origin(request), _joined(request.headers, "Host")
        return origin is None or is_allowed_origin(origin, host, self._services.settings)

    def _open(self, request: Request) -> None:
        services = self._services
        self._address = self._client_address(request)
        # A browser cannot read an HTTP status on an upgrade: accept, then close and say why.
        if services.sessions.is_draining:
            self._refuse("draining")
            self._protocol.send_close(CloseCode.OVERLOADED, COME_BACK)
            return
        wait_ms = services.sessions.refusal(self._address)
        if wait_ms:
            self._refuse("rate")
            self._protocol.send_close(CloseCode.RATE, f"retry={wait_ms}")
            return
        self._session = Session(
            self,
            settings=services.settings,
            clock=services.clock,
            log=services.log,
            hub=services.hub,
            views=services.views,
            presence=services.presence,
            auth=services.auth,
            intake=services.intake,
            rate=services.sessions.messages.bucket(),
            connection_id=self._id,
            metrics=services.metrics.edge,
            cookie=self._cookie(request),
            address=self._address,
        )
        assert self._transport is not None, "the handshake came over a transport"
        self._choose_sender(self._transport.write)
        self._opened_s = services.clock.steady()
        services.sessions.add(self._session, self._address)

    def _cookie(self, request: Request) -> SignIn | Denied:
        if _origin(request) is None:
            return Denied.UNKNOWN  # a cookie is a browser's word, and browsers say whose page it is
        header = "; ".join(request.headers.get_all("Cookie"))
        return self._services.auth.by_cookie(header)

    def _client_address(self, request: Request) -> str:
        assert self._transport is not None, "the handshake came over a transport"
        peer = self._transport.get_extra_info("peername")
        forwarded = request.headers.get_all("X-Forwarded-For")
        trusted = self._services.settings.trusted_proxies
        return client_address(peer[0] if peer else "", forwarded, trusted)

    def _frame(self, frame: Frame) -> None:
        if self._session is None:
            return
        match frame.opcode:
            case Opcode.TEXT:
                self._session.close(CloseCode.TEXT, "binary messages only")
            case Opcode.BINARY | Opcode.CONT:
                self._message += frame.data
                frame.data = b""  # the protocol keeps a frame until the next one comes
                self._fragments += 1
                if frame.fin:
                    data, self._message = self._message, b""
                    self._fragments = 0
                    self._session.receive(data)
                elif self._fragments >= MOST_FRAGMENTS:
                    self._session.close(CloseCode.TOO_BIG, "too many fragments")
                else:
                    self._session.heard()
            case Opcode.CLOSE:
                self._session.lost()
            case _:
                # Pings are answered by the protocol, pongs are a sign of life; both have a rate.
                self._session.heard()

    def flush(self) -> None:
        """Hand what is queued to the transport, as one write."""
        if self._out:
            self._send_queued_and(b"")

    def _send_queued_and(self, frames: bytes) -> None:
        """Hand what is queued and what comes after it to the transport, as one write."""
        if self._can_write and self._transport is not None:
            self._transport.write(b"".join([*self._out, frames]))
            self._choose_sender(self._transport.write)
        self._out.clear()
        self._out_bytes = 0
        if self._is_full:
            self._is_full = False
            if not self._is_paused:
                # It took everything after all: nobody else would tell those that were put off.
                self._loop.call_soon(self._tell_resumed)

    def _choose_sender(self, sender: Callable[[bytes], None]) -> None:
        """How live reaches this connection: straight to the transport while nothing is queued."""
        if self._session is not None:
            self._session.send_by(sender)

    def _tell_paused(self) -> None:
        if self._session is not None:
            self._session.paused()

    def _tell_resumed(self) -> None:
        # A later turn may have been too much.
        if self.is_writable and self._session is not None:
            self._session.resumed()

    def _send_pending(self) -> None:
        """Send what the protocol has to say, after what was queued before it."""
        pending = self._protocol.data_to_send()
        if not pending or self._transport is None:
            return
        for data in pending:
            if data:
                self.write(data)
                continue
            self.flush()
            # Half-close: a full close with unread input makes the kernel reset the connection
            # and lose the close frame.
            self._can_write = False
            if self._transport.can_write_eof():
                self._transport.write_eof()
            else:
                self._transport.close()
        self.flush()
        if self._protocol.close_expected() and self._close_timer is None:
            self._close_timer = self._loop.call_later(CLOSE_TIMEOUT_S, self._abort)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


def _origin(request: Request) -> str | None:
    return _joined(request.headers, "Origin")


def _joined(headers: Headers, name: str) -> str | None:
    """A header's values as one: sent twice, it matches nothing. None where there is none."""
    values = headers.get_all(name)
    return ", ".join(values) if values else None
