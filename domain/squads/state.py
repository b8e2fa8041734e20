"""What a squad's facts amount to: its members, its invites, who asks, who is banned, its weeks.

``Squad`` is a fold in progress and the only kind of thing here that changes in place: a squad's
history may be long, and copying it for every fact would cost more than the fact. Deciders only
read it; the values it holds are frozen.
"""

from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from domain.ids import DAY_MS, InviteKey, Millis, PlayerId, SquadId
from domain.personal import Sealed
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
from domain.weeks import Calendar, WeekId, calendar_of

INVITE_KNOWN_MS = 30 * DAY_MS
"""How long after its end somebody who comes by an invite is told that it is over."""
REQUESTS_A_DAY = 3
"""How often one may ask the same squad in 24 hours: whoever has a code writes into its stream."""


class Member(Struct, frozen=True, kw_only=True):
    """Somebody who belongs to the squad now."""

    player: PlayerId
    role: Role
    joined_at: Millis
    seat: int


class Invite(Struct, frozen=True, kw_only=True):
    """A code that was made, and how often it was used."""

    by: PlayerId
    expires_at: Millis
    max_uses: int
    uses: int = 0


class Squad(Struct, kw_only=True):
    """The squad so far; ``squad`` is None before it was created.

    ``known`` are all who were ever in or asked to be, and were not erased since; ``requests`` holds
    the names of those who ask now, ``asked`` the instants at which somebody asked last;
    ``open_weeks`` the weeks in which something was reported and that are not closed.
    """

    squad: SquadId | None = None
    calendar: Calendar = calendar_of("UTC")
    size: int = 0
    join_policy: JoinPolicy = JoinPolicy.CODE
    is_archived: bool = False
    members: dict[PlayerId, Member] = field(default_factory=dict)
    invites: dict[InviteKey, Invite] = field(default_factory=dict)
    known: dict[PlayerId, None] = field(default_factory=dict)
    requests: dict[PlayerId, Sealed] = field(default_factory=dict)
    asked: dict[PlayerId, tuple[Millis, ...]] = field(default_factory=dict)
    banned: dict[PlayerId, None] = field(default_factory=dict)
    open_weeks: dict[WeekId, None] = field(default_factory=dict)
    closed_weeks: dict[WeekId, None] = field(default_factory=dict)

    def copy(self) -> "Squad":
        """A squad that can go its own way; the frozen values in it are shared."""
        return replace(
            self,
            members=dict(self.members),
            invites=dict(self.invites),
            known=dict(self.known),
            requests=dict(self.requests),
            asked=dict(self.asked),
            banned=dict(self.banned),
            open_weeks=dict(self.open_weeks),
            closed_weeks=dict(self.closed_weeks),
        )


def evolve(squad: Squad, fact: SquadFact) -> None:
    """Apply one more fact to the squad, in place."""
    match fact:
        case SquadCreated():
            squad.squad = fact.squad
            squad.calendar = calendar_of(fact.tz)
            squad.size = fact.size
            squad.join_policy = fact.join_policy
        case SquadRenamed():
            pass  # no rule asks for a squad's name
        case SquadSettingsChanged():
            _change(squad, fact)
        case SquadArchived():
            squad.is_archived = True
        case MemberJoined():
            _join(squad, fact)
        case MemberLeft():
            del squad.members[fact.player]
            _forget_if_erased(squad, fact)
        case MemberKicked():
            del squad.members[fact.player]
        case MemberBanned():
            squad.members.pop(fact.player, None)
            squad.requests.pop(fact.player, None)
            squad.banned[fact.player] = None
        case MemberUnbanned():
            del squad.banned[fact.player]
        case MemberForgotten():
            squad.known.pop(fact.player, None)
        case RoleChanged():
            _give_role(squad, fact.player, fact.role)
        case OwnershipPassed():
            _give_role(squad, fact.previous, Role.MEMBER)
            _give_role(squad, fact.player, Role.OWNER)
        case InviteIssued():
            _invite(squad, fact)
        case InviteRevoked():
            del squad.invites[fact.invite]
        case JoinRequested():
            squad.known[fact.player] = None
            squad.requests[fact.player] = fact.handle
            before = squad.asked.get(fact.player, ())
            squad.asked[fact.player] = (*before, fact.at)[-REQUESTS_A_DAY:]
        case JoinCancelled():
            del squad.requests[fact.player]
            _forget_if_erased(squad, fact)
        case JoinDeclined():
            del squad.requests[fact.player]
        case WeekClosed():
            squad.open_weeks.pop(fact.week, None)
            squad.closed_weeks[fact.week] = None
        case _:
            assert_never(fact)


def note_report(squad: Squad, week: WeekId) -> None:
    """Something was reported in a week: it has a board, which is to be closed."""
    if week not in squad.closed_weeks:
        squad.open_weeks[week] = None


def _change(squad: Squad, fact: SquadSettingsChanged) -> None:
    if fact.size is not None:
        squad.size = fact.size
    if fact.join_policy is not None:
        squad.join_policy = fact.join_policy
    if fact.tz is not None and fact.tz_from is not None:
        squad.calendar = squad.calendar.changed(fact.tz_from, fact.tz)


def _invite(squad: Squad, fact: InviteIssued) -> None:
    assert fact.by is not None, "the system makes no invites"
    # For a while a code that is over is known as such; years of them would be carried along.
    since = fact.at - INVITE_KNOWN_MS
    squad.invites = {key: i for key, i in squad.invites.items() if i.expires_at > since}
    squad.invites[fact.invite] = Invite(
        by=fact.by, expires_at=fact.expires_at, max_uses=fact.max_uses
    )


def _join(squad: Squad, fact: MemberJoined) -> None:
    squad.members[fact.player] = Member(
        player=fact.player, role=fact.role, joined_at=fact.at, seat=fact.seat
    )
    squad.known[fact.player] = None
    squad.requests.pop(fact.player, None)
    if fact.invite is not None:
        used = squad.invites[fact.invite]
        squad.invites[fact.invite] = replace(used, uses=used.uses + 1)


def _forget_if_erased(squad: Squad, fact: MemberLeft | JoinCancelled) -> None:
    """Nobody but the system takes somebody out of a squad unasked: they were erased."""
    if fact.by is None:
        squad.known.pop(fact.player, None)


def _give_role(squad: Squad, player: PlayerId, role: Role) -> None:
    squad.members[player] = replace(squad.members[player], role=role)
