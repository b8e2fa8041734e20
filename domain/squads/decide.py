"""What a squad's command leads to (rules §2)."""

from domain.ids import DAY_MS, HOUR_MS, InviteKey, Millis, PlayerId
from domain.refusals import Refusal, RefusalCode
from domain.squads.commands import (
    ApproveRequest,
    BanMember,
    ChangeRole,
    ChangeSettings,
    CloseWeek,
    CreateSquad,
    DeclineRequest,
    IssueInvite,
    JoinSquad,
    RenameSquad,
    RequestJoin,
    RevokeInvite,
)
from domain.squads.events import (
    InviteIssued,
    InviteRevoked,
    JoinCancelled,
    JoinDeclined,
    JoinPolicy,
    JoinRequested,
    MemberBanned,
    MemberForgotten,
    MemberJoined,
    MemberKicked,
    MemberLeft,
    MemberUnbanned,
    OwnershipPassed,
    Role,
    RoleChanged,
    SquadArchived,
    SquadCreated,
    SquadFact,
    SquadRenamed,
    SquadSettingsChanged,
    WeekClosed,
)
from domain.squads.state import REQUESTS_A_DAY, Invite, Member, Squad
from domain.weeks import is_zone

SEATS = 10
"""How many squads one player may belong to (rules §2)."""
SIZE, SIZE_ALLOWED = 20, range(2, 51)
NAME_LENGTH = range(1, 41)
INVITE_HOURS = 7 * 24
INVITE_HOURS_ALLOWED = range(1, 30 * 24 + 1)
OPEN_INVITES = 200
"""Invites that a squad may have at a time: far more than it has seats, and few to show to all."""
REQUESTS_OF_PLAYER = 10
"""Squads that one player may ask at a time: as many as there are seats."""
REQUESTS_OF_SQUAD = 100
"""People who may wait at one door: far more than anybody would look through."""

_RANK = {Role.MEMBER: 0, Role.CAPTAIN: 1, Role.OWNER: 2}


def create(squad: Squad, command: CreateSquad) -> tuple[SquadFact, ...]:
    """A new squad with its owner in it.

    Raises:
        Refusal: BAD_INPUT, TOO_MANY_SQUADS, or WRONG_STATE if the id is taken.
    """
    if squad.squad is not None:
        raise Refusal(RefusalCode.WRONG_STATE, "This squad exists already.")
    _check_name(command.name_length)
    _check_zone(command.tz)
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


def rename(squad: Squad, command: RenameSquad) -> tuple[SquadFact, ...]:
    """Another name.

    Raises:
        Refusal: FORBIDDEN for anyone but the owner, or BAD_INPUT.
    """
    _owner(squad, command.by)
    _check_name(command.name_length)
    return (SquadRenamed(at=command.at, by=command.by, name=command.name),)


def change_settings(squad: Squad, command: ChangeSettings) -> tuple[SquadFact, ...]:
    """Another size, zone or way in; nothing at all if all is so already.

    Raises:
        Refusal: FORBIDDEN for anyone but the owner, BAD_INPUT, or WRONG_STATE for a size below
            the number of members (INV-S7).
    """
    _owner(squad, command.by)
    size, policy, tz = command.size, command.join_policy, command.tz
    if size is not None:
        _check_size(squad, size)
    if tz is not None:
        _check_zone(tz)
    size = None if size == squad.size else size
    policy = None if policy is squad.join_policy else policy
    tz = None if tz == squad.calendar.tz else tz
    if (size, policy, tz) == (None, None, None):
        return ()
    changed = SquadSettingsChanged(
        at=command.at,
        by=command.by,
        size=size,
        join_policy=policy,
        tz=tz,
        tz_from=None if tz is None else squad.calendar.moved_by(command.at, tz),
    )
    return (changed,)


def archive(squad: Squad, by: PlayerId, at: Millis) -> tuple[SquadFact, ...]:
    """The squad has ended. Its members keep their history until they leave.

    Raises:
        Refusal: FORBIDDEN for anyone but the owner.
    """
    _owner(squad, by)
    return _end(squad, by, at)


