"""From bodies to the commands about a squad and its members; ``building`` lists them."""

from collections.abc import Sequence
from typing import cast

from domain.facts import Fact
from domain.ids import InviteKey, PlayerId, SquadId
from domain.refusals import Refusal, RefusalCode
from domain.room import RingBattle, RingTimer, Room
from domain.squads.commands import (
    ApproveRequest,
    ArchiveSquad,
    BanMember,
    CancelRequest,
    ChangeRole,
    ChangeSettings,
    CloseWeek,
    CreateSquad,
    DeclineRequest,
    ForgetMember,
    IssueInvite,
    JoinSquad,
    KickMember,
    LeaveSquad,
    RenameSquad,
    RequestJoin,
    RevokeInvite,
    UnbanMember,
)
from domain.squads.events import InviteIssued
from server.clock import CODE_ALPHABET, draw_code
from server.commands.consequences import ring_of
from server.commands.handling import Case, Found, Handler, Key, Tools, forgotten, named_squad
from server.commands.streams import squad_stream
from server.commands.submission import RingTimerBody, Submission
from server.commands.words import clean
from server.protocol import bodies
from server.protocol.server_messages import Body

CODE_LENGTH = 10
"""50 bits of Crockford's base32 (rules §2)."""


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


def _request(case: Case) -> RequestJoin:
    body = cast(bodies.SquadRequest, case.submission.body)
    return RequestJoin(
        at=case.at,
        by=case.by,
        invite=InviteKey(case.tools.claim_key(read_code(body.code))),
        handle=case.actor.handle,
        requests=len(case.found.of("request")),
    )


def _cancel(case: Case) -> CancelRequest:
    return CancelRequest(at=case.at, by=case.by)


def _approve(case: Case) -> ApproveRequest:
    return ApproveRequest(at=case.at, by=case.by, player=_player(case), seat=case.free_seat)


def _decline_request(case: Case) -> DeclineRequest:
    return DeclineRequest(at=case.at, by=case.by, player=_player(case))


def _leave(case: Case) -> LeaveSquad:
    return LeaveSquad(at=case.at, by=case.by)


def _kick(case: Case) -> KickMember:
    return KickMember(at=case.at, by=case.by, player=_player(case))


def _ban(case: Case) -> BanMember:
    return BanMember(at=case.at, by=case.by, player=_player(case))


def _unban(case: Case) -> UnbanMember:
    return UnbanMember(at=case.at, by=case.by, player=_player(case))


def _change_role(case: Case) -> ChangeRole:
    role = cast(bodies.SquadRole, case.submission.body).role
    return ChangeRole(at=case.at, by=case.by, player=_player(case), role=role)


def _rename(case: Case) -> RenameSquad:
    name = clean(cast(bodies.SquadRename, case.submission.body).name)
    return RenameSquad(at=case.at, by=case.by, name=case.seal(name), name_length=len(name))


def _change_settings(case: Case) -> ChangeSettings:
    body = cast(bodies.SquadSettings, case.submission.body)
    return ChangeSettings(
        at=case.at, by=case.by, size=body.size, join_policy=body.join_policy, tz=body.tz
    )


def _revoke(case: Case) -> RevokeInvite:
    invite = InviteKey(cast(bodies.SquadRevoke, case.submission.body).invite)
    return RevokeInvite(at=case.at, by=case.by, invite=invite)


def _archive(case: Case) -> ArchiveSquad:
    return ArchiveSquad(at=case.at, by=case.by)


def _forget(case: Case) -> ForgetMember:
    return ForgetMember(at=case.at, player=forgotten(case.submission))


def _player(case: Case) -> PlayerId:
    return _player_in(case.submission)


def _player_in(submission: Submission) -> PlayerId:
    return PlayerId(cast(bodies.SquadMember | bodies.SquadRole, submission.body).player)


def _known_in_squad(submission: Submission, room: Room) -> PlayerId | None:
    player, squad = _player_in(submission), room.squad
    return player if player in squad.known or player in squad.banned else None


def _own_seats(submission: Submission) -> Sequence[Key]:
    return [("seat", submission.actor)]


def _their_seats(submission: Submission) -> Sequence[Key]:
    return [("seat", _player_in(submission))]


def _own_requests(submission: Submission) -> Sequence[Key]:
    return [("request", submission.actor)]


def _squad_answer(_submission: Submission, _facts: Sequence[Fact], stream: str) -> Body:
    return {"squad": stream.removeprefix("squad-")}


def _new_squad(submission: Submission, _found: Found, _tools: Tools) -> str:
    return squad_stream(submission.new_id)


def _ring(case: Case) -> RingTimer | RingBattle | CloseWeek:
    return ring_of(cast(RingTimerBody, case.submission.body).key, case.at)


HANDLERS: dict[str, Handler] = {
    "squad.create": Handler(
        build=_create, stream=_new_squad, answer=_squad_answer, under=_own_seats
    ),
    "squad.invite": Handler(build=_invite, stream=named_squad, answer=_invite_answer),
    "squad.join": Handler(
        build=_join,
        stream=_invited_to,
        claims=_invite_claims,
        answer=_squad_answer,
        under=_own_seats,
    ),
    "squad.request": Handler(
        build=_request,
        stream=_invited_to,
        claims=_invite_claims,
        answer=_squad_answer,
        under=_own_requests,
    ),
    "squad.cancel": Handler(build=_cancel, stream=named_squad),
    "squad.approve": Handler(
        build=_approve, stream=named_squad, under=_their_seats, whom=_known_in_squad
    ),
    "squad.decline": Handler(build=_decline_request, stream=named_squad, whom=_known_in_squad),
    "squad.leave": Handler(build=_leave, stream=named_squad),
    "squad.kick": Handler(build=_kick, stream=named_squad, whom=_known_in_squad),
    "squad.ban": Handler(build=_ban, stream=named_squad, whom=_known_in_squad),
    "squad.unban": Handler(build=_unban, stream=named_squad, whom=_known_in_squad),
    "squad.role": Handler(build=_change_role, stream=named_squad, whom=_known_in_squad),
    "squad.rename": Handler(build=_rename, stream=named_squad),
    "squad.settings": Handler(build=_change_settings, stream=named_squad),
    "squad.revoke": Handler(build=_revoke, stream=named_squad),
    "squad.archive": Handler(build=_archive, stream=named_squad),
    "squad.forget": Handler(build=_forget, stream=named_squad),
    "timer.ring": Handler(build=_ring, stream=named_squad),
}
