"""From a body on the wire to a domain command: what the domain may not fetch for itself.

Time, ids, drawn codes, sealed texts, cards, and facts from other streams are added here. One
function for each kind of command; ``HANDLERS`` at the bottom lists them.
"""

from collections.abc import Callable, Sequence
from typing import cast

from msgspec import Struct

from domain import deck
from domain.dares.commands import (
    AcceptDare,
    BailDare,
    DeclineDare,
    IssueDare,
    ReportDare,
    Rewording,
    StartDare,
    WithdrawDare,
)
from domain.dares.terms import Terms
from domain.facts import Fact
from domain.ids import CardId, DareId, Fingerprint, InviteKey, PlayerId, SquadId
from domain.personal import Sealed
from domain.players.commands import PlayerCommand, RegisterPlayer
from domain.players.state import Player
from domain.refusals import Refusal, RefusalCode
from domain.room import RingTimer, Room, RoomCommand
from domain.squads.commands import CreateSquad, IssueInvite, JoinSquad, LeaveSquad
from domain.squads.decide import SEATS
from domain.squads.events import InviteIssued
from server.clock import CODE_ALPHABET, Clock, draw_code, is_id
from server.commands.streams import player_stream, squad_stream
from server.commands.submission import RingTimerBody, Submission
from server.commands.words import clean, comparable, only_words, visible
from server.eventlog.keys import Keys
from server.eventlog.log import Claim
from server.protocol import bodies
from server.protocol.server_messages import Body
from server.secret import Purpose, Secret

CODE_LENGTH = 10
"""50 bits of Crockford's base32 (rules §2)."""
NEAR_HANDLES = 8
"""How many near handles are tried when one is taken."""
GUEST_ID_LASTS_MS = 10 * 60_000
"""How long the same guest id gives the same player (protocol, HTTP)."""

Key = tuple[str, str]


class Tools(Struct, frozen=True):
    """What building a command may use besides values."""

    clock: Clock
    keys: Keys
    secret: Secret
    ruleset: int

    def claim_key(self, text: str) -> str:
        """The keyed hash under which a handle, a code or a guest id is claimed."""
        return self.secret.keyed_hash(Purpose.CLAIMS, text.encode()).hex()


class Found(Struct, frozen=True, kw_only=True):
    """What the log knows that a command may need: claims by key, and the actor's seats."""

    claims: dict[Key, Claim]
    seats: Sequence[Claim]


class Case(Struct, frozen=True, kw_only=True):
    """One submission with everything that was looked up for it."""

    submission: Submission
    found: Found
    room: Room
    player: Player | None
    tools: Tools

    @property
    def by(self) -> PlayerId:
        """The player who acts."""
        return PlayerId(self.submission.actor)

    @property
    def at(self) -> int:
        """When the whole message was in."""
        return self.submission.arrived_at

    @property
    def actor(self) -> Player:
        """The acting player's own settings; a player's command has them always."""
        assert self.player is not None, "guests and the system have no settings"
        return self.player

    def seal(self, text: str) -> Sealed:
        """Text under the acting player's key."""
        return self.tools.keys.seal(self.by, text)

    @property
    def free_seat(self) -> int | None:
        """A squad seat that the actor still has; None when all are taken."""
        taken = {int(seat.key.rpartition(":")[2]) for seat in self.found.seats}
        return next((seat for seat in range(SEATS) if seat not in taken), None)


class Handler(Struct, frozen=True, kw_only=True):
    """How one kind of command is built and answered.

    ``stream`` names the one stream that decides; ``claims`` are looked up before, ``takes`` are
    taken with the facts, beside those that follow from the facts; ``makes_key`` asks for a durable
    key of personal text under the submission's new id first.
    """

    build: Callable[[Case], RoomCommand | PlayerCommand]
    stream: Callable[[Submission, Found, Tools], str]
    answer: Callable[[Submission, Sequence[Fact], str], Body | None] = lambda _s, _f, _t: None
    claims: Callable[[Submission, Tools], Sequence[Key]] = lambda _s, _t: ()
    takes: Callable[[Case], Sequence[Claim]] = lambda _c: ()
    makes_key: Callable[[Submission, Found, Tools], bool] = lambda _s, _f, _t: False
    keeps_refusals: bool = True
    needs_seats: bool = False


