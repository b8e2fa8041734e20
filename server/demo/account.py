"""Signing in as any client does it: over HTTP, with a cookie to keep and tickets to show."""

import asyncio
import json
from collections.abc import Mapping
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from server.protocol.views import DeckCard, SignedIn, Ticket

TIMEOUT_S = 10.0


class CallError(Exception):
    """A call was answered with an error."""

    def __init__(self, status: int, code: str, message: str, free: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.free = free


class Account(Struct, frozen=True, kw_only=True):
    """A signed-in player of a game at ``url``."""

    url: str
    player: str
    handle: str
    cookie: str
    ticket: str
    expires_at: int


async def come_in(url: str, *, guest_id: str, handle: str, locale: str) -> Account:
    """A new guest, by this name or, where it is taken, by one near it.

    Raises:
        CallError: the game does not let anybody in.
        OSError: it cannot be reached.
    """
    guest = {"id": guest_id, "handle": handle, "tz": "UTC", "adult": True, "locale": locale}
    try:
        body, cookie = await _call(url, "/api/guest", guest)
    except CallError as error:
        if error.free is None:
            raise
        body, cookie = await _call(url, "/api/guest", {**guest, "handle": error.free})
    answer = msgspec.json.decode(body, type=SignedIn)
    return Account(
        url=url,
        player=answer.player,
        handle=answer.handle or handle,
        cookie=cookie,
        ticket=answer.ticket,
        expires_at=answer.expires_at,
    )


async def renewed(account: Account) -> Account:
    """The same account with a new ticket.

    Raises:
        CallError: the session is over.
        OSError: the game cannot be reached.
    """
    headers = {"Cookie": account.cookie, "Origin": account.url}
    body, _ = await _call(account.url, "/api/ticket", {}, headers)
    answer = msgspec.json.decode(body, type=Ticket)
    return replace(account, ticket=answer.ticket, expires_at=answer.expires_at)


async def deck_of(url: str, locale: str) -> tuple[DeckCard, ...]:
    """The cards to dare with: in this language, or in whichever there is."""
    for query in (f"?locale={locale}", ""):
        body, _ = await _call(url, f"/api/deck{query}")
        cards = msgspec.json.decode(body, type=dict[str, tuple[DeckCard, ...]])["cards"]
        if cards:
            return cards
    return ()


async def _call(
    url: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> tuple[bytes, str]:
    """The answer's body and the cookie that came with it."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url + path, data, {"Content-Type": "application/json", **(headers or {})})
    return await asyncio.to_thread(_answer, request)


def _answer(request: Request) -> tuple[bytes, str]:
    try:
        # No proxy stands between this machine and a game on it.
        with build_opener(ProxyHandler({})).open(request, timeout=TIMEOUT_S) as response:
            cookie = str(response.headers.get("Set-Cookie", "")).partition(";")[0]
            return response.read(), cookie
    except HTTPError as refusal:
        with refusal:
            raise _error(refusal.code, refusal.read()) from refusal


def _error(status: int, body: bytes) -> CallError:
    try:
        error = json.loads(body)["error"]
        return CallError(status, error["code"], error["message"], error.get("free"))
    except (ValueError, KeyError, TypeError):
        return CallError(status, "INTERNAL", "This is no game of ours.")
