"""HTTP as bytes: uvicorn's protocol class, made impatient.

uvicorn waits for ever for a request's head and body; here both have a deadline and a size, and
those who wait are counted (``unfinished``). Called by asyncio; hands over to ``socket`` on an
upgrade. uvicorn's class is not a documented API: its minor version is pinned, and
``tests/server/edge/test_http_connection.py`` holds the contract.
"""

import asyncio
import logging
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from server.edge.pages import HEADERS
from server.edge.peers import client_address
from server.edge.services import AppState, Services

# uvicorn warns of each request that it cannot read: strangers would fill the log. We count.
_logger = logging.getLogger("uvicorn.error.http")
_logger.setLevel(logging.ERROR)

MOST_HEADERS = 100
MOST_PIPELINED = 16
"""Requests sent on one connection ahead of their answers: no browser sends any."""


class _Phase(Enum):
    """What the connection waits for."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()
    """The request is whole: it is answered, or the connection is kept for the next one."""


class GutsyHttp(HttpToolsProtocol):
    """One connection, until it becomes a socket."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: AppState,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, cast(dict[str, Any], app_state), _loop)
        self.logger = _logger
        services: Services = app_state["services"]
        self._settings = services.settings
        self._unfinished = services.unfinished
        self._metrics = services.metrics.edge
        self._address = ""
        self._phase = _Phase.NOTHING
        self._bytes = 0
        """Received of the request that is not whole yet."""
        self._deadline: asyncio.TimerHandle | None = None
        self._reader_watch: asyncio.TimerHandle | None = None
        self._refusal = HTTPStatus.BAD_REQUEST

    # asyncio's protocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # uvicorn's own signature
        super().connection_made(transport)
        self._address = client_address(self.client[0] if self.client else "", (), 0)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_for(_Phase.NOTHING)
        self._forget_reader()
        # uvicorn forgets this one when a connection breaks.
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._phase is _Phase.NOTHING:
            # Whatever it is, even an empty line: a request has begun.
            self._wait_for_head()
        self._bytes += len(data)
        super().data_received(data)
        largest_head = self._settings.max_head_bytes
        if self._phase is _Phase.HEAD and self._bytes > largest_head:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        # What frames a body, and trailers, reach nobody who would count them.
        largest = largest_head + self._settings.max_message_bytes
        if self._phase is _Phase.BODY and self._bytes > largest:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    # The parser's events

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._phase is _Phase.NOTHING:
            self._wait_for_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers come here as well, and may not pass for headers (RFC 9110, 6.5.1).
        if self._phase is _Phase.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self._settings.max_head_bytes or len(self.headers) > MOST_HEADERS:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError("the head is too large")
        if len(self.pipeline) >= MOST_PIPELINED:
            self._refusal = HTTPStatus.TOO_MANY_REQUESTS
            raise ValueError("too many requests at once")
        self._wait_for(_Phase.BODY, self._settings.body_ms)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._wait_for(_Phase.NOTHING)
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader()

    def handle_websocket_upgrade(self) -> None:
        if self._is_answering or self.transport.get_write_buffer_size():
            # Nobody would tell the answers that are owed, nor the socket, when bytes are taken.
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        self._wait_for(_Phase.NOTHING)
        self._forget_reader()
        super().handle_websocket_upgrade()

    # Being refused

    def send_400_response(self, msg: str) -> None:
        """The parser has found a fault, or one of the methods above has."""
        self._refuse(self._refusal)

    def give_up(self) -> None:
        """Too many wait, and this one has waited longest."""
        self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def _too_late(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """Say why, where an answer is still owed and none has begun, and close."""
        if self._phase is _Phase.BODY:
            is_owed = self._is_answering and not self.cycle.response_started
        else:
            is_owed = self._bytes > 0 and not self._is_answering
        self._wait_for(_Phase.NOTHING)
        self._metrics.refused_request(status.value)
        if is_owed:
            self.transport.write(_answer(status))
        self.transport.close()
        self._watch_reader()

    @property
    def _is_answering(self) -> bool:
        cycle = cast(RequestResponseCycle | None, self.cycle)  # none before the first request
        return cycle is not None and not cycle.response_complete

    # Waiting

    def _wait_for_head(self) -> None:
        self._bytes = 0
        self._wait_for(_Phase.HEAD, self._settings.head_ms)
        self._unfinished.begin(self, self._address)

    def _wait_for(self, phase: _Phase, limit_ms: int = 0) -> None:
        self._phase = phase
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if phase is _Phase.NOTHING:
            self._unfinished.end(self)
        else:
            self._deadline = self.loop.call_later(limit_ms / 1000, self._too_late)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_reader()

    def _watch_reader(self, before: int | None = None) -> None:
        """See to it that what was written is also taken: not at any speed, but never not at all."""
        unsent = self.transport.get_write_buffer_size()
        self._forget_reader()
        if before is not None and unsent >= before:
            self.transport.abort()
        elif unsent:
            paused_s = self._settings.paused_ms / 1000
            self._reader_watch = self.loop.call_later(paused_s, self._watch_reader, unsent)

    def _forget_reader(self) -> None:
        if self._reader_watch is not None:
            self._reader_watch.cancel()
            self._reader_watch = None


def _answer(status: HTTPStatus) -> bytes:
    text = f"{status.phrase}.\n".encode()
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        *(f"{name}: {value}" for name, value in HEADERS.items()),
        "Content-Type: text/plain; charset=utf-8",
        f"Content-Length: {len(text)}",
        "Connection: close",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + text
