"""What a squad's command leads to (rules §2)."""

from domain.ids import HOUR_MS, InviteKey, Millis, PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.squads.commands import CreateSquad, IssueInvite, JoinSquad
from domain.squads.events import (
    InviteIssued,
    MemberJoined,
    MemberLeft,
    OwnershipPassed,
    Role,
    SquadArchived,
    SquadCreated,
    SquadFact,
)
from domain.squads.state import Invite, Member, Squad
from domain.weeks import is_zone

SEATS = 10
"""How many squads one player may belong to (rules §2)."""
SIZE = 20
NAME_LENGTH = range(1, 41)
INVITE_HOURS = 7 * 24
INVITE_HOURS_ALLOWED = range(1, 30 * 24 + 1)


def create(squad: Squad, command: CreateSquad) -> tuple[SquadFact, ...]:
    """A new squad with its owner in it.

    Raises:
        Refusal: BAD_INPUT, TOO_MANY_SQUADS, or WRONG_STATE if the id is taken.
    """
    if squad.squad is not None:
        raise Refusal(RefusalCode.WRONG_STATE, "This squad exists already.")
    if command.name_length not in NAME_LENGTH:
        raise Refusal(RefusalCode.BAD_INPUT, "A squad's name has 1 to 40 characters.", field="name")
    if not is_zone(command.tz):
        raise Refusal(RefusalCode.BAD_INPUT, "This time zone is not known.", field="tz")
    created = SquadCreated(
        at=command.at,
        by=command.by,
        squad=command.squad,
        name=command.name,
        tz=command.tz,
        size=SIZE,
    )
    owner = MemberJoined(
        at=command.at,
        by=command.by,
        player=command.by,
        handle=command.handle,
        role=Role.OWNER,
        seat=_free(command.seat),
    )
    return (created, owner)


def invite(squad: Squad, command: IssueInvite) -> tuple[SquadFact, ...]:
    """A new invite, by an owner or a captain.

    Raises:
        Refusal: FORBIDDEN, BAD_INPUT, or SQUAD_FULL when there is no seat to offer.
    """
    if member_of(squad, command.by).role is Role.MEMBER:
        raise Refusal(RefusalCode.FORBIDDEN, "Only the owner and captains make invites.")
    hours = INVITE_HOURS if command.expires_h is None else command.expires_h
    if hours not in INVITE_HOURS_ALLOWED:
        raise Refusal(
            RefusalCode.BAD_INPUT, "An invite lasts from 1 hour to 30 days.", field="expires_h"
        )
    free_seats = squad.size - len(squad.members)
    max_uses = free_seats if command.max_uses is None else command.max_uses
    if free_seats == 0:
        raise Refusal(RefusalCode.SQUAD_FULL, "Every seat in this squad is taken.")
    if not 1 <= max_uses <= squad.size:
        raise Refusal(
            RefusalCode.BAD_INPUT, f"An invite is for 1 to {squad.size} people.", field="max_uses"
        )
    issued = InviteIssued(
        at=command.at,
        by=command.by,
        invite=command.invite,
        code=command.code,
        expires_at=command.at + hours * HOUR_MS,
        max_uses=max_uses,
    )
    return (issued,)


def join(squad: Squad, command: JoinSquad) -> tuple[SquadFact, ...]:
    """One more member; nothing at all for somebody who is one already (rules §2).

    Raises:
        Refusal: INVITE_INVALID, INVITE_EXPIRED, INVITE_USED_UP, SQUAD_FULL or TOO_MANY_SQUADS.
    """
    if command.by in squad.members:
        return ()
    used = usable_invite(squad, command.invite, command.at)
    if len(squad.members) >= squad.size:
        raise Refusal(RefusalCode.SQUAD_FULL, "Every seat in this squad is taken.")
    joined = MemberJoined(
        at=command.at,
        by=command.by,
        player=command.by,
        handle=command.handle,
        role=Role.MEMBER,
        seat=_free(command.seat),
        invite=command.invite,
        invited_by=used.by,
    )
    return (joined,)


def leave(squad: Squad, by: PlayerId, at: Millis) -> tuple[SquadFact, ...]:
    """The member is out. An owner passes the squad on; whoever is alone ends it (INV-S2).

    The facts end in ``member.left``, whose number is the last that the leaver sees (INV-S5).
    """
    leaver = member_of(squad, by)
    left = MemberLeft(at=at, by=by, player=by, seat=leaver.seat)
    if leaver.role is not Role.OWNER:
        return (left,)
    heir = _heir(squad, by)
    if heir is None:
        return (SquadArchived(at=at, by=by), left)
    return (OwnershipPassed(at=at, by=by, player=heir.player, previous=by), left)


def usable_invite(squad: Squad, invite: InviteKey, at: Millis) -> Invite:
    """The invite, if one could come in by it now (a free seat apart).

    Raises:
        Refusal: INVITE_INVALID, INVITE_EXPIRED or INVITE_USED_UP.
    """
    known = squad.invites.get(invite)
    if known is None or squad.is_archived:
        raise Refusal(RefusalCode.INVITE_INVALID, "This invite does not exist.", field="code")
    if at >= known.expires_at:
        raise Refusal(RefusalCode.INVITE_EXPIRED, "This invite is over. Ask for a new one.")
    if known.uses >= known.max_uses:
        raise Refusal(RefusalCode.INVITE_USED_UP, "This invite is used up. Ask for a new one.")
    return known


def member_of(squad: Squad, player: PlayerId) -> Member:
    """The member, in a squad that is alive.

    Raises:
        Refusal: FORBIDDEN for whoever does not belong, WRONG_STATE in an archived squad.
    """
    member = squad.members.get(player)
    if member is None:
        raise Refusal(RefusalCode.FORBIDDEN, "You are not in this squad.")
    if squad.is_archived:
        raise Refusal(RefusalCode.WRONG_STATE, "This squad has ended.")
    return member


def _free(seat: int | None) -> int:
    if seat is None:
        raise Refusal(RefusalCode.TOO_MANY_SQUADS, f"You are in {SEATS} squads, which is the most.")
    return seat


def _heir(squad: Squad, leaver: PlayerId) -> Member | None:
    """The longest-serving captain, else the longest-serving member (INV-S2)."""
    others = [member for member in squad.members.values() if member.player != leaver]
    return min(
        others,
        key=lambda m: (m.role is not Role.CAPTAIN, m.joined_at, m.player),
        default=None,
    )