def handler_of(submission: Submission) -> Handler:
    """The handler of a submission's kind."""
    return HANDLERS[submission.kind]


# Players


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


# Squads


def _create(case: Case) -> CreateSquad:
    body = cast(bodies.SquadCreate, case.submission.body)
    name = clean(body.name)
    return CreateSquad(
        at=case.at,
        by=case.by,
        squad=SquadId(case.submission.new_id),
        name=case.seal(name),
        name_length=len(name),
        tz=body.tz,
        handle=case.actor.handle,
        seat=case.free_seat,
    )


def _invite(case: Case) -> IssueInvite:
    body = cast(bodies.SquadInvite, case.submission.body)
    code = draw_code(CODE_LENGTH)
    return IssueInvite(
        at=case.at,
        by=case.by,
        invite=InviteKey(case.tools.claim_key(code)),
        code=case.seal(code),
        expires_h=body.expires_h,
        max_uses=body.max_uses,
    )


def _invite_answer(_submission: Submission, facts: Sequence[Fact], _stream: str) -> Body:
    (issued,) = (fact for fact in facts if isinstance(fact, InviteIssued))
    return {
        # Sealed until the moment of answering: a kept answer gives nobody a way in.
        "code": issued.code,
        "expires_at": issued.expires_at,
        "max_uses": issued.max_uses,
    }


def _join(case: Case) -> JoinSquad:
    body = cast(bodies.SquadJoin, case.submission.body)
    return JoinSquad(
        at=case.at,
        by=case.by,
        invite=InviteKey(case.tools.claim_key(read_code(body.code))),
        handle=case.actor.handle,
        seat=case.free_seat,
    )


def _invite_claims(submission: Submission, tools: Tools) -> Sequence[Key]:
    body = cast(bodies.SquadJoin, submission.body)
    return [("invite", tools.claim_key(read_code(body.code)))]


def _invited_to(_submission: Submission, found: Found, _tools: Tools) -> str:
    for (kind, _), claim in found.claims.items():
        if kind == "invite":
            return squad_stream(claim.owner)
    raise Refusal(RefusalCode.INVITE_INVALID, "This invite does not exist.", field="code")


def read_code(typed: str) -> str:
    """An invite code as it was meant: Crockford's base32 forgives case, dashes and look-alikes."""
    letters = typed.upper().translate(str.maketrans("OIL", "011", "- "))
    return "".join(c for c in letters if c in CODE_ALPHABET)[:CODE_LENGTH]


def _leave(case: Case) -> LeaveSquad:
    return LeaveSquad(at=case.at, by=case.by)


def _squad_answer(_submission: Submission, _facts: Sequence[Fact], stream: str) -> Body:
    return {"squad": stream.removeprefix("squad-")}


def _new_squad(submission: Submission, _found: Found, _tools: Tools) -> str:
    return squad_stream(submission.new_id)


def _named(submission: Submission, _found: Found, _tools: Tools) -> str:
    if submission.squad is None or not is_id(submission.squad):
        raise Refusal(RefusalCode.BAD_INPUT, "Which squad?", field="s")
    return squad_stream(submission.squad)


# Dares


def _issue(case: Case) -> IssueDare:
    body = cast(bodies.DareIssue, case.submission.body)
    text = None if body.text is None else clean(body.text)
    return IssueDare(
        at=case.at,
        by=case.by,
        dare=DareId(case.submission.new_id),
        target=PlayerId(body.target),
        terms=_terms(case, body, text),
        text_length=None if text is None else len(text),
        ruleset=case.tools.ruleset,
        answer_within_ms=_ms(body.answer_within_s),
        attempt_within_ms=_ms(body.attempt_within_s),
        repeat_of=_reference(body.repeat_of, "repeat_of"),
        call=_reference(body.call, "call"),
    )


def _terms(case: Case, body: bodies.DareIssue, text: str | None) -> Terms:
    if body.card is not None:
        card = deck.BY_ID.get(CardId(body.card))
        if card is None:
            raise Refusal(RefusalCode.NOT_FOUND, "There is no such card.", field="card")
        return Terms(
            kind=card.kind,
            difficulty=card.difficulty,
            categories=card.categories,
            fingerprint=Fingerprint(f"card:{card.card}"),
            card=card.card,
            text=None if text is None else case.seal(text),
        )
    if text is None or body.kind is None or body.difficulty is None:
        missing = "text" if text is None else "kind" if body.kind is None else "difficulty"
        raise Refusal(
            RefusalCode.BAD_INPUT, "Pick a card, or say it in your own words.", field=missing
        )
    digest = case.tools.secret.keyed_hash(Purpose.FINGERPRINTS, only_words(text).encode())
    return Terms(
        kind=body.kind,
        difficulty=body.difficulty,
        categories=tuple(sorted(set(body.categories))),
        fingerprint=Fingerprint(f"words:{digest.hex()}"),
        text=case.seal(text),
    )


