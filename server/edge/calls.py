"""The HTTP calls under ``/api`` and beside it (protocol, "HTTP"): one function each.

``CALLS`` at the bottom is the one table from which routes and ``/openapi.json`` are made.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import asdict, replace
from starlette.requests import Request
from starlette.responses import Response

from domain import deck
from domain.ids import InviteKey, PlayerId, SquadId
from domain.refusals import Refusal, RefusalCode
from domain.squads.decide import usable_invite
from domain.weeks import WeekId, read_week
from server.clock import CODE_ALPHABET, ID_LENGTH, is_id
from server.commands.for_squads import read_code
from server.commands.streams import SquadStream, load, squad_stream
from server.commands.submission import Refused
from server.edge.answers import JSON, MSGPACK, answer, error, read_body
from server.edge.auth import COOKIE, SESSION_LASTS_MS, Denied, SignIn
from server.edge.peers import client_address, is_allowed_origin, is_local
from server.edge.requests import note_player
from server.edge.services import Services
from server.edge.session import answer_message
from server.edge.sign_ins import invalid_code, old_guest_id
from server.eventlog.mapper import recorded
from server.eventlog.players import find_player
from server.live.frames import Frames
from server.protocol.bodies import BODIES, Locale, PlayerRegister, Text, Zone
from server.protocol.server_messages import Ack, Body
from server.protocol.views import (
    DeckCard,
    DeviceCode,
    Invitation,
    LedgerLine,
    Me,
    Replay,
    SignedIn,
    Ticket,
    Week,
)

READ_YOUR_WRITES_S = 2.0
LARGEST_PAGE = 256
CREATED = 201
NO_CONTENT = 204
EVENTS_PAGE = 50
LEDGER_PAGE = 50


_ID = f"^[0-7][{CODE_ALPHABET}]{{{ID_LENGTH - 1}}}$"
_WEEK = "^(current|(19[7-9][0-9]|2[0-9]{3})-W(0[1-9]|[1-4][0-9]|5[0-3]))$"
# Described, not decoded by: what does not fit has a refusal of its own.
Id = Annotated[str, Meta(extra_json_schema={"pattern": _ID})]
WeekName = Annotated[str, Meta(extra_json_schema={"pattern": _WEEK})]
Kind = Annotated[str, Meta(extra_json_schema={"enum": sorted(BODIES)})]
Number = Annotated[int, Meta(ge=0, le=10**15 - 1)]


class Guest(Struct, frozen=True, kw_only=True):
    """Come in as a guest. ``id``: 128 random bits in hex, made by the client, sent again on a
    retry; good for 10 minutes."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    handle: Text
    tz: Zone
    adult: bool
    locale: Locale = "en"


class Redeem(Struct, frozen=True, kw_only=True):
    """The code that another device shows, as it was typed."""

    code: str


class Command(Struct, frozen=True, kw_only=True):
    """A command, as on the socket: the same ids, the same exactly-once."""

    id: Id
    k: Kind
    b: Body = {}
    s: str | None = None
    x: int | None = None


class MeAnswer(Me, frozen=True, kw_only=True, omit_defaults=True):
    """``view me`` with the ``seq`` that it was folded up to."""

    q: int = 0


class WeekAnswer(Week, frozen=True, kw_only=True):
    """``view week`` with the ``seq`` that it was folded up to."""

    q: int


class ReplayAnswer(Replay, frozen=True, kw_only=True):
    """A battle's moments with the ``seq`` that they were folded up to."""

    q: int


class LedgerAnswer(Struct, frozen=True, kw_only=True):
    """XP entries, newest first; ``more``: there are older ones, asked for with ``before``."""

    entries: list[LedgerLine]
    more: bool
    q: int


class EventRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event as the caller may see it; without ``k`` a blank."""

    n: int
    k: str | None = None
    at: int | None = None
    u: str | None = None
    c: str | None = None
    b: Body | None = None


class EventsAnswer(Struct, frozen=True, kw_only=True):
    """Events of a squad; with ``before`` the newest come first. ``head`` is the last number."""

    events: list[EventRow]
    head: int


class DeckAnswer(Struct, frozen=True, kw_only=True):
    """Cards, from the gentlest up."""

    cards: list[DeckCard]


class Alive(Struct, frozen=True, kw_only=True):
    """That it is."""

    ok: bool


class Ready(Struct, frozen=True, kw_only=True):
    """Whether it can serve, and the ``reasons`` why not.

    ``bus``: "alone" without other nodes, "ok", or why they are not heard just now. It serves all
    the same: what they commit is read from the log, later.
    """

    ok: bool
    position: int
    stopped: dict[str, str]
    log: str
    reasons: list[str]
    bus: str


class ApiError(Struct, frozen=True, kw_only=True):
    """Why not."""

    error: Refused


Handle = Callable[[Request, Services], Awaitable[Response]]


class Call(Struct, frozen=True, kw_only=True):
    """One call: where it is, what it takes and gives, and whether it needs a sign-in."""

    method: str
    path: str
    handle: Handle
    summary: str
    body: Any = None
    gives: Any = None
    status: int = 200
    takes: Mapping[str, Any] = {}
    """What stands in the path, and after the question mark beside ``after_q`` of every GET."""
    refuses: tuple[RefusalCode, ...] = ()
    """Why not, beside what follows from the fields here (``openapi``)."""
    also_gives: Mapping[int, Any] = {}
    """Answers that are no refusals, by their other status."""
    needs_sign_in: bool = True
    takes_ticket: bool = True
    """Whether a ticket is as good as the cookie."""
    looks_at: str | None = None
    """The document's security scheme that changes the answer where no sign-in is needed."""
    sets_cookie: bool = False
    media_types: tuple[str, ...] = (JSON, MSGPACK)


def services_of(request: Request) -> Services:
    """What the lifespan put together."""
    services: Services = request.state.services
    return services


def sign_in_of(request: Request, services: Services) -> SignIn:
    """Who is calling, by ticket or by cookie.

    Raises:
        Refusal: UNAUTHENTICATED for nobody; FORBIDDEN for a change that comes with a cookie from
            a page that is not ours.
    """
    scheme, _, ticket = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        sign_in = services.auth.by_ticket(ticket)
    else:
        sign_in = services.auth.by_cookie(request.headers.get("cookie"))
    if isinstance(sign_in, Denied):
        raise _denied(sign_in)
    note_player(sign_in.player)
    if sign_in.is_cookie and request.method not in ("GET", "HEAD"):
        check_origin(request, services)
    return sign_in


async def read_your_writes(request: Request, services: Services) -> None:
    """Wait until the rows hold ``after_q``, if the caller named one; at most two seconds."""
    after_q = _number(request, "after_q")
    if after_q is not None:
        await services.runner.wait_for(after_q, READ_YOUR_WRITES_S)


def check_origin(request: Request, services: Services) -> None:
    """Refuse a change from a page that is not ours (CSRF)."""
    origin = request.headers.get("origin")
    if origin is None or not is_allowed_origin(
        origin, request.headers.get("host"), services.settings
    ):
        raise Refusal(RefusalCode.FORBIDDEN, "This page may not do that.")


async def guest(request: Request, services: Services) -> Response:
    """Let somebody in, once for each guest id."""
    if request.headers.get("origin") is not None:
        check_origin(request, services)
    body: Guest = await read_body(request, Guest, services.settings)
    sign_in = await services.sign_ins.by_guest_id(body.id)
    if sign_in is None:
        await _limit_guests(request, services)
        registration = PlayerRegister(
            handle=body.handle, tz=body.tz, adult=body.adult, locale=body.locale
        )
        reply = await services.intake.register(body.id, registration)
        if isinstance(reply, Refused):
            return error(request, reply)
        # By the id, not by the reply: they may have signed out everywhere in the meantime.
        sign_in = await services.sign_ins.by_guest_id(body.id)
        if sign_in is None:
            # The kept answer to the same words, by somebody who was erased since (INV-P2).
            raise old_guest_id()
    handle = await asyncio.to_thread(services.models.handle, sign_in.player)
    if handle is None:
        raise old_guest_id()  # erased at this very moment
    return _signed_in(request, services, sign_in, handle)


async def link(request: Request, services: Services) -> Response:
    """A code that lets the caller in on one more device."""
    sign_in = await _present(request, services)
    if not sign_in.is_cookie:
        # It would make 180 days of its 15 minutes.
        raise Refusal(RefusalCode.FORBIDDEN, "A ticket is not enough for this.")
    code, expires_at = await services.sign_ins.link(sign_in)
    return answer(request, DeviceCode(code=code, expires_at=expires_at))


