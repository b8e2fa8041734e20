"""What a squad's facts amount to: its members and its invites.

``Squad`` is a fold in progress and the only kind of thing here that changes in place: a squad's
history may be long, and copying it for every fact would cost more than the fact. Deciders only
read it; the values it holds are frozen.
"""

from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from domain.ids import InviteKey, Millis, PlayerId, SquadId
from domain.squads.events import (
    InviteIssued,
    JoinPolicy,
    MemberJoined,
    MemberLeft,
    OwnershipPassed,
    Role,
    SquadArchived,
    SquadCreated,
    SquadFact,
)


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
    """The squad so far; ``squad`` is None before it was created."""

    squad: SquadId | None = None
    tz: str = "UTC"
    size: int = 0
    join_policy: JoinPolicy = JoinPolicy.CODE
    is_archived: bool = False
    members: dict[PlayerId, Member] = field(default_factory=dict)
    invites: dict[InviteKey, Invite] = field(default_factory=dict)

    def copy(self) -> "Squad":
        """A squad that can go its own way; the frozen values in it are shared."""
        return replace(self, members=dict(self.members), invites=dict(self.invites))


def evolve(squad: Squad, fact: SquadFact) -> None:
    """Apply one more fact to the squad, in place."""
    match fact:
        case SquadCreated():
            squad.squad = fact.squad
            squad.tz = fact.tz
            squad.size = fact.size
            squad.join_policy = fact.join_policy
        case SquadArchived():
            squad.is_archived = True
        case MemberJoined():
            squad.members[fact.player] = Member(
                player=fact.player, role=fact.role, joined_at=fact.at, seat=fact.seat
            )
            if fact.invite is not None:
                used = squad.invites[fact.invite]
                squad.invites[fact.invite] = replace(used, uses=used.uses + 1)
        case MemberLeft():
            del squad.members[fact.player]
        case OwnershipPassed():
            for player, role in ((fact.previous, Role.MEMBER), (fact.player, Role.OWNER)):
                squad.members[player] = replace(squad.members[player], role=role)
        case InviteIssued():
            assert fact.by is not None, "the system makes no invites"
            squad.invites[fact.invite] = Invite(
                by=fact.by, expires_at=fact.expires_at, max_uses=fact.max_uses
            )
        case _:
            assert_never(fact)
