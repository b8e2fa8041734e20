"""Every HTTP request: its id, its line in the log and its place in the metrics.

``app`` puts it around the HTTP side. It names a request by its route, never by its path: invite
codes stand in paths.
"""

import logging
import re

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

from server.clock import draw_bytes
from server.edge.services import Services

logger = logging.getLogger(__name__)

HEADER = "X-Request-Id"
ID_BYTES = 8
_SAFE_ID = re.compile(r"[0-9a-fA-F-]{8,64}")
"""Hex, or a UUID: nothing that could be words."""
NO_ROUTE = "none"
FIRST_ERROR = 400


class Requests:
    """Watches what the routes of an application do."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._names: dict[object, str] = {
            route.endpoint: f"{min((route.methods or {'GET'}) - {'HEAD'})} {route.path}"
            for route in app.routes
            if isinstance(route, Route)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        services: Services = scope["state"]["services"]
        request_id = _request_id(Headers(scope=scope), services.settings.trusted_proxies)
        since_s = services.clock.steady()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        # uvicorn gives each request a task, and so a context, of its own.
        with bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                seconds = services.clock.steady() - since_s
                call = self._names.get(scope.get("endpoint"), NO_ROUTE)
                services.metrics.edge.request_answered(call, status, seconds)
                _log(scope["method"], call, status, seconds)


def request_id() -> str:
    """The id of the request that is being answered."""
    return str(get_contextvars().get("request_id", ""))


def note_player(player: str) -> None:
    """Have a player's id beside every line about this request."""
    bind_contextvars(player=player)


def _request_id(headers: Headers, trusted_proxies: int) -> str:
    """The id that a proxy of ours gave, else a new one: a stranger's could be anything."""
    given = headers.get(HEADER, "") if trusted_proxies else ""
    return given if _SAFE_ID.fullmatch(given) else draw_bytes(ID_BYTES).hex()


def _log(method: str, call: str, status: int, seconds: float) -> None:
    """One line: what changes something or goes wrong is worth more than the rest."""
    is_quiet = method in ("GET", "HEAD") and status < FIRST_ERROR
    logger.log(
        logging.DEBUG if is_quiet else logging.INFO,
        "request",
        extra={"call": call, "status": status, "ms": round(seconds * 1000, 1)},
    )