async def redeem(request: Request, services: Services) -> Response:
    """Sign in on this device whoever made the code on another."""
    if request.headers.get("origin") is not None:
        check_origin(request, services)
    body: Redeem = await read_body(request, Redeem, services.settings)
    sign_in = await services.sign_ins.redeem(body.code, _address(request, services))
    handle = await asyncio.to_thread(services.models.handle, sign_in.player)
    if handle is None:
        raise invalid_code()  # erased at this very moment
    return _signed_in(request, services, sign_in, handle)


async def sign_out(request: Request, services: Services) -> Response:
    """End the sign-in that the call comes with."""
    await services.sign_ins.end(sign_in_of(request, services))
    return _signed_out(request)


async def sign_out_everywhere(request: Request, services: Services) -> Response:
    """End every sign-in of the caller."""
    await services.sign_ins.end_everywhere(sign_in_of(request, services))
    return _signed_out(request)


async def ticket(request: Request, services: Services) -> Response:
    """A new ticket for whoever is signed in."""
    sign_in = await _present(request, services)
    value, expires_at = services.auth.ticket(sign_in)
    return answer(request, Ticket(ticket=value, expires_at=expires_at))


async def command(request: Request, services: Services) -> Response:
    """A command; the answer is the socket's ``ack``, or an error."""
    sign_in = sign_in_of(request, services)
    body: Command = await read_body(request, Command, services.settings)
    if services.auth.is_over(sign_in):
        raise _denied(Denied.SIGNED_OUT)  # while the body was on its way
    reply = await services.intake.command(
        sign_in.player,
        address=_address(request, services),
        command_id=body.id,
        kind=body.k,
        squad=body.s,
        fields=body.b,
        arrived_at=services.clock.now(),
        expected_n=body.x,
    )
    if isinstance(reply, Refused):
        return error(request, reply)
    return answer(request, answer_message(body.id, reply))


async def me(request: Request, services: Services) -> Response:
    """My own page."""
    sign_in = sign_in_of(request, services)
    q = services.runner.position
    mine = await asyncio.to_thread(services.models.me, sign_in.player)
    if mine is None:
        raise Refusal(RefusalCode.UNAUTHENTICATED, "Please sign in first.")
    return answer(request, MeAnswer(**asdict(mine), q=q))


async def ledger(request: Request, services: Services) -> Response:
    """XP entries of mine, a page at a time."""
    sign_in = await _present(request, services)
    before = request.query_params.get("before")
    limit = min(_number(request, "limit") or LEDGER_PAGE, LARGEST_PAGE)
    q = services.runner.position
    page = await asyncio.to_thread(services.models.ledger_page, sign_in.player, before, limit)
    if page is None:
        raise Refusal(RefusalCode.BAD_INPUT, "There is no such entry.", field="before")
    entries, has_more = page
    return answer(request, LedgerAnswer(entries=entries, more=has_more, q=q))


async def events(request: Request, services: Services) -> Response:
    """A squad's events, as the caller may see them."""
    sign_in = await _present(request, services)
    squad = _squad(request)
    before = _number(request, "before")
    after = _number(request, "after")
    limit = min(_number(request, "limit") or EVENTS_PAGE, LARGEST_PAGE)
    # The head first: what comes after it may come after this caller has left (INV-S6).
    heads = await asyncio.to_thread(services.log.heads, [squad_stream(squad)])
    head = heads[squad_stream(squad)]
    seats = await asyncio.to_thread(services.log.find_claims_under, "seat", sign_in.player)
    if squad not in [seat.owner for seat in seats]:
        raise Refusal(RefusalCode.FORBIDDEN, "You are not in this squad.")
    start = after or 0
    if before is not None:
        start = max(0, before - 1 - limit)
        limit = before - 1 - start
    stored = await asyncio.to_thread(
        services.log.read_stream, squad_stream(squad), start, max(0, min(limit, head - start))
    )
    rows = [
        _row(Frames(fact, squad, services.tools.keys.open), sign_in.player)
        for fact in recorded(stored)
    ]
    if before is not None:
        rows.reverse()
    return answer(request, EventsAnswer(events=rows, head=head))


async def week(request: Request, services: Services) -> Response:
    """A squad's board of a week, or of the current one."""
    sign_in = await _present(request, services)
    squad = _squad(request)
    q = services.runner.position
    week = _week(request)
    if not await asyncio.to_thread(services.models.may_see_week, squad, sign_in.player, week):
        raise Refusal(RefusalCode.FORBIDDEN, "You are not in this squad.")
    board = await asyncio.to_thread(services.models.week, squad, week)
    if board is None:
        raise Refusal(RefusalCode.NOT_FOUND, "There is no such squad.")
    return answer(request, WeekAnswer(**asdict(board), q=q))