def invite(squad: Squad, command: IssueInvite) -> tuple[SquadFact, ...]:
    """A new invite, by an owner or a captain.

    Raises:
        Refusal: FORBIDDEN, BAD_INPUT, QUOTA, or SQUAD_FULL when there is no seat to offer.
    """
    _leader(squad, command.by, "Only the owner and captains make invites.")
    hours = INVITE_HOURS if command.expires_h is None else command.expires_h
    if hours not in INVITE_HOURS_ALLOWED:
        raise Refusal(
            RefusalCode.BAD_INPUT, "An invite lasts from 1 hour to 30 days.", field="expires_h"
        )
    if sum(command.at < known.expires_at for known in squad.invites.values()) >= OPEN_INVITES:
        raise Refusal(RefusalCode.QUOTA, f"There are {OPEN_INVITES} invites. Close one first.")
    free_seats = squad.size - len(squad.members)
    max_uses = free_seats if command.max_uses is None else command.max_uses
    if free_seats == 0:
        raise _full()
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


def revoke(squad: Squad, command: RevokeInvite) -> tuple[SquadFact, ...]:
    """A way in is closed.

    Raises:
        Refusal: FORBIDDEN, or NOT_FOUND for an invite that is not there (any more).
    """
    _leader(squad, command.by, "Only the owner and captains revoke invites.")
    if command.invite not in squad.invites:
        raise Refusal(RefusalCode.NOT_FOUND, "There is no such invite.", field="invite")
    return (InviteRevoked(at=command.at, by=command.by, invite=command.invite),)


def join(squad: Squad, command: JoinSquad) -> tuple[SquadFact, ...]:
    """One more member; nothing at all for somebody who is one already (rules §2).

    Raises:
        Refusal: BANNED, INVITE_INVALID, INVITE_EXPIRED, INVITE_USED_UP, SQUAD_FULL,
            TOO_MANY_SQUADS, or FORBIDDEN where one has to ask.
    """
    if command.by in squad.members:
        return ()
    _check_not_banned(squad, command.by)
    used = usable_invite(squad, command.invite, command.at)
    if squad.join_policy is JoinPolicy.APPROVAL:
        raise Refusal(RefusalCode.FORBIDDEN, "This squad lets people in by asking.", field="code")
    if len(squad.members) >= squad.size:
        raise _full()
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


def request(squad: Squad, command: RequestJoin) -> tuple[SquadFact, ...]:
    """One more who asks; nothing at all for a member, or for one who asks already.

    Raises:
        Refusal: BANNED, INVITE_INVALID, INVITE_EXPIRED, INVITE_USED_UP, or QUOTA.
    """
    if command.by in squad.members or command.by in squad.requests:
        return ()
    _check_not_banned(squad, command.by)
    usable_invite(squad, command.invite, command.at)
    if command.requests >= REQUESTS_OF_PLAYER:
        raise Refusal(RefusalCode.QUOTA, "You have asked ten squads. Wait for an answer first.")
    recent = [at for at in squad.asked.get(command.by, ()) if command.at - at < DAY_MS]
    if len(recent) >= REQUESTS_A_DAY:
        raise Refusal(
            RefusalCode.QUOTA,
            "You have asked here three times today. Let them think.",
            retry_after_ms=recent[0] + DAY_MS - command.at,
        )
    if len(squad.requests) >= REQUESTS_OF_SQUAD:
        raise Refusal(RefusalCode.QUOTA, "Many people wait here. Try again another day.")
    asked = JoinRequested(at=command.at, by=command.by, player=command.by, handle=command.handle)
    return (asked,)


def cancel(squad: Squad, by: PlayerId, at: Millis) -> tuple[SquadFact, ...]:
    """They do not ask any more; nothing at all if they did not."""
    return (JoinCancelled(at=at, by=by, player=by),) if by in squad.requests else ()


def approve(squad: Squad, command: ApproveRequest) -> tuple[SquadFact, ...]:
    """Whoever asked is in; nothing at all for somebody who is in already.

    Raises:
        Refusal: FORBIDDEN, NOT_FOUND when they do not ask, SQUAD_FULL or TOO_MANY_SQUADS.
    """
    _leader(squad, command.by, "Only the owner and captains let people in.")
    if command.player in squad.members:
        return ()
    handle = squad.requests.get(command.player)
    if handle is None:
        raise _asks_not()
    if len(squad.members) >= squad.size:
        raise _full()
    if command.seat is None:
        raise Refusal(
            RefusalCode.TOO_MANY_SQUADS,
            f"They are in {SEATS} squads, which is the most.",
            field="player",
        )
    joined = MemberJoined(
        at=command.at,
        by=command.by,
        player=command.player,
        handle=handle,
        role=Role.MEMBER,
        seat=command.seat,
    )
    return (joined,)


