"""From bodies to the commands of a player's stream; ``building`` lists them."""

from collections.abc import Sequence
from typing import cast

from domain.ids import PlayerId
from domain.players.commands import (
    ChangeTimezone,
    ErasePlayer,
    RegisterPlayer,
)
from domain.refusals import Refusal, RefusalCode
from server.commands.handling import Case, Found, Handler, Key, Tools, actor_of, forgotten
from server.commands.streams import player_stream
from server.commands.submission import ForgetBody, Submission
from server.commands.words import clean, comparable, visible
from server.eventlog.log import Claim, Release
from server.protocol import bodies

NEAR_HANDLES = 8
"""How many near handles are tried when one is taken."""
GUEST_ID_LASTS_MS = 10 * 60_000
"""How long the same guest id gives the same player (protocol, HTTP)."""


def _register(case: Case) -> RegisterPlayer:
    body = cast(bodies.PlayerRegister, case.submission.body)
    handle = clean(body.handle)
    if ("guest", case.submission.guest_key) in case.found.claims:
        raise Refusal(RefusalCode.COMMAND_ID_REUSED, "Please start again.", field="id")
    taken = {key for kind, key in case.found.claims if kind == "handle"}
    if case.tools.claim_key(comparable(handle)) in taken:
        near = (n for n in _near(handle) if case.tools.claim_key(comparable(n)) not in taken)
        raise Refusal(
            RefusalCode.HANDLE_TAKEN,
            "Somebody has this name already.",
            field="handle",
            free=next(near, None),
        )
    player = PlayerId(case.submission.new_id)
    return RegisterPlayer(
        at=case.at,
        player=player,
        handle=case.tools.keys.seal(player, handle),
        handle_length=len(visible(handle)),
        tz=body.tz,
        is_adult=body.adult,
        locale=body.locale,
    )


def _handle_claims(submission: Submission, tools: Tools) -> Sequence[Key]:
    handle = clean(cast(bodies.PlayerRegister, submission.body).handle)
    handles = (handle, *_near(handle))
    keys = [("handle", tools.claim_key(comparable(name))) for name in handles]
    return keys if submission.guest_key is None else [*keys, ("guest", submission.guest_key)]


def _registered_claims(case: Case) -> Sequence[Claim]:
    """The handle for ever, and the guest id for as long as it may be sent again."""
    submission = case.submission
    handle = clean(cast(bodies.PlayerRegister, submission.body).handle)
    key = case.tools.claim_key(comparable(handle))
    claims = [Claim("handle", key, submission.new_id, case.at)]
    if submission.guest_key is not None:
        claims.append(Claim("guest", submission.guest_key, submission.new_id, case.at))
    return claims


def _is_free(submission: Submission, found: Found, tools: Tools) -> bool:
    """Whether a registration may succeed: only then is a key made for it."""
    handle = clean(cast(bodies.PlayerRegister, submission.body).handle)
    return ("handle", tools.claim_key(comparable(handle))) not in found.claims


def _near(handle: str) -> list[str]:
    stem = handle[:22].rstrip()
    return [f"{stem}{number}" for number in range(2, 2 + NEAR_HANDLES)]


def _new_player(submission: Submission, _found: Found, _tools: Tools) -> str:
    return player_stream(submission.new_id)


def _change_timezone(case: Case) -> ChangeTimezone:
    return ChangeTimezone(
        at=case.at, by=case.by, tz=cast(bodies.PlayerTimezone, case.submission.body).tz
    )


def _erase(case: Case) -> ErasePlayer:
    typed = clean(cast(bodies.PlayerErase, case.submission.body).confirm)
    handle = case.tools.keys.open(case.actor.handle) or ""
    is_confirmed = comparable(typed) == comparable(handle)
    return ErasePlayer(at=case.at, by=case.by, is_confirmed=is_confirmed)


def _erase_again(case: Case) -> ErasePlayer:
    player = cast(ForgetBody, case.submission.body).player
    return ErasePlayer(at=case.at, by=player, is_confirmed=True)


def _erased_claims(case: Case) -> Sequence[Release]:
    """The name is free again, and the guest id lets nobody in."""
    return [Release(claim.kind, claim.key) for claim in case.found.own]


def _own_stream(submission: Submission, _found: Found, _tools: Tools) -> str:
    return player_stream(submission.actor)


def _forgotten_stream(submission: Submission, _found: Found, _tools: Tools) -> str:
    return player_stream(forgotten(submission))


HANDLERS: dict[str, Handler] = {
    "player.register": Handler(
        build=_register,
        stream=_new_player,
        claims=_handle_claims,
        takes=_registered_claims,
        makes_key=_is_free,
        # The refusal names a near handle, which is personal text; a guest simply tries again.
        keeps_refusals=False,
        answer=lambda s, _f, _t: {"player": s.new_id},
    ),
    "player.timezone": Handler(build=_change_timezone, stream=_own_stream),
    "player.erase": Handler(
        build=_erase, stream=_own_stream, takes=_erased_claims, erases=actor_of
    ),
    "player.forget": Handler(
        build=_erase_again, stream=_forgotten_stream, takes=_erased_claims, erases=forgotten
    ),
}