async def battle(request: Request, services: Services) -> Response:
    """A battle moment by moment, while it runs and ever after."""
    sign_in = await _present(request, services)
    squad = _squad(request)
    q = services.runner.position
    # Read before it is asked who may see it: what it holds came before a leave that is known then.
    found = await asyncio.to_thread(services.models.replay, squad, request.path_params["battle"])
    seats = await asyncio.to_thread(services.log.find_claims_under, "seat", sign_in.player)
    if squad not in [seat.owner for seat in seats]:
        raise Refusal(RefusalCode.FORBIDDEN, "You are not in this squad.")
    if found is None:
        raise Refusal(RefusalCode.NOT_FOUND, "There is no such battle.", field="battle")
    return answer(request, ReplayAnswer(**asdict(found), q=q))


async def invitation(request: Request, services: Services) -> Response:
    """What a visitor may know before joining; nothing is changed by looking."""
    wait_ms = await services.rates.lookups.take(_address(request, services))
    if wait_ms:
        raise Refusal(RefusalCode.BUSY, "Too many tries.", retry_after_ms=wait_ms)
    code = read_code(request.path_params["code"])
    key = services.tools.claim_key(code)
    found = await asyncio.to_thread(services.log.find_claims, [("invite", key)])
    claim = found.get(("invite", key))
    if claim is None:
        raise Refusal(RefusalCode.INVITE_INVALID, "This invite does not exist.", field="code")
    room = await asyncio.to_thread(load, services.log, squad_stream(claim.owner))
    assert isinstance(room, SquadStream), "an invite is to a squad"
    squad = room.room.squad
    caller = services.auth.by_cookie(request.headers.get("cookie"))
    is_in = not isinstance(caller, Denied) and caller.player in squad.members
    # Whoever is in is told so, also by a link that would let nobody else in.
    known = squad.invites.get(InviteKey(key)) if is_in else None
    invite = known or usable_invite(squad, InviteKey(key), services.clock.now())
    # The claim is in the log; the page is made from rows, which may be a moment behind it.
    last = await asyncio.to_thread(services.log.last_seq)
    await services.runner.wait_for(last, READ_YOUR_WRITES_S)
    shown = await asyncio.to_thread(
        services.models.invitation, SquadId(claim.owner), invite.by, invite.expires_at
    )
    if shown is None:
        raise Refusal(RefusalCode.INVITE_INVALID, "This invite does not exist.", field="code")
    return answer(request, replace(shown, squad=claim.owner) if is_in else shown)


async def cards(request: Request, services: Services) -> Response:
    """The deck, in English if nothing else is wanted, perhaps of one difficulty or category."""
    difficulty = _number(request, "difficulty")
    category = request.query_params.get("category")
    locale = request.query_params.get("locale", "en")
    chosen = [
        DeckCard(
            card=card.card,
            title=said.title,
            text=said.text,
            kind=card.kind,
            difficulty=card.difficulty,
            categories=card.categories,
            battle_safe=card.battle_safe,
            locale=locale.partition("-")[0],
        )
        for card in deck.DECK
        if difficulty in (None, card.difficulty)
        and (category is None or category in card.categories)
        and (said := card.in_locale(locale)) is not None
    ]
    return answer(request, DeckAnswer(cards=chosen))


async def healthz(request: Request, services: Services) -> Response:
    """Alive."""
    return answer(request, Alive(ok=True))


async def readyz(request: Request, services: Services) -> Response:
    """Able to serve: log and keys can be written, projections move, no end is near. Or why not."""
    is_failing = await _try_again(services)
    runner, keys = services.runner, services.tools.keys
    troubles = (services.commands.failure, services.log.failure, keys.failure, runner.trouble)
    reasons = [
        *dict.fromkeys(trouble for trouble in troubles if trouble is not None),
        *(f"{name} stopped at {reason}" for name, reason in runner.stopped.items()),
        *(f"{name} has ended" for name in services.failed),
        *(["draining"] if services.sessions.is_draining else []),
    ]
    ready = Ready(
        ok=not reasons,
        position=runner.position,
        stopped=runner.stopped | dict.fromkeys(services.failed, "ended"),
        log="failing" if is_failing else "ok",
        reasons=reasons,
        bus="alone" if services.bus is None else services.bus.failure or "ok",
    )
    return answer(request, ready, 200 if ready.ok else 503)