def decline_request(squad: Squad, command: DeclineRequest) -> tuple[SquadFact, ...]:
    """Whoever asked is not let in.

    Raises:
        Refusal: FORBIDDEN, or NOT_FOUND when they do not ask.
    """
    _leader(squad, command.by, "Only the owner and captains answer who asks.")
    if command.player not in squad.requests:
        raise _asks_not()
    return (JoinDeclined(at=command.at, by=command.by, player=command.player),)


def leave(squad: Squad, player: PlayerId, at: Millis, by: PlayerId | None) -> tuple[SquadFact, ...]:
    """The member is out. An owner passes the squad on; whoever is alone ends it (INV-S2).

    The facts end in ``member.left``, whose number is the last that the leaver sees (INV-S5). An
    archived squad can be left as well: that gives the seat back.
    """
    leaver = _known(squad, player)
    left = MemberLeft(at=at, by=by, player=player, seat=leaver.seat)
    if leaver.role is not Role.OWNER or squad.is_archived:
        return (left,)
    heir = _heir(squad, player)
    if heir is None:
        return (*_end(squad, by, at), left)
    return (OwnershipPassed(at=at, by=by, player=heir.player, previous=player), left)


def kick(squad: Squad, by: PlayerId, player: PlayerId, at: Millis) -> tuple[SquadFact, ...]:
    """The member is out, and may come back.

    Raises:
        Refusal: FORBIDDEN unless ``by`` outranks them (INV-S4), NOT_FOUND for no member.
    """
    member = _outranked(squad, by, player)
    return (MemberKicked(at=at, by=by, player=player, seat=member.seat),)


def ban(squad: Squad, command: BanMember) -> tuple[SquadFact, ...]:
    """The member is out for good, or whoever was one or asks to be: nothing for one who is already.

    Raises:
        Refusal: FORBIDDEN unless ``by`` outranks them (INV-S4), NOT_FOUND for a stranger.
    """
    _leader(squad, command.by, "Only the owner and captains ban people.")
    if command.player in squad.banned:
        return ()
    is_outside = command.player in squad.known and command.player not in squad.members
    seat = None if is_outside else _outranked(squad, command.by, command.player).seat
    return (MemberBanned(at=command.at, by=command.by, player=command.player, seat=seat),)


def unban(squad: Squad, by: PlayerId, player: PlayerId, at: Millis) -> tuple[SquadFact, ...]:
    """They may join again; nothing at all for somebody who is not banned.

    Raises:
        Refusal: FORBIDDEN, or NOT_FOUND for a stranger.
    """
    _leader(squad, by, "Only the owner and captains lift a ban.")
    if player not in squad.known and player not in squad.banned:
        raise _no_member()
    return (MemberUnbanned(at=at, by=by, player=player),) if player in squad.banned else ()


def change_role(squad: Squad, command: ChangeRole) -> tuple[SquadFact, ...]:
    """A captain more or less, or a new owner; nothing at all if it is so already.

    Raises:
        Refusal: FORBIDDEN for anyone but the owner, and for the owner's own role (INV-S4);
            NOT_FOUND for no member.
    """
    _owner(squad, command.by)
    member = squad.members.get(command.player)
    if member is None:
        raise _no_member()
    if command.player == command.by:
        raise Refusal(RefusalCode.FORBIDDEN, "Hand the squad on to somebody else.", field="player")
    if command.role is Role.OWNER:
        passed = OwnershipPassed(
            at=command.at, by=command.by, player=command.player, previous=command.by
        )
        return (passed,)
    if command.role is member.role:
        return ()
    changed = RoleChanged(at=command.at, by=command.by, player=command.player, role=command.role)
    return (changed,)