def _accept(case: Case) -> AcceptDare:
    body = cast(bodies.DareAccept, case.submission.body)
    return AcceptDare(
        at=case.at,
        by=case.by,
        dare=DareId(body.dare),
        difficulty=body.difficulty,
        rewording=None if body.text is None else _rewording(case, body.dare, clean(body.text)),
    )


def _rewording(case: Case, dare_id: str, after: str) -> Rewording:
    """The shortened words stay the issuer's, under the issuer's key (rules §10)."""
    dare = case.room.dares.by_id.get(DareId(dare_id))
    text = None if dare is None else dare.terms.text
    before = None if text is None else case.tools.keys.open(text)
    if dare is None or before is None or case.by != dare.target:
        raise Refusal(RefusalCode.BAD_INPUT, "These words cannot be changed.", field="text")
    return Rewording(before=before, after=after, sealed=case.tools.keys.seal(dare.issuer, after))


def _decline(case: Case) -> DeclineDare:
    return DeclineDare(at=case.at, by=case.by, dare=_dare(case))


def _start(case: Case) -> StartDare:
    return StartDare(at=case.at, by=case.by, dare=_dare(case))


def _bail(case: Case) -> BailDare:
    return BailDare(at=case.at, by=case.by, dare=_dare(case))


def _withdraw(case: Case) -> WithdrawDare:
    body = cast(bodies.DareWithdraw, case.submission.body)
    return WithdrawDare(at=case.at, by=case.by, dare=DareId(body.dare), reason=body.reason)


def _report(case: Case) -> ReportDare:
    body = cast(bodies.DareReport, case.submission.body)
    line = clean(body.line) if body.line else ""
    return ReportDare(
        at=case.at,
        by=case.by,
        dare=DareId(body.dare),
        tz=case.actor.tz,
        day_start_hour=case.actor.day_start_hour,
        outcome=body.outcome,
        counts=body.counts,
        line=case.seal(line) if line else None,
        line_length=len(line),
        claimed_at=body.claimed_at,
    )


def _ring(case: Case) -> RingTimer:
    body = cast(RingTimerBody, case.submission.body)
    return RingTimer(at=case.at, dare=DareId(body.dare))


def _dare_answer(submission: Submission, _facts: Sequence[Fact], _stream: str) -> Body:
    return {"dare": submission.new_id}


def _dare(case: Case) -> DareId:
    return DareId(cast(bodies.DareOnly, case.submission.body).dare)


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000


def _reference(text: str | None, field: str) -> DareId | None:
    if text is None:
        return None
    if not is_id(text):
        raise Refusal(RefusalCode.BAD_INPUT, "This is not an id.", field=field)
    return DareId(text)


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
    "squad.create": Handler(
        build=_create, stream=_new_squad, answer=_squad_answer, needs_seats=True
    ),
    "squad.invite": Handler(build=_invite, stream=_named, answer=_invite_answer),
    "squad.join": Handler(
        build=_join,
        stream=_invited_to,
        claims=_invite_claims,
        answer=_squad_answer,
        needs_seats=True,
    ),
    "squad.leave": Handler(build=_leave, stream=_named),
    "dare.issue": Handler(build=_issue, stream=_named, answer=_dare_answer),
    "dare.accept": Handler(build=_accept, stream=_named),
    "dare.decline": Handler(build=_decline, stream=_named),
    "dare.start": Handler(build=_start, stream=_named),
    "dare.bail": Handler(build=_bail, stream=_named),
    "dare.withdraw": Handler(build=_withdraw, stream=_named),
    "dare.report": Handler(build=_report, stream=_named),
    "timer.ring": Handler(build=_ring, stream=_named),
}
"""Every kind of command that there is. Clients may send those in ``protocol.bodies.BODIES``."""