async def metrics(request: Request, services: Services) -> Response:
    """What is counted, for Prometheus: to programs on this machine, or for the token."""
    token = services.settings.metrics_token
    if token is None:
        if not is_local(request.client.host if request.client else "", request.headers):
            raise Refusal(RefusalCode.FORBIDDEN, "From this machine only.")
    elif not _has_token(request, token):
        raise Refusal(RefusalCode.UNAUTHENTICATED, "With the token only.")
    await _try_again(services)
    accept = request.headers.get("accept", "")
    text, media_type = await asyncio.to_thread(services.metrics.text, accept)
    return Response(text, headers={"Content-Type": media_type})


async def _try_again(services: Services) -> bool:
    """Find out whether what failed still does, before somebody has to write. True: commands do."""
    is_failing = await services.commands.is_failing()
    await asyncio.to_thread(services.tools.keys.is_failing)
    return is_failing


def _has_token(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())


async def _present(request: Request, services: Services) -> SignIn:
    """Whoever calls, unless they were erased since they signed in (INV-P2)."""
    sign_in = sign_in_of(request, services)
    if await asyncio.to_thread(find_player, services.log, sign_in.player) is None:
        raise Refusal(RefusalCode.UNAUTHENTICATED, "Please sign in first.")
    return sign_in


def _denied(denied: Denied) -> Refusal:
    is_signed_out = denied is Denied.SIGNED_OUT
    words = "You have signed out." if is_signed_out else "Please sign in first."
    return Refusal(RefusalCode.UNAUTHENTICATED, words)


def _signed_in(request: Request, services: Services, sign_in: SignIn, handle: str) -> Response:
    """Cookie and ticket of a sign-in that has just begun."""
    ticket, expires_at = services.auth.ticket(sign_in)
    signed_in = SignedIn(player=sign_in.player, handle=handle, ticket=ticket, expires_at=expires_at)
    response = answer(request, signed_in, CREATED)
    response.set_cookie(
        COOKIE,
        services.auth.cookie(sign_in),
        max_age=SESSION_LASTS_MS // 1000,
        httponly=True,
        samesite="lax",
        secure=_is_secure(request),
    )
    return response


def _signed_out(request: Request) -> Response:
    response = Response(status_code=NO_CONTENT)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=_is_secure(request))
    return response


def _is_secure(request: Request) -> bool:
    """Behind a proxy the page's own origin says whether people come by TLS."""
    return request.headers.get("origin", "").startswith("https://")


async def _limit_guests(request: Request, services: Services) -> None:
    wait_ms = await services.rates.guests.take(_address(request, services))
    if wait_ms:
        raise Refusal(
            RefusalCode.BUSY, "Many people come in from here right now.", retry_after_ms=wait_ms
        )


def _address(request: Request, services: Services) -> str:
    peer = request.client.host if request.client else ""
    forwarded = request.headers.getlist("x-forwarded-for")
    return client_address(peer, forwarded, services.settings.trusted_proxies)


def _row(frames: Frames, viewer: PlayerId) -> EventRow:
    seen = frames.seen(viewer)
    if seen is None:
        return EventRow(n=frames.n)
    n, kind, at, actor, command_id, body = seen
    return EventRow(n=n, k=kind, at=at, u=actor, c=command_id, b=dict(body))


def _squad(request: Request) -> str:
    squad: str = request.path_params["squad"]
    if not is_id(squad):
        raise Refusal(RefusalCode.BAD_INPUT, "Which squad?", field="s")
    return squad


def _week(request: Request) -> WeekId | None:
    text: str = request.path_params["week"]
    if text == "current":
        return None
    week = read_week(text)
    if week is None:
        raise Refusal(RefusalCode.BAD_INPUT, "A week is like 2026-W48.", field="week")
    return week


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15:  # noqa: PLR2004 fits 2**53
        raise Refusal(RefusalCode.BAD_INPUT, "This is not a number.", field=name)
    return int(text)