def forget(squad: Squad, player: PlayerId, at: Millis) -> tuple[SquadFact, ...]:
    """Whoever was erased leaves, or asks no more, and no ban is kept; nothing for a stranger.

    Somebody who was here before is forgotten by a fact as well, for those who saw their name.
    """
    lifted: tuple[SquadFact, ...] = ()
    if player in squad.banned:
        lifted = (MemberUnbanned(at=at, by=None, player=player),)
    if player in squad.members:
        return (*lifted, *leave(squad, player, at, None))
    if player in squad.requests:
        return (*lifted, JoinCancelled(at=at, by=None, player=player))
    if player in squad.known:
        return (*lifted, MemberForgotten(at=at, by=None, player=player))
    return lifted


def close_week(squad: Squad, command: CloseWeek) -> tuple[SquadFact, ...]:
    """The week is closed, once, as soon as its time has come (rules §7)."""
    is_open = command.week in squad.open_weeks
    if not is_open or command.at < squad.calendar.closes_at(command.week):
        return ()
    return (WeekClosed(at=command.at, by=None, week=command.week),)


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
    member = _known(squad, player)
    if squad.is_archived:
        raise Refusal(RefusalCode.WRONG_STATE, "This squad has ended.")
    return member


def _known(squad: Squad, player: PlayerId) -> Member:
    member = squad.members.get(player)
    if member is None:
        raise Refusal(RefusalCode.FORBIDDEN, "You are not in this squad.")
    return member


def _leader(squad: Squad, by: PlayerId, otherwise: str) -> Member:
    """The member, who is a captain or the owner."""
    member = member_of(squad, by)
    if member.role is Role.MEMBER:
        raise Refusal(RefusalCode.FORBIDDEN, otherwise)
    return member


def _end(squad: Squad, by: PlayerId | None, at: Millis) -> tuple[SquadFact, ...]:
    """The squad ends, and with it whatever somebody waits for at its door."""
    waiting = [JoinDeclined(at=at, by=by, player=player) for player in squad.requests]
    return (*waiting, SquadArchived(at=at, by=by))


def _owner(squad: Squad, by: PlayerId) -> None:
    if member_of(squad, by).role is not Role.OWNER:
        raise Refusal(RefusalCode.FORBIDDEN, "Only the owner can do that.")


def _outranked(squad: Squad, by: PlayerId, player: PlayerId) -> Member:
    """The member, if ``by`` is above them: nobody acts on an equal or a higher role (INV-S4)."""
    actor = _leader(squad, by, "Only the owner and captains put people out.")
    member = squad.members.get(player)
    if member is None:
        raise _no_member()
    if _RANK[actor.role] <= _RANK[member.role]:
        raise Refusal(RefusalCode.FORBIDDEN, "Their role is not below yours.", field="player")
    return member


def _check_not_banned(squad: Squad, player: PlayerId) -> None:
    if player in squad.banned:
        raise Refusal(RefusalCode.BANNED, "This squad is closed to you.")


def _check_name(length: int) -> None:
    if length not in NAME_LENGTH:
        raise Refusal(RefusalCode.BAD_INPUT, "A squad's name has 1 to 40 characters.", field="name")


def _check_zone(tz: str) -> None:
    if not is_zone(tz):
        raise Refusal(RefusalCode.BAD_INPUT, "This time zone is not known.", field="tz")


def _check_size(squad: Squad, size: int) -> None:
    if size not in SIZE_ALLOWED:
        raise Refusal(RefusalCode.BAD_INPUT, "A squad has room for 2 to 50 people.", field="size")
    if size < len(squad.members):
        raise Refusal(RefusalCode.WRONG_STATE, "You are more than that already.", field="size")


def _free(seat: int | None) -> int:
    if seat is None:
        raise Refusal(RefusalCode.TOO_MANY_SQUADS, f"You are in {SEATS} squads, which is the most.")
    return seat


def _full() -> Refusal:
    return Refusal(RefusalCode.SQUAD_FULL, "Every seat in this squad is taken.")


def _asks_not() -> Refusal:
    return Refusal(RefusalCode.NOT_FOUND, "They do not ask to join.", field="player")


def _no_member() -> Refusal:
    return Refusal(RefusalCode.NOT_FOUND, "They are not in this squad.", field="player")


def _heir(squad: Squad, leaver: PlayerId) -> Member | None:
    """The longest-serving captain, else the longest-serving member (INV-S2)."""
    others = [member for member in squad.members.values() if member.player != leaver]
    return min(
        others,
        key=lambda m: (m.role is not Role.CAPTAIN, m.joined_at, m.player),
        default=None,
    )