CALLS: tuple[Call, ...] = (
    Call(
        method="POST",
        path="/api/guest",
        handle=guest,
        summary="Come in as a guest",
        body=Guest,
        gives=SignedIn,
        status=CREATED,
        needs_sign_in=False,
        refuses=(
            RefusalCode.FORBIDDEN,
            RefusalCode.CONSENT_REQUIRED,
            RefusalCode.COMMAND_ID_REUSED,
            RefusalCode.CONTENT_BLOCKED,
            RefusalCode.HANDLE_TAKEN,
        ),
        sets_cookie=True,
    ),
    Call(
        method="POST",
        path="/api/ticket",
        handle=ticket,
        summary="A short-lived ticket for a client that holds no cookie",
        gives=Ticket,
    ),
    Call(
        method="POST",
        path="/api/link",
        handle=link,
        summary="A code that lets me in on one more device, once, for 10 min; replaces the last;"
        " by cookie only",
        gives=DeviceCode,
        takes_ticket=False,
    ),
    Call(
        method="POST",
        path="/api/link/redeem",
        handle=redeem,
        summary="Come in on this device by a code; answers as /api/guest",
        body=Redeem,
        gives=SignedIn,
        status=CREATED,
        needs_sign_in=False,
        refuses=(
            RefusalCode.FORBIDDEN,
            RefusalCode.INVITE_INVALID,
            RefusalCode.INVITE_EXPIRED,
        ),
        sets_cookie=True,
    ),
    Call(
        method="DELETE",
        path="/api/session",
        handle=sign_out,
        summary="Sign out here: cookie, tickets and sockets of this sign-in are over at once",
        status=NO_CONTENT,
        sets_cookie=True,
    ),
    Call(
        method="DELETE",
        path="/api/sessions",
        handle=sign_out_everywhere,
        summary="Sign out everywhere: the same for all my sign-ins, and codes made on others",
        status=NO_CONTENT,
        sets_cookie=True,
    ),
    Call(
        method="POST",
        path="/api/cmd",
        handle=command,
        summary="A command, exactly as on the socket",
        body=Command,
        gives=Ack,
        refuses=tuple(RefusalCode),
    ),
    Call(
        method="GET",
        path="/api/me",
        handle=me,
        summary="Profile, XP, level and squads",
        gives=MeAnswer,
    ),
    Call(
        method="GET",
        path="/api/me/ledger",
        handle=ledger,
        summary="XP entries with their causes, newest first",
        gives=LedgerAnswer,
        takes={"before": str, "limit": Number},
    ),
    Call(
        method="GET",
        path="/api/squads/{squad}/events",
        handle=events,
        summary="A squad's events as the caller may see them",
        gives=EventsAnswer,
        takes={"squad": Id, "after": Number, "before": Number, "limit": Number},
        refuses=(RefusalCode.FORBIDDEN,),
    ),
    Call(
        method="GET",
        path="/api/squads/{squad}/weeks/{week}",
        handle=week,
        summary="A weekly board; 'current' is a week",
        gives=WeekAnswer,
        takes={"squad": Id, "week": WeekName},
        refuses=(RefusalCode.FORBIDDEN, RefusalCode.NOT_FOUND),
    ),
    Call(
        method="GET",
        path="/api/squads/{squad}/battles/{battle}",
        handle=battle,
        summary="A battle moment by moment, from its opening on",
        gives=ReplayAnswer,
        takes={"squad": Id, "battle": Id},
        refuses=(RefusalCode.FORBIDDEN, RefusalCode.NOT_FOUND),
    ),
    Call(
        method="GET",
        path="/api/invites/{code}",
        handle=invitation,
        summary="What a visitor may know before joining",
        gives=Invitation,
        needs_sign_in=False,
        takes={"code": str},
        refuses=(
            RefusalCode.INVITE_INVALID,
            RefusalCode.INVITE_EXPIRED,
            RefusalCode.INVITE_USED_UP,
        ),
        looks_at="cookie",
    ),
    Call(
        method="GET",
        path="/api/deck",
        handle=cards,
        summary="Dare cards",
        gives=DeckAnswer,
        needs_sign_in=False,
        takes={"difficulty": Number, "category": str, "locale": str},
    ),
    Call(
        method="GET",
        path="/healthz",
        handle=healthz,
        summary="Alive",
        gives=Alive,
        needs_sign_in=False,
    ),
    Call(
        method="GET",
        path="/readyz",
        handle=readyz,
        summary="Able to serve",
        gives=Ready,
        needs_sign_in=False,
        also_gives={503: Ready},
    ),
    Call(
        method="GET",
        path="/metrics",
        handle=metrics,
        summary="What is counted, for Prometheus; not for everybody: see GUTSY_METRICS_TOKEN",
        gives=str,
        needs_sign_in=False,
        media_types=("text/plain", "application/openmetrics-text"),
        refuses=(RefusalCode.FORBIDDEN, RefusalCode.UNAUTHENTICATED),
        looks_at="metrics",
    ),
)
"""Every call of the API."""
